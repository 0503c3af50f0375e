"""The page of threads: by how fast comments come in, how many wait, or their age; and what is done to several."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from models import Thread, ThreadState
from models.database.ids import is_id
from models.queries.arms import TOTAL_MOST
from models.queries.threads import threads_with
from service.accounts.access import current_actor, open_to
from service.desk.overview.thread_board import ORDERS, PAGE_SIZE, ThreadOrder, find_threads
from service.desk.overview.waiting_ranks import EXTENSION, WaitingRanks
from service.desk.queue.lists.place import DeskLocation
from service.desk.queue.types import THREADS_MOST
from service.desk.requests import line_field, number_field
from service.desk.site_access import reached, sites_asked
from service.errors import FieldError, Invalid, NotFound
from service.localization import gettext, ngettext
from service.localization import noop as N_
from service.moderation.threads import ThreadStep, step_threads
from service.wiring import current_services

thread_pages = Blueprint("thread_pages", __name__, url_prefix="/moderate/threads")

ORDER_WORDS: Mapping[str, str] = {
    "rate": N_("Comments an hour"),
    "pending": N_("Most waiting"),
    "newest": N_("Newest"),
}


@thread_pages.record_once
def remember_ranks(state: BlueprintSetupState) -> None:
    state.app.extensions[EXTENSION] = WaitingRanks()


@thread_pages.get("")
@open_to("viewer")
def page() -> str:
    services, actor = current_services(), current_actor()
    order: ThreadOrder = next((known for known in ORDERS if known == request.args.get("sort")), "rate")
    q, slug = line_field(request.args, "q", 200), line_field(request.args, "site", 64)
    waiting: WaitingRanks = current_app.extensions[EXTENSION]
    with services.read() as session:
        sites = sites_asked(session, slug, "viewer")
        every = list(reached(session, "viewer").values())
        now = services.clock.now()
        try:
            found = find_threads(session, sites, order, q, line_field(request.args, "cursor", 80), now, waiting)
        except Invalid:  # A cursor that is none of ours.
            found = find_threads(session, sites, order, q, "", now, waiting)
    return render_template(
        "desk/threads.html",
        actor=actor,
        found=found,
        sites=every,
        chosen=slug,
        q=q,
        order=order,
        orders=ORDER_WORDS,
        link=lambda **changes: _link({"site": slug, "sort": order, "q": q}, **changes),
        can_step=any(actor.can("moderator", site_id) for site_id in sites),
        said=_said(),
        most=TOTAL_MOST,
    )


@thread_pages.post("")
@open_to("viewer")
def act() -> AnyResponse:
    """Does one thing to all threads that were ticked, and comes back to where it was asked; `watch` goes to the queue
    of them instead."""
    ids, asked = _ticked(), request.form.get("step", "")
    if asked != "watch" and asked not in list(ThreadStep):
        raise Invalid(errors=[FieldError("step", "unknown_value", "There is no such step.")])
    place = {name: request.form.get(name, "")[:200] for name in ("site", "sort", "q", "cursor")}
    if not ids:
        return redirect(_link(place, did="nothing"), 303)
    if asked != "watch":
        changed = step_threads(current_services(), current_actor(), ids, ThreadStep(asked))
        return redirect(_link(place, did=asked, n=str(changed)), 303)
    return redirect(_watched(ids) if len(ids) <= THREADS_MOST else _link(place, did="too_many"), 303)


def queue_of(threads: Sequence[Thread], slug: str) -> str:
    """The address of what waits of these threads; on whichever site where no slug is given."""
    return DeskLocation(site=slug, thread=tuple(dict.fromkeys(thread.key for thread in threads))).link()


def _watched(thread_ids: Sequence[str]) -> str:
    with current_services().read() as session:
        sites = {site.id: slug for slug, site in reached(session, "viewer").items()}
        found = session.scalars(threads_with(thread_ids)).all()
    threads = [thread for thread in found if thread.site_id in sites]
    if not threads:
        raise NotFound("There are no such threads.")
    slugs = {sites[thread.site_id] for thread in threads}
    return queue_of(threads, slugs.pop() if len(slugs) == 1 else "")


def _ticked() -> list[str]:
    return list(dict.fromkeys(found for found in request.form.getlist("t") if is_id(found)))[:PAGE_SIZE]


def _said() -> str:
    """What was done, as the address of the page that comes after it says."""
    did, many = request.args.get("did", ""), number_field(request.args, "n", 999) or 0
    if did == "nothing":
        return gettext("Nothing was done: tick the threads first.")
    if did == "too_many":
        return gettext("At most %(most)s threads can be watched at once: tick fewer.", most=THREADS_MOST)
    if did not in list(ThreadStep):
        return ""
    if not many:
        return gettext("Nothing was changed: these threads were like that already.")
    match ThreadStep(did):
        case ThreadStep.CLOSE:
            return ngettext("%(num)s thread is closed.", "%(num)s threads are closed.", many)
        case ThreadStep.OPEN:
            return ngettext("%(num)s thread is open again.", "%(num)s threads are open again.", many)
        case ThreadStep.PREMODERATE:
            return ngettext(
                "Every new comment in %(num)s thread waits for a person now.",
                "Every new comment in %(num)s threads waits for a person now.",
                many,
            )
        case ThreadStep.BY_POLICY:
            return ngettext(
                "In %(num)s thread the policy decides again.", "In %(num)s threads the policy decides again.", many
            )
        case ThreadStep.ASK:
            return ngettext(
                "%(num)s thread is one of questions now: answers of the newsroom stand right below them.",
                "%(num)s threads are ones of questions now: answers of the newsroom stand right below them.",
                many,
            )
        case ThreadStep.DISCUSS:
            return ngettext("%(num)s thread is a discussion again.", "%(num)s threads are discussions again.", many)


def state_of(thread: Thread) -> str:
    """What is special about a thread, in words; empty for an open one under the policy."""
    said = {
        ThreadState.CLOSED: gettext("Closed"),
        ThreadState.HIDDEN: gettext("Hidden"),
    }.get(thread.state, "")
    modes = {
        "needs_approval": gettext("every comment waits for a person"),
        "read_only": gettext("read only"),
        "open": "",
        "automatic": gettext("automatic"),
        "assisted": gettext("assisted"),
        "manual": gettext("manual"),
    }
    mode = modes.get(thread.mode, gettext("preset %(name)s", name=thread.mode)) if thread.mode else ""
    asked = gettext("questions") if thread.questions else ""
    return ", ".join(part for part in (said, asked, mode) if part)


@thread_pages.context_processor
def say_states() -> dict[str, object]:
    return {"state_of": state_of, "queue_of": queue_of}


def _link(fields: Mapping[str, str], **changes: str) -> str:
    found = urlencode({name: value for name, value in {**fields, **changes}.items() if value})
    return f"/moderate/threads?{found}" if found else "/moderate/threads"
