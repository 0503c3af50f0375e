"""The newsroom's word on its threads: what readers' posts said about an article holds only until then."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response
from msgspec import UNSET
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Mode, Site, Thread, ThreadState, new_id
from models.queries import thread_named, threads_by_newest, threads_by_pending, threads_by_rate, waiting_in_thread
from models.thread import key_fault
from service.accounts.access import current_actor, open_to
from service.accounts.audit import audit
from service.described import described
from service.desk import answers, asked
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import site_named
from service.errors import FieldError, Invalid
from service.moderation.policies.in_force import settings_of
from service.queue.wakes import announce
from service.wiring import current_services

threads = Blueprint("threads", __name__, url_prefix="/api/v1/moderation/sites/<site>")
threads.after_request(keep_private)

RATE_WINDOW = timedelta(hours=1)
MODES = frozenset({*Mode, "open", "needs_approval", "read_only"})
# The members of a ThreadBody and the columns that keep them.
COLUMNS = {name: name for name in ("title", "section", "tags", "language", "mode", "state")} | {"canonical_url": "url"}


@threads.put("/threads")
@open_to("key:cms", "admin")
@described(
    "Say what a thread is, and whether it is open",
    body=asked.ThreadBody,
    answers={200: answers.ThreadAnswer, 201: answers.ThreadAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def put_thread(site: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(asked.ThreadBody)
    _check(body)
    now = services.clock.now()
    with services.write() as session:
        at = site_named(session, site, "key:cms", "admin")
        _check_mode(session, at, body)
        thread, is_new = _found_or_made(session, at, body, now)
        changed = _say(thread, body)
        if changed or is_new or not thread.verified:
            thread.verified = True
            # The public page shows title and state: documents built before this are stale.
            thread.version += 1
            audit(
                session,
                actor,
                "thread.add" if is_new else "thread.change",
                target=thread.id,
                site_id=at.id,
                details=changed,
                now=now,
            )
        session.flush()
        waiting = session.scalar(waiting_in_thread(thread.id)) or 0
        answer = _view(thread, waiting)
        thread_id = thread.id
    announce(services.redis, [thread_id])
    return json_answer(answer, 201 if is_new else 200)


@threads.get("/threads")
@open_to("viewer", "key:cms")
@described(
    "Threads: newest first, busiest in the last hour first, or most waiting first",
    query=asked.ThreadsQuery,
    answers={200: answers.ThreadsAnswer},
    refusals=(401, 403, 404, 422),
)
def list_threads(site: str) -> Response:
    services = current_services()
    query = read_query(asked.ThreadsQuery)
    with services.read() as session:
        at = site_named(session, site, "viewer", "key:cms")
        if query.sort == "newest":
            rows = session.execute(threads_by_newest(at.id, query.cursor).limit(query.limit + 1)).all()
            found = [_view(thread, waiting) for thread, waiting in rows[: query.limit]]
            cursor = rows[query.limit - 1][0].id if len(rows) > query.limit else None
            return json_answer(answers.ThreadsAnswer(found, cursor))
        if query.cursor:
            raise Invalid(errors=[FieldError("cursor", "not_here", "Only sort=newest goes on from page to page.")])
        if query.sort == "pending":
            found = [
                _view(thread, waiting)
                for thread, waiting in session.execute(threads_by_pending(at.id).limit(query.limit))
            ]
        else:
            since = services.clock.now() - RATE_WINDOW
            found = [
                _view(thread, waiting, rate)
                for thread, waiting, rate in session.execute(threads_by_rate(at.id, since).limit(query.limit))
            ]
    return json_answer(answers.ThreadsAnswer(found, None))


def _check(body: asked.ThreadBody) -> None:
    wrong: list[FieldError] = []
    fault = key_fault(body.key)
    if fault is not None:
        wrong.append(FieldError("key", *fault))
    if body.canonical_url is not UNSET and not _is_web_address(body.canonical_url):
        wrong.append(FieldError("canonical_url", "not_a_web_address", "Write it as https://example.org/article."))
    if wrong:
        raise Invalid(errors=wrong)


def _check_mode(session: Session, site: Site, body: asked.ThreadBody) -> None:
    """A thread is under a mode of ours or under a preset that the site's policy has."""
    if body.mode is UNSET or body.mode is None or body.mode in MODES:
        return
    if body.mode not in settings_of(session, site.id).get("presets", {}):
        raise Invalid(errors=[FieldError("mode", "unknown_value", "The site's policy has no preset of that name.")])


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    plain = not any(ord(letter) <= 32 or letter == "\x7f" for letter in text)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def _found_or_made(session: Session, site: Site, body: asked.ThreadBody, now: Any) -> tuple[Thread, bool]:
    known = session.scalar(thread_named(site.id, body.key).with_for_update())
    if known is not None:
        return known, False
    if body.canonical_url is UNSET:
        raise Invalid(errors=[FieldError("canonical_url", "missing", "A new thread needs its article's address.")])
    thread = Thread(
        id=new_id(),
        site_id=site.id,
        key=body.key,
        url=body.canonical_url,
        title="",
        tags=[],
        state=ThreadState.OPEN,
        verified=False,
        version=0,
        published_count=0,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(thread)
    except IntegrityError:
        # A reader's first comment made it just now.
        return session.scalars(thread_named(site.id, body.key).with_for_update()).one(), False
    return thread, True


def _say(thread: Thread, body: asked.ThreadBody) -> dict[str, Any]:
    """Sets what was given; returns what is different from before, for the trail."""
    changed: dict[str, Any] = {}
    for name, column in COLUMNS.items():
        value = getattr(body, name)
        if value is not UNSET and getattr(thread, column) != value:
            setattr(thread, column, value)
            changed[name] = value
    return changed


def _view(thread: Thread, waiting: int, rate: int | None = None) -> answers.ThreadAnswer:
    return answers.ThreadAnswer(
        key=thread.key,
        canonical_url=thread.url,
        title=thread.title,
        section=thread.section,
        tags=list(thread.tags),
        language=thread.language,
        mode=thread.mode,
        state=thread.state,
        verified=thread.verified,
        published=thread.published_count,
        pending=waiting,
        created_at=thread.created_at,
        rate=UNSET if rate is None else rate,
    )
