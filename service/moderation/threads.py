"""The newsroom's word on its threads: what readers' posts said about an article holds only until then."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Mode, Site, Thread, ThreadState, new_id
from models.queries.overview.audit import changes_of
from models.queries.threads import thread_named, threads_with
from models.site import place_of
from models.thread import key_fault
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound, Unavailable
from service.markup.characters import one_line, visible
from service.moderation.moved_threads import make_anew, renew
from service.moderation.places import place_in_steps
from service.moderation.policies.in_force import settings_of
from service.queue.wakes import wake_threads
from service.wiring import Services

MODES = frozenset({*Mode, "open", "needs_approval", "read_only"})
# Said as a mode, but beside all of those: readers ask, the newsroom answers, however strictly comments are judged.
QUESTIONS = "questions"
BANNER_MAX = 300
# Stricter than what a moderator may set: the newsroom lets nobody write.
_READ_ONLY = "read_only"
_PREMODERATED = "needs_approval"
# The members of a ThreadChange and the columns that keep them.
COLUMNS = {name: name for name in ("title", "section", "tags", "language", "mode", "state", "questions")} | {
    "canonical_url": "url"
}


class ThreadChange(Struct, frozen=True, kw_only=True):
    """What is said of the thread that the site calls `key`. What is unset stays as it is; None empties what may be
    empty. `mode`: one of `MODES`, or a preset of the site's policy; `QUESTIONS` says as much as `questions`, which None
    leaves as they are."""

    key: str
    canonical_url: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    section: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    mode: str | UnsetType | None = UNSET
    state: ThreadState | UnsetType = UNSET
    questions: bool | UnsetType = UNSET


def change_thread(services: Services, actor: Actor, site: Site, change: ThreadChange) -> tuple[Thread, bool]:
    """Says it of the thread, which is made where there is none; and whether it is new.

    Raises Invalid for a key, an address (it has to be on the site's origins) or a mode that cannot be, and for a new
    thread without its address.
    """
    _check(site, change)
    now = services.clock.now()
    turned = False
    with services.write() as session:
        mode, questions = _mode_and_questions(session, site, change.mode, change.questions)
        change = replace(change, mode=mode, questions=questions)
        thread, is_new = _found_or_made(session, site, change, now)
        if not thread.settled and change.canonical_url is UNSET:
            # What an unpublished post said of the page must not become the newsroom's word.
            thread.url = thread.title = ""
        changed = _say(thread, change)
        if changed or is_new or not thread.verified:
            thread.verified = True
            turned = "questions" in changed
            (make_anew if turned else renew)(thread)
            action = "thread.add" if is_new else "thread.change"
            refuse_shut_out(session, actor, now)
            audit(session, actor, action, target=thread.id, site_id=site.id, details=changed, now=now)
    if turned:
        _place_now(services, [thread.id])
    wake_threads(services.redis, [thread.id])
    return thread, is_new


class ThreadIsHidden(Conflict):
    """The newsroom took the whole thread away: that is not a moderator's to change."""

    code, title = "thread_hidden", "Nobody sees this thread"


class ThreadIsReadOnly(Conflict):
    """The newsroom lets nobody write there: that is not a moderator's to change."""

    code, title = "thread_read_only", "The newsroom lets nobody write here"


class ThreadRule(Struct, frozen=True, kw_only=True):
    """How moderators keep a thread: whether it takes comments, how strictly, and what stands above it for readers.
    What is unset stays as it is; None empties what may be empty. `mode` as in a `ThreadChange`, but where every
    comment had to wait, None brings back what that took the place of, if the policy still has it."""

    state: ThreadState | UnsetType = UNSET
    mode: str | UnsetType | None = UNSET
    banner: str | UnsetType | None = UNSET
    questions: bool | UnsetType = UNSET


@again_when_contended
def keep_thread(services: Services, actor: Actor, site: Site, key: str, rule: ThreadRule) -> tuple[Thread, ThreadRule]:
    """Closes or opens a thread, has its comments wait for a person, or tells its readers something; and how it was
    kept before, which undoes it. What the thread's page is called stays as unsure as it was.

    Raises NotFound, Invalid, ThreadIsHidden, ThreadIsReadOnly.
    """
    if rule.state is ThreadState.HIDDEN:
        raise Invalid(errors=[FieldError("state", "unknown_value", "A thread is open or closed.")])
    if rule.mode == _READ_ONLY:
        raise Invalid(errors=[FieldError("mode", "unknown_value", "That is the newsroom's word: close the thread.")])
    banner = _banner(rule.banner)
    now = services.clock.now()
    with services.write() as session:
        actor.require("moderator", site.id)
        mode, questions = _mode_and_questions(session, site, rule.mode, rule.questions)
        wanted = {"state": rule.state, "mode": mode, "banner": banner, "questions": questions}
        thread = session.scalar(thread_named(site.id, key).with_for_update(key_share=True))
        if thread is None:
            raise NotFound("There is no such thread.")
        if thread.state is ThreadState.HIDDEN:
            raise ThreadIsHidden()
        if thread.mode == _READ_ONLY and mode is not UNSET:
            raise ThreadIsReadOnly()
        before = _keep(session, actor, [thread], wanted, now).get(thread.id, {})
    if "questions" in before:
        _place_now(services, [thread.id])
    if before:
        wake_threads(services.redis, [thread.id])
    return thread, ThreadRule(**before)


def _keep(
    session: Session, actor: Actor, threads: Collection[Thread], wanted: Mapping[str, Any], now: datetime
) -> dict[str, dict[str, Any]]:
    """Sets on these threads, which are locked, what is said of them; answers thread -> what was changed, as it was.

    Where pre-moderation ends (a mode of None), what it took the place of holds again.
    """
    said = {name: value for name, value in wanted.items() if value is not UNSET}
    released = [one for one in threads if one.mode == _PREMODERATED and said.get("mode", UNSET) is None]
    earlier = earlier_modes(session, released) if released else {}
    found: dict[str, dict[str, Any]] = {}
    for thread in threads:
        values = said | {"mode": earlier[thread.id]} if thread.id in earlier else said
        changed = {name: value for name, value in values.items() if getattr(thread, name) != value}
        before = {name: getattr(thread, name) for name in changed}
        for name, value in changed.items():
            setattr(thread, name, value)
        if changed:
            found[thread.id] = before
            (make_anew if "questions" in changed else renew)(thread)
            details = {**changed, **{f"{name}_before": value for name, value in before.items()}}
            audit(session, actor, "thread.change", target=thread.id, site_id=thread.site_id, details=details, now=now)
    if found:
        refuse_shut_out(session, actor, now)
    return found


def _place_now(services: Services, thread_ids: Collection[str]) -> None:
    """Makes the places of these threads anew before their readers ask. What was said of them is committed: where the
    database is busy by now, that is no refusal, and whoever asks for a page first makes them."""
    with suppress(Unavailable):
        for thread_id in thread_ids:
            place_in_steps(services, thread_id)


def _banner(typed: str | UnsetType | None) -> str | UnsetType | None:
    """On one line; an empty one is none."""
    if typed is UNSET or typed is None:
        return typed
    text = one_line(typed)
    if len(text) > BANNER_MAX:
        message = f"A banner has at most {BANNER_MAX} characters; this has {len(text)}."
        raise Invalid(errors=[FieldError("banner", "too_long", message)])
    return text if visible(text, 1) else None


class ThreadStep(StrEnum):
    """What moderators do to threads, several at once. What is hidden stays hidden: that is the newsroom's word."""

    CLOSE = "close"
    OPEN = "open"
    # Every comment waits for a person, whatever the policy says; and back to what was said before, if it still can be.
    PREMODERATE = "premoderate"
    BY_POLICY = "by_policy"
    # Readers ask and the newsroom answers; and back.
    ASK = "ask"
    DISCUSS = "discuss"


# The threads that a step changes, and what it says of them.
_STEPS: Mapping[ThreadStep, tuple[Callable[[Thread], bool], Mapping[str, Any]]] = {
    ThreadStep.CLOSE: (lambda thread: thread.state is ThreadState.OPEN, {"state": ThreadState.CLOSED}),
    ThreadStep.OPEN: (lambda thread: thread.state is ThreadState.CLOSED, {"state": ThreadState.OPEN}),
    ThreadStep.PREMODERATE: (lambda thread: thread.mode not in (_PREMODERATED, _READ_ONLY), {"mode": _PREMODERATED}),
    ThreadStep.BY_POLICY: (lambda thread: thread.mode == _PREMODERATED, {"mode": None}),
    ThreadStep.ASK: (lambda thread: not thread.questions, {"questions": True}),
    ThreadStep.DISCUSS: (lambda thread: thread.questions, {"questions": False}),
}


def step_threads(services: Services, actor: Actor, thread_ids: Collection[str], step: ThreadStep) -> int:
    """Does it to these threads; how many it changed. Address and title stay what they were.

    Raises NotFound, and changes nothing, where one of them is not there or on a site that the actor does not reach;
    Forbidden where they are no moderator.
    """
    applies, said = _STEPS[step]
    now = services.clock.now()
    with services.write() as session:
        threads = session.scalars(threads_with(thread_ids).order_by(Thread.id).with_for_update(key_share=True)).all()
        # Word for word the same answer for what is elsewhere, or it would tell which ids there are.
        if len(threads) < len(set(thread_ids)) or not all(actor.can("viewer", thread.site_id) for thread in threads):
            raise NotFound("Not all of these articles are there.")
        for thread in threads:
            actor.require("moderator", thread.site_id)
        changed = list(_keep(session, actor, list(filter(applies, threads)), said, now))
    if changed and "questions" in said:
        _place_now(services, changed)
    if changed:
        wake_threads(services.redis, changed)
    return len(changed)


def earlier_modes(session: Session, threads: Collection[Thread]) -> dict[str, str]:
    """Thread -> the mode that pre-moderation took the place of, such as a preset, where the policy still has it."""
    before: dict[str, str | None] = {}
    for thread_id, details in session.execute(changes_of([thread.id for thread in threads], "thread.change")):
        if details.get("mode") == _PREMODERATED:
            before[thread_id] = details.get("mode_before")
    found: dict[str, str] = {}
    presets: dict[str, Collection[str]] = {}
    for thread in threads:
        mode = before.get(thread.id)
        if mode is None or mode == _PREMODERATED:
            continue
        if mode not in MODES and thread.site_id not in presets:
            presets[thread.site_id] = settings_of(session, thread.site_id).get("presets", {})
        if mode in MODES or mode in presets[thread.site_id]:
            found[thread.id] = mode
    return found


def _check(site: Site, change: ThreadChange) -> None:
    wrong: list[FieldError] = []
    fault = key_fault(change.key)
    if fault is not None:
        wrong.append(FieldError("key", *fault))
    if change.canonical_url is not UNSET and place_of(change.canonical_url) is None:
        wrong.append(FieldError("canonical_url", "not_a_web_address", "Write it as https://example.org/article."))
    elif change.canonical_url is not UNSET and not site.owns(change.canonical_url):
        known = ", ".join(site.origins)
        wrong.append(FieldError("canonical_url", "foreign_page", f"The article has to be on one of {known}."))
    if wrong:
        raise Invalid(errors=wrong)


def _mode_and_questions(
    session: Session, site: Site, mode: str | UnsetType | None, questions: bool | UnsetType
) -> tuple[str | UnsetType | None, bool | UnsetType]:
    """What is said of how strict a thread is, and of whether it is one of questions.

    A thread is under a mode of ours or under a preset that the site's policy has. Raises Invalid for any other, and for
    `questions` that are said to be and not to be.
    """
    if mode is UNSET or mode is None or mode in MODES:
        return mode, questions
    if mode in settings_of(session, site.id).get("presets", {}):
        return mode, questions
    if mode != QUESTIONS:
        raise Invalid(errors=[FieldError("mode", "unknown_value", "The site's policy has no preset of that name.")])
    if questions is False:
        raise Invalid(errors=[FieldError("questions", "contradicts", "`mode` says that readers ask here.")])
    return UNSET, True


def _found_or_made(session: Session, site: Site, change: ThreadChange, now: datetime) -> tuple[Thread, bool]:
    known = session.scalar(thread_named(site.id, change.key).with_for_update(key_share=True))
    if known is not None:
        return known, False
    if change.canonical_url is UNSET:
        raise Invalid(errors=[FieldError("canonical_url", "missing", "A new thread needs its article's address.")])
    thread = Thread(
        id=new_id(),
        site_id=site.id,
        key=change.key,
        url=change.canonical_url,
        title="",
        tags=[],
        state=ThreadState.OPEN,
        verified=False,
        version=0,
        placed_version=0,
        published_count=0,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(thread)
    except IntegrityError:
        # A reader's first comment made it just now.
        return session.scalars(thread_named(site.id, change.key).with_for_update(key_share=True)).one(), False
    return thread, True


def _say(thread: Thread, change: ThreadChange) -> dict[str, Any]:
    """Sets what was given; returns what is different from before, for the trail."""
    changed: dict[str, Any] = {}
    for name, column in COLUMNS.items():
        value = getattr(change, name)
        if value is not UNSET and getattr(thread, column) != value:
            setattr(thread, column, value)
            changed[name] = value
    return changed
