"""A site's threads: what the newsroom says of them, and which of them are busy."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState
from msgspec import UNSET
from msgspec.structs import asdict

from models import Thread, ThreadState
from models.queries.threads import pending_in_thread, threads_by_newest, threads_by_rate
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import (
    ThreadAnswer,
    ThreadBody,
    ThreadRuleAnswer,
    ThreadRuleBody,
    ThreadsAnswer,
    ThreadsQuery,
)
from service.desk.site.waiting_threads import EXTENSION, WaitingThreads
from service.desk.site_access import reached_site, site_named
from service.errors import FieldError, Invalid
from service.moderation.threads import QUESTIONS, ThreadChange, ThreadRule, change_thread, keep_thread
from service.wiring import current_services

thread_api = Blueprint("threads", __name__, url_prefix="/api/v1/moderation/sites/<site>")
thread_api.after_request(keep_private)

_STATES: Mapping[ThreadState, Literal["open", "closed"]] = {ThreadState.OPEN: "open", ThreadState.CLOSED: "closed"}
RATE_WINDOW = timedelta(hours=1)


@thread_api.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions[EXTENSION] = WaitingThreads()


@thread_api.put("/threads")
@open_to("key:cms", "admin")
@described(
    "Say what a thread is, and whether it is open",
    body=ThreadBody,
    answers={200: ThreadAnswer, 201: ThreadAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def put_thread(site: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(ThreadBody)
    at = reached_site(site, "key:cms", "admin")
    thread, is_new = change_thread(services, actor, at, ThreadChange(**asdict(body)))
    with services.read() as session:
        waiting = session.scalar(pending_in_thread(thread.id)) or 0
    return json_answer(_view(thread, waiting), 201 if is_new else 200)


@thread_api.patch("/threads")
@open_to("moderator")
@described(
    "Close a thread or open it, have its comments wait for a person, tell its readers something",
    body=ThreadRuleBody,
    answers={200: ThreadRuleAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def patch_thread(site: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(ThreadRuleBody)
    at = reached_site(site, "moderator")
    state = UNSET if body.state is UNSET else ThreadState(body.state)
    rule = ThreadRule(state=state, mode=body.mode, banner=body.banner, questions=body.questions)
    thread, before = keep_thread(services, actor, at, body.key, rule)
    with services.read() as session:
        waiting = session.scalar(pending_in_thread(thread.id)) or 0
    was = ThreadRuleBody(
        key=thread.key,
        state=UNSET if before.state is UNSET else _STATES[before.state],
        mode=before.mode,
        banner=before.banner,
        questions=before.questions,
    )
    return json_answer(ThreadRuleAnswer(_view(thread, waiting), was))


@thread_api.get("/threads")
@open_to("viewer", "key:cms")
@described(
    "Threads: newest first, busiest in the last hour first, or most waiting first",
    query=ThreadsQuery,
    answers={200: ThreadsAnswer},
    refusals=(401, 403, 404, 422),
)
def list_threads(site: str) -> Response:
    services = current_services()
    query = read_query(ThreadsQuery)
    with services.read() as session:
        at = site_named(session, site, "viewer", "key:cms")
        if query.sort == "newest":
            rows = session.execute(threads_by_newest(at.id, query.cursor).limit(query.limit + 1)).all()
            found = [_view(thread, waiting) for thread, waiting in rows[: query.limit]]
            cursor = rows[query.limit - 1][0].id if len(rows) > query.limit else None
            return json_answer(ThreadsAnswer(found, cursor))
        if query.cursor:
            raise Invalid(errors=[FieldError("cursor", "not_here", "Only sort=newest goes on from page to page.")])
        if query.sort == "pending":
            remembered: WaitingThreads = current_app.extensions[EXTENSION]
            most = remembered.find(session, at.id, query.limit, services.clock.now())
            found = [_view(thread, waiting) for thread, waiting in most]
        else:
            since = services.clock.now() - RATE_WINDOW
            found = [
                _view(thread, waiting, rate)
                for thread, waiting, rate in session.execute(threads_by_rate(at.id, since).limit(query.limit))
            ]
    return json_answer(ThreadsAnswer(found, None))


def _view(thread: Thread, waiting: int, rate: int | None = None) -> ThreadAnswer:
    return ThreadAnswer(
        key=thread.key,
        canonical_url=thread.url,
        title=thread.title,
        section=thread.section,
        tags=list(thread.tags),
        language=thread.language,
        mode=thread.mode or (QUESTIONS if thread.questions else None),
        state=thread.state,
        verified=thread.verified,
        published=thread.published_count,
        pending=waiting,
        created_at=thread.created_at,
        banner=thread.banner,
        questions=thread.questions,
        rate=UNSET if rate is None else rate,
    )
