"""The desk's pages: the queue with one comment beside it, in one piece or in parts that the page's script asks for."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from models.queries.sites import sites_reached
from models.queries.waiting import still_waiting
from moderation_rules.registry import BY_NAME
from service.accounts.access import Actor, current_actor, open_to
from service.accounts.receipt_administration import revoke_receipt
from service.desk.findings.highlights import marked, marks_in
from service.desk.page_setup import PART
from service.desk.queue.answers import answer_case, draw_case, with_query
from service.desk.queue.board import (
    CaseView,
    ListView,
    everything,
    find_case_view,
    find_done,
    find_list,
    reasons_by_site,
)
from service.desk.queue.decisions import decide, take_back
from service.desk.queue.keys import KEYS
from service.desk.queue.lists import wording as lists
from service.desk.queue.lists.pasted import follow
from service.desk.queue.lists.place import TABS, WAITING, DeskLocation
from service.desk.queue.lists.sections import as_kept, offered
from service.desk.queue.place import place_asked
from service.desk.queue.said import sentence
from service.desk.queue.types import DecisionItem
from service.desk.requests import NUMBER_MOST, id_field, line_field, number_field
from service.desk.site_access import comment_reached, reached, sites_asked
from service.desk.wording import rule_name
from service.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from service.localization import Messages
from service.localization import noop as N_
from service.moderation.complaints.own_decisions import own_appeals
from service.moderation.leases import take_leases_across
from service.queue.backlog import PAGE_LEASE_SECONDS
from service.wiring import current_services

pages = Blueprint("pages", __name__, url_prefix="/moderate")
TYPES = {"css": "text/css", "js": "text/javascript"}

ACTIONS = ("approve", "reject", "spam", "pending", "keep")


@pages.get("/")
@open_to("viewer")
def queue() -> str | AnyResponse:
    services, actor = current_services(), current_actor()
    place = place_asked()
    if request.headers.get(PART) == "list":
        view = find_list(services, actor, place)
        return render_template("desk/_list.html", view=view, place=place, actor=actor, lists=lists, part=True)
    found = follow(request.args.get("q", ""))
    if found.where:
        return redirect(found.where, 303)
    with services.read() as session:
        sections = offered(session, sites_asked(session, place.site, "viewer"))
    section = as_kept(sections, place.section)
    if section != place.section:
        return redirect(replace(place, section=section).link(), 303)
    view = find_list(services, actor, place)
    case = _case(actor, place, view)
    done_id = id_field(request.args, "done")
    done = find_done(services, actor, done_id) if done_id else None
    with services.read() as session:
        sites = list(session.scalars(sites_reached(actor.site_ids("viewer"))))
    return render_template(
        "desk/queue.html",
        view=view,
        place=place,
        case=case,
        done=done,
        trouble=TROUBLE.get(request.args.get("trouble", "")),
        said=sentence(request.args.get("said", "")),
        job=id_field(request.args, "job"),
        keys=KEYS,
        sites=sites,
        actor=actor,
        tabs=TABS,
        pasted=found,
        sections=sections,
        lists=lists,
        may_share=any(site.slug == place.site and actor.can("moderator", site.id) for site in sites),
        rules=sorted(BY_NAME.values(), key=lambda rule: rule_name(rule.name)),
        # How many the form before this page has kept.
        kept=number_field(request.args, "kept", 999),
        everything=everything(actor, place, sites),
        reasons=reasons_by_site(sites),
        hands=place.tab == WAITING and not place.cluster and actor.can_somewhere("moderator"),
        marked=marked,
        marks_in=marks_in,
        public_url=services.settings.public_url,
    )


@pages.get("/case/<comment_id>")
@open_to("viewer")
def case(comment_id: str) -> str | AnyResponse:
    """One comment's pane for the script; asked for as a page it is the desk with that comment open."""
    if not request.headers.get(PART):
        return redirect(place_asked(at=comment_id).link(), 303)
    return draw_case(comment_id)


@pages.post("/decide")
@open_to("moderator")
def decide_one() -> AnyResponse:
    """A decision from a plain form: "approve", or "reject:" with the reason's code; then the next comment."""
    action, _, reason = request.form.get("decision", "").partition(":")
    comment_id = line_field(request.form, "comment_id", 40)
    revision = number_field(request.form, "expected_revision", NUMBER_MOST)
    if action not in ACTIONS or revision is None or len(reason) > 40:
        raise Invalid(errors=[FieldError("decision", "unknown_value", "There is no such decision.")])
    item = DecisionItem(
        comment_id=comment_id,
        action=action,  # type: ignore[arg-type] # Checked above.
        reason=reason or None,
        expected_revision=revision,
    )
    outcome = decide(current_services(), current_actor(), [item])[0]
    place = place_asked(request.form.get("following", ""))
    if outcome.problem is not None:
        return redirect(with_query(place_asked(comment_id).link(), "trouble", outcome.problem.code), 303)
    return redirect(with_query(place.link(), "done", outcome.decision_id or ""), 303)


