"""A site's own word lists, for its newsroom: uploaded whole, in versions, counting when the policy is switched on."""

from datetime import datetime
from typing import Annotated

from flask import Blueprint, Response, request
from msgspec import Meta, Struct
from sqlalchemy.orm import Session

from models import ListFile, Site
from service.accounts.access import Actor, current_actor, open_to
from service.accounts.audit import audit
from service.described import described
from service.desk.queue.items import names_of
from service.desk.requests import read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import site_named
from service.errors import Unsupported
from service.moderation.policies.word_lists import LARGEST, in_force, list_at, newest, put_list, read_list, remove_list
from service.wiring import Services, current_services

lists = Blueprint("lists", __name__, url_prefix="/api/v1/moderation/sites/<site>/lists")
lists.after_request(keep_private)

Number = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`n`: that version instead of the newest."""

    n: Number | None = None


class ListAnswer(Struct, frozen=True, kw_only=True):
    """A list's newest version. `in_force`: whether the policy in force goes by it; `n_in_force`: the version that it
    does go by, null for none. A new version counts when the policy is switched on again. `removed`: only the policy in
    force still has it."""

    name: str
    n: int
    entries: int
    in_force: bool
    n_in_force: int | None
    removed: bool
    author: str | None
    created_at: datetime


class ListsAnswer(Struct, frozen=True):
    site: str
    lists: list[ListAnswer]


@lists.get("")
@open_to("viewer")
@described("The site's own word lists, by name", answers={200: ListsAnswer}, refusals=(401, 403, 404))
def list_lists(site: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        return json_answer(ListsAnswer(at.slug, lists_of_site(session, at)))


@lists.get("/<name>")
@open_to("viewer")
@described(
    "A word list's text",
    query=ListQuery,
    answers={200: "text/plain"},
    refusals=(401, 403, 404, 422),
)
def get_list(site: str, name: str) -> Response:
    query = read_query(ListQuery)
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        found = list_at(session, at, name, query.n)
        return Response(found.text, mimetype="text/plain")


@lists.put("/<name>")
@open_to("admin")
@described(
    "Upload a word list, one word or phrase a line; it counts when the policy is switched on again",
    body=str,
    body_types=("text/plain",),
    answers={200: ListAnswer},
    refusals=(401, 403, 404, 413, 415, 422, 503),
)
def put(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        at = site_named(session, site, "admin")
    # What is larger by one byte can still be told from what was cut off.
    request.max_content_length = LARGEST + 1
    if request.mimetype != "text/plain":
        raise Unsupported("Send the list as text/plain.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Unsupported("Send the list in UTF-8.")
    return json_answer(upload(services, actor, at, name, request.get_data(cache=False)))


@lists.delete("/<name>")
@open_to("admin")
@described(
    "Remove a word list; policies of before keep theirs",
    answers={204: None},
    refusals=(401, 403, 404, 409, 503),
)
def delete(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        at = site_named(session, site, "admin")
    remove(services, actor, at, name)
    return Response(status=204)


def upload(services: Services, actor: Actor | None, site: Site, name: str, raw: bytes) -> ListAnswer:
    """Keeps a file as the list's newest version. `actor` None: the command line. Raises TooLarge, Invalid."""
    read = read_list(raw)
    now = services.clock.now()
    with services.write() as session:
        made, is_new = put_list(session, site, name, read, actor.id if actor else None, now)
        if is_new:
            details = {"name": name, "n": made.n, "entries": made.entries}
            audit(session, actor, "list.put", site_id=site.id, details=details, now=now)
        return _view(session, made, in_force(session, site.id))


def remove(services: Services, actor: Actor | None, site: Site, name: str) -> None:
    """Removes a list. `actor` None: the command line. Raises NotFound, ListInUse."""
    now = services.clock.now()
    with services.write() as session:
        gone = remove_list(session, site, name, actor.id if actor else None, now)
        audit(session, actor, "list.remove", site_id=site.id, details={"name": name, "n": gone.n}, now=now)


def lists_of_site(session: Session, site: Site) -> list[ListAnswer]:
    """By name; removed ones while the policy in force still has them."""
    used = in_force(session, site.id)
    found = [_view(session, one, used) for one in newest(session, site.id).values()]
    return [one for one in found if not one.removed or one.n_in_force is not None]


def _view(session: Session, found: ListFile, used: dict[str, int]) -> ListAnswer:
    author = found.author_id or ""
    return ListAnswer(
        name=found.name,
        n=found.n,
        entries=found.entries,
        in_force=used.get(found.name) == found.n,
        n_in_force=used.get(found.name),
        removed=found.removed,
        author=names_of(session, {author}).get(author),
        created_at=found.created_at,
    )
