"""Rehearsals and repairs: asked for here, done by a worker, looked at while they run."""

from typing import Any

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models import Job, JobKind, JobState, Site, Status
from models.queries.comments import every_text_of
from service.accounts.access import Actor, current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_moderators
from service.desk.policy import types
from service.desk.policy.api import REQUEST_BYTES
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.desk.surroundings.redacted import redacted_since
from service.desk.types import By
from service.errors import FieldError, Invalid, NotFound
from service.moderation.jobs import repair
from service.moderation.jobs.job import AT_LEAST
from service.moderation.jobs.labels import put_labels
from service.moderation.jobs.rehearsal import COMMENTS_UNASKED, rehearse
from service.moderation.jobs.repair_scope import Scope
from service.moderation.jobs.report import Repaired, pace, read, rehearsed, repaired
from service.moderation.policies.versions import check_policy, lists_of, text_of, version_at
from service.moderation.policies.word_lists import newest_numbers
from service.statement_limits import stop_with_client
from service.wiring import Services, current_services

job_api = Blueprint("jobs", __name__, url_prefix="/api/v1/moderation")
job_api.after_request(keep_private)

# What a job goes by and nobody has asked for, and the policy, which is long.
_NOT_TOLD = frozenset({"yaml", "before", "low", "through_leases", AT_LEAST})


