"""How a job comes along: asked for once, done chunk by chunk, each chunk committed with how far it came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from models import Job, JobKind, JobState, new_id
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import Conflict, TooMany
from service.wiring import Services

# A worker that has not committed a chunk for so long counts as lost.
CLAIM = timedelta(minutes=2)
# So many of a kind may wait or run at once: of one person or key on a site, and of the site. One person must not keep
# the site's others from theirs.
MOST_OF_ONE = 5
MOST_OF_SITE = 20
# In what a job was asked: whether its total is only known to be at least so many.
AT_LEAST = "at_least"
# Not a promise: how soon it is worth asking again.
ASK_AGAIN_SECONDS = 30


class Superseded(Exception):
    """Another worker has taken the job over: nothing of this chunk may be written."""


class NotDone(Conflict):
    code, title = "job_running", "This job has not ended yet"


class TooManyJobs(TooMany):
    code, title = "too_many_jobs", "So many jobs wait already"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk did. `done` counts comments; `then` is called after the commit, where Redis may hear of it."""

    cursor: str
    done: int
    tally: Mapping[str, Any]
    last: bool
    then: Callable[[], None] | None = None


# Reads and works outside a transaction; what it returns writes inside one, together with the progress.
Work = Callable[[Services, Job], Callable[[Session], Chunk]]


def create_job(
    session: Session,
    actor: Actor,
    kind: JobKind,
    *,
    site_id: str,
    asked: Mapping[str, Any],
    total: int,
    now: datetime,
    undoes: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Job:
    """Puts a job where a worker takes it, and says so in the trail. Raises TooManyJobs."""
    _check_room(session, actor, kind, site_id)
    job = Job(
        id=new_id(),
        site_id=site_id,
        kind=kind,
        state=JobState.WAITING,
        actor_kind=actor.kind,
        actor_id=actor.id,
        asked=dict(asked),
        cursor="",
        done=0,
        total=total,
        tally={},
        labels={},
        attempts=0,
        claim=0,
        next_at=now,
        undoes=undoes,
        created_at=now,
    )
    session.add(job)
    said = {"job": job.id, "comments": total, **(details or {})}
    refuse_shut_out(session, actor, now)
    audit(session, actor, f"job.{kind.value}", target=job.id, site_id=site_id, details=said, now=now)
    session.flush()
    return job


def _check_room(session: Session, actor: Actor, kind: JobKind, site_id: str) -> None:
    own = func.sum(case((Job.actor_id == actor.id, 1), else_=0))
    unfinished = Job.state.in_((JobState.WAITING, JobState.RUNNING))
    counts = select(func.count(), own).where(Job.site_id == site_id, Job.kind == kind, unfinished)
    of_site, of_one = session.execute(counts).one()
    if (of_one or 0) >= MOST_OF_ONE or of_site >= MOST_OF_SITE:
        raise TooManyJobs("Wait until one of them has ended.", retry_after=ASK_AGAIN_SECONDS)


def advance(session: Session, job: Job, chunk: Chunk, now: datetime) -> None:
    """Writes down how far it is, in the transaction that did the chunk. Raises Superseded."""
    values: dict[str, Any] = {
        "cursor": chunk.cursor,
        "done": Job.done + chunk.done,
        # Of more than were counted when it was asked for.
        "total": case((Job.total < Job.done + chunk.done, Job.done + chunk.done), else_=Job.total),
        "tally": dict(chunk.tally),
        "attempts": 0,
        "next_at": now + CLAIM,
    }
    if chunk.last:
        values |= {"state": JobState.DONE, "finished_at": now}
    written = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.claim == job.claim, Job.state == JobState.RUNNING)
        .values(**values)
        .returning(Job.id)
    )
    if written.first() is None:
        raise Superseded
