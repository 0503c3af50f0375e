"""What an open list has become since: a small answer every few seconds, and the lines that are new."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, render_template, request
from msgspec import Struct
from sqlalchemy.orm import Session

from models import Site
from models.database.ids import is_id
from models.queries.comments import revisions_of, sites_of
from service.accounts.access import Actor, current_actor, open_to
from service.desk.actor_names import names_of_moderators
from service.desk.queue.board import ListEntry, list_entries, numbers_of
from service.desk.queue.items import SOMEBODY, items
from service.desk.queue.listing import find_ids, narrowed, rows_of
from service.desk.queue.lists.place import PAGE_SIZE, DeskLocation
from service.desk.queue.place import place_asked
from service.desk.requests import number_field
from service.desk.responses import json_answer
from service.desk.site_access import sites_asked
from service.desk.wording import total
from service.localization import gettext
from service.queue import backlog
from service.wiring import Services, current_services

list_parts = Blueprint("list_parts", __name__, url_prefix="/moderate")

# So many lines one list holds before it is looked at in pieces.
MOST_LINES = 500


class Changes(Struct, frozen=True):
    """The first lines of a list as they stand now.

    `rows`: (comment, revision) in the list's order; `whole`: there are no others. `looking`: comment -> who else is
    looking at it. `oldest`: since when the longest has waited. `tabs`: as `Numbers` has them. `counted`: how many
    comments the list has, in words.
    """

    waiting: int
    oldest: datetime | None
    rows: list[tuple[str, int]]
    whole: bool
    looking: dict[str, str]
    tabs: dict[str, int]
    counted: str


@list_parts.get("/changes")
@open_to("viewer")
def changes() -> Response:
    """The lines of the list at this place (the desk's own query), as far as the page has them: `lines`."""
    limit = min(number_field(request.args, "lines", 99_999) or PAGE_SIZE, MOST_LINES)
    found = find_changes(current_services(), current_actor(), place_asked(), max(limit, PAGE_SIZE))
    response = json_answer(found)
    # Weak: it may come compressed.
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


@list_parts.get("/rows")
@open_to("viewer")
def rows() -> str:
    """The lines of these comments (`ids`, by commas); those out of reach are left out."""
    ids = [one for one in request.args.get("ids", "").split(",") if is_id(one)][:PAGE_SIZE]
    place, actor = place_asked(), current_actor()
    entries = find_entries(current_services(), actor, place, ids)
    return render_template("desk/_rows.html", entries=entries, place=place, actor=actor, current="")


def find_changes(services: Services, actor: Actor, place: DeskLocation, limit: int) -> Changes:
    """The first `limit` lines of a list. Raises NotFound for a site out of reach."""
    now = services.clock.now()
    with services.read() as session:
        sites = sites_asked(session, place.site, "viewer")
        numbers = numbers_of(session, list(sites), place, now, actor)
        asked = place.asked
        found = find_ids(session, narrowed(asked, list(sites), now, actor.id), asked.order, limit + 1)
        rows, looking = _standing(services, session, actor, found.ids[:limit])
    counted = total(found.total, "comment", at_least=found.at_least)
    whole = len(found.ids) <= limit
    return Changes(numbers.waiting, numbers.oldest, rows, whole, looking, dict(numbers.tabs), counted)


def find_entries(services: Services, actor: Actor, place: DeskLocation, ids: Sequence[str]) -> list[ListEntry]:
    """Lines of these comments in the order asked, as far as they stand as the list's do."""
    with services.read() as session:
        sites = sites_asked(session, "", "viewer")
        status = narrowed(place.asked, list(sites), services.clock.now()).status
        found = [row for row in rows_of(session, _known(session, ids, sites)) if status in (None, row[0].status)]
        return list_entries(session, place, items(services, session, found, sites, actor))


def _known(session: Session, ids: Sequence[str], sites: dict[str, Site]) -> list[str]:
    found = session.execute(sites_of(ids))
    known = {row[0] for row in found if row[1] in sites}
    return [one for one in dict.fromkeys(ids) if one in known]


def _standing(
    services: Services, session: Session, actor: Actor, ids: Sequence[str]
) -> tuple[list[tuple[str, int]], dict[str, str]]:
    """(comment, revision) of each that is there, and who else is looking at which."""
    found = session.execute(revisions_of(ids)).all()
    revisions = {row[0]: row[1] for row in found}
    by_site: dict[str, list[str]] = {}
    for comment_id, _, site_id in found:
        by_site.setdefault(site_id, []).append(comment_id)
    held = {
        comment_id: holder.moderator_id
        for site_id, some in by_site.items()
        for comment_id, holder in backlog.holders(services.redis, site_id, some).items()
        if holder.moderator_id != actor.id
    }
    names = names_of_moderators(session, set(held.values()))
    lines = [(one, revisions[one]) for one in ids if one in revisions]
    return lines, {one: names.get(holder) or gettext(SOMEBODY) for one, holder in sorted(held.items())}