@pages.post("/undo")
@open_to("moderator")
def undo_one() -> AnyResponse:
    try:
        undone = take_back(current_services(), current_actor(), line_field(request.form, "decision_id", 40))
    except (NotFound, Forbidden):
        raise
    except Refused as refusal:
        return redirect(with_query(place_asked().link(), "trouble", refusal.code), 303)
    return redirect(with_query(DeskLocation(at=undone.comment_id).link(), "done", undone.decision_id), 303)


@pages.post("/revoke-receipt")
@open_to("admin")
def revoke_receipt_of() -> str | AnyResponse:
    services, actor = current_services(), current_actor()
    comment_id = line_field(request.form, "comment_id", 26)
    reason = line_field(request.form, "reason", 500)
    if len(reason) < 3:
        raise Invalid(errors=[FieldError("reason", "missing", "Say why: it stands in the trail.")])
    with services.read() as session:
        found, _, _ = comment_reached(session, comment_id, "admin")
    revoke_receipt(services, actor, comment_id=found.id, reason=reason)
    return answer_case(found.id, "receipt_revoked")


@pages.get("/static/<name>")
@open_to("anyone")
def static(name: str) -> Response:
    if name not in static_files():
        raise NotFound()
    response = Response(static_files()[name], mimetype=TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = "no-cache"
    # Weak: it may be sent compressed.
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


@cache
def static_files() -> Mapping[str, bytes]:
    """Name -> content of every file that the desk's pages load."""
    folder = files("service.desk").joinpath("static")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in TYPES}


# What a refused decision says on the page that comes after it.
TROUBLE: Mapping[str, str] = Messages(
    {
        "decided": N_("Nothing was changed: somebody has decided this meanwhile. See below who, and what."),
        "leased": N_("Nothing was changed: another moderator is looking at this one."),
        "own_decision": N_("Nothing was changed: a colleague settles the appeal against your own decision."),
        "gone": N_("Nothing was changed: its writer has withdrawn this comment."),
        "revision_required": N_("Nothing was changed: load the page again to see what you approve."),
        "invalid": N_("Nothing was changed: that reason is not in this site's list any more. Choose another."),
        "name": N_("This view was not saved: give it a name of 1 to 60 letters."),
        "shared": N_("This view was not saved: choose a site first, to share it with its moderators."),
        "conflict": N_("This view was not saved: one of its name was saved just now. Try again."),
        "too_many_views": N_("This view was not saved: delete another first, there are as many as a menu can hold."),
        "not_found": N_("Nothing was changed: this comment is not there any more."),
    }
)


def _case(actor: Actor, place: DeskLocation, view: ListView) -> CaseView | None:
    """The comment that is asked for, else the first one that nobody else looks at; none where the one asked for is out
    of reach."""
    comment_id = place.at or _handed(actor, place, view)
    if not comment_id:
        return None
    return find_case_view(current_services(), actor, comment_id)


def _handed(actor: Actor, place: DeskLocation, view: ListView) -> str:
    """The comment that opens by itself. Of what waits it is leased here and now: of two who come at the same moment,
    each gets their own. The page's script takes it for longer; without one nobody would let go of it."""
    free = [entry.item for entry in view.entries if entry.free]
    if place.tab == "appealed" and not place.cluster:
        ids = [item.id for item in free]
        with current_services().read() as session:
            kept_from = own_appeals(session, actor.id, ids)
        ids = [found_id for found_id in ids if found_id not in kept_from] or ids
        return ids[0] if ids else ""
    if place.tab != WAITING or place.cluster:
        return view.entries[0].item.id if view.entries else ""
    services = current_services()
    with services.read() as session:
        sites = reached(session, "viewer")
    places = [(item.id, sites[item.site].id) for item in free if actor.can("moderator", sites[item.site].id)]
    taken = take_leases_across(services, actor.id, 1, places, still_waiting, seconds=PAGE_LEASE_SECONDS)
    return taken[0].comment_id if taken else next((item.id for item in free), "")