@job_api.post("/sites/<site>/policy/rehearsals")
@open_to("moderator")
@described(
    "Find out what a policy would have done; changes nothing",
    body=types.RehearsalBody,
    answers={202: types.JobAnswer},
    refusals=(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def begin_rehearsal(site: str) -> Response:
    services, actor = current_services(), current_actor()
    request.max_content_length = REQUEST_BYTES
    body = read_json(types.RehearsalBody)
    return json_answer(start_rehearsal(services, actor, site, body), 202)


@job_api.post("/bulk")
@open_to("moderator")
@described(
    "Undo what a policy or a rule did, or decide many alike: counts first, then a job",
    body=types.BulkBody,
    answers={200: types.BulkAnswer, 202: types.BulkAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 428, 429, 503),
)
def bulk() -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(types.BulkBody)
    site = reached_site(body.filter.site, "moderator")
    scope = _scope(body.filter)
    if body.dry_run:
        stop_with_client()
        return json_answer(counted(services, actor, site, scope, body.action))
    job = repair.begin(services, actor, site, scope, body.action, body.reason, body.note, body.as_of)
    with services.read() as session:
        shown = view(session, job, site)
    counts = repaired({}, {})
    return json_answer(types.BulkAnswer(dry_run=False, complete=False, counts=counts, job=shown), 202)


def counted(services: Services, actor: Actor, site: Site, scope: Scope, action: repair.Repair) -> types.BulkAnswer:
    """What a repair would do."""
    found = repair.count(services, actor, site, scope, action)
    return types.BulkAnswer(
        dry_run=True,
        complete=found.complete,
        counts=repaired(found.counts, found.changes),
        sample=[
            types.SampleMove(move.standing.id, move.standing.status.value, move.after.status.value)
            for move in found.sample
        ],
        as_of=found.as_of,
    )


@job_api.get("/jobs/<job_id>")
@open_to("viewer")
@described("How far a job is, and what it has found or done", answers={200: types.JobAnswer}, refusals=(401, 403, 404))
def get_job(job_id: str) -> Response:
    with current_services().read() as session:
        return json_answer(view(session, *job_reached(session, job_id, "viewer")))


@job_api.post("/jobs/<job_id>/undo")
@open_to("moderator")
@described(
    "Take back all that a repair did, but what people have touched since",
    answers={202: types.JobAnswer},
    refusals=(401, 403, 404, 409, 429, 503),
)
def undo(job_id: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        job, site = job_reached(session, job_id, "moderator")
    undoing = repair.begin_undo(services, actor, job.id)
    with services.read() as session:
        return json_answer(view(session, undoing, site), 202)


@job_api.post("/jobs/<job_id>/labels")
@open_to("moderator")
@described(
    "Say of a rehearsal's cases what should have become of them; null takes a label back",
    body=types.LabelsBody,
    answers={200: types.JobAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def label(job_id: str) -> Response:
    body = read_json(types.LabelsBody)
    given: dict[str, str | None] = {found.comment_id: found.label for found in body.labels}
    return json_answer(keep_labels(current_services(), current_actor(), job_id, given))


def start_rehearsal(services: Services, actor: Actor, slug: str, body: types.RehearsalBody) -> types.JobAnswer:
    """Begins the rehearsal. Raises Invalid for a broken policy, NotFound for a site or version that is not there."""
    with services.read() as session:
        site = site_named(session, slug, "moderator")
        if (body.policy is None) == (body.version is None):
            raise Invalid(errors=[FieldError("policy", "missing", "Give a policy or the number of a version.")])
        if body.comments is not None and body.days is not None:
            raise Invalid(errors=[FieldError("days", "repeated", "Give a number of comments or of days.")])
        if body.policy is not None:
            yaml, lists = body.policy, newest_numbers(session, site.id)
        else:
            version = version_at(session, site, body.version)
            yaml, lists = text_of(version), lists_of(version)
    used = check_policy(services, actor, site, yaml, "policy", lists)
    comments = body.comments if body.comments or body.days else COMMENTS_UNASKED
    job = rehearse(services, actor, site, yaml, lists=used, version=body.version, comments=comments, days=body.days)
    with services.read() as session:
        return view(session, job, site)


def keep_labels(services: Services, actor: Actor, job_id: str, given: dict[str, str | None]) -> types.JobAnswer:
    """Keeps what somebody said of a rehearsal's cases. Raises NotFound, Forbidden, and what `put_labels` does."""
    with services.read() as session:
        job, site = job_reached(session, job_id, "moderator")
    labelled = put_labels(services, actor, job.id, given)
    with services.read() as session:
        return view(session, labelled, site)


def job_reached(session: Session, job_id: str, level: str) -> tuple[Job, Site]:
    """A job of a site where the caller has the level. Raises NotFound, Forbidden."""
    unknown = NotFound("There is no such job.")
    job = session.get(Job, job_id)
    if job is None:
        raise unknown
    try:
        current_actor().require(level, job.site_id)
    except NotFound:
        raise unknown from None
    return job, session.get_one(Site, job.site_id)


def view(session: Session, job: Job, site: Site) -> types.JobAnswer:
    is_rehearsal = job.kind is JobKind.REHEARSAL
    undone_by = session.scalar(repair.undoing(job.id))
    asked = {name: value for name, value in job.asked.items() if name not in _NOT_TOLD}
    return types.JobAnswer(
        id=job.id,
        site=site.slug,
        kind=job.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        at_least=bool(job.asked.get(AT_LEAST)) and job.state in (JobState.WAITING, JobState.RUNNING),
        asked=asked,
        by=By(job.actor_kind, names_of_moderators(session, {job.actor_id or ""}).get(job.actor_id or "")),
        outcome=job.outcome,
        undoes=job.undoes,
        undone_by=undone_by,
        created_at=job.created_at,
        finished_at=job.finished_at,
        rehearsed=rehearsed(job.tally, pace(session, site.id)) if is_rehearsal else None,
        repaired=None if is_rehearsal else _repaired(job.tally),
        read=read(job.tally, job.labels) if is_rehearsal else None,
        cases=_cases(session, job) if is_rehearsal else [],
    )


def _repaired(tally: dict[str, Any]) -> Repaired:
    return repaired(tally.get("counts", {}), tally.get("changes", {}))


def _cases(session: Session, job: Job) -> list[types.ChangedComment]:
    """The cases with the texts as they are kept now: what was erased or, for who may not read it, redacted meanwhile
    is not told by a job either."""
    cases = {case["comment_id"]: case for case in job.tally.get("cases", ())}
    if not cases:
        return []
    since = redacted_since(session, current_actor(), job.site_id, list(cases))
    rows = session.execute(every_text_of(cases)).all()
    texts = {(row[0], row[2]): row for row in rows if row[2] >= since.get(row[0], 0)}
    found: list[types.ChangedComment] = []
    for comment_id, case in cases.items():
        row = texts.get((comment_id, case["version"]))
        if row is not None:
            found.append(
                types.ChangedComment(
                    comment_id=comment_id,
                    name=row[1],
                    text=row[3],
                    thread=row[4],
                    before=case["before"],
                    after=case["after"],
                    people=case["people"],
                    findings=case["findings"],
                    label=job.labels.get(comment_id),
                )
            )
    return found


def _scope(wanted: types.BulkFilter) -> Scope:
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value not in (None, "")}
    del given["site"]
    if not given.keys() - {"decided"}:
        # Everything that was ever judged is never what somebody meant.
        raise Invalid(errors=[FieldError("filter", "missing", "Say which comments: a policy version, a rule, a time.")])
    status = given.pop("status", None)
    return Scope(status=Status(status) if status else None, complaint=given.pop("filter", None), **given)
