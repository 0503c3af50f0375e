"""Takes jobs and does them chunk by chunk. A worker may be killed anywhere: the next goes on after the last chunk.

Sites take turns: one job of a site is done at a time, the site that was served longest ago comes next, and a long job
makes way after some chunks.
"""

import threading
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from models import Job, JobKind, JobState
from service.backoff import Backoff, Retry
from service.errors import Unavailable
from service.moderation.jobs import rehearsal, repair, writer_sweep
from service.moderation.jobs.job import CLAIM, Superseded, Work, advance
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

WORK: Mapping[JobKind, Work] = {
    JobKind.REHEARSAL: rehearsal.rehearse_chunk,
    JobKind.REPAIR: repair.repair_chunk,
    JobKind.UNDO: repair.undo_chunk,
    JobKind.WRITER: writer_sweep.sweep_chunk,
}

POLL_SECONDS = 1.0
# Between chunks: a job must not keep SQLite's one writer or the judging of new comments from their turn.
BREATH_SECONDS = 0.02
# After so many chunks a job goes to the end of the line, if anything else waits.
TURN = 10
MOST_ATTEMPTS = 3
# Of PostgreSQL's advisory locks, the one under which jobs are taken.
_TAKING_LOCK = 7_304_422_053
# A job that failed, up to MOST_ATTEMPTS.
JOB_BACK_OFF = Backoff((30.0,))
# Looking for jobs, when that fails: every worker looks.
POLL_BACK_OFF = Backoff.doubling(POLL_SECONDS, 5.0, jitter=0.5)


def run(services: Services, stop: threading.Event) -> None:
    """Does jobs until `stop` is set, and finishes the chunk it is at."""
    retry = Retry(POLL_BACK_OFF)
    while not stop.is_set():
        pause = POLL_SECONDS
        try:
            found = run_one(services, stop)
            retry.succeeded()
            if found:
                continue
        except Unavailable:
            log.warning("jobs_without_database")
            pause = retry.failed()
        except Exception:
            log.exception("jobs_failed")
            pause = retry.failed()
        stop.wait(pause)


def run_one(services: Services, stop: threading.Event | None = None) -> bool:
    """Takes the job whose turn it is and does it until it has ended, others have waited for a turn, or `stop`; False
    where none waits."""
    job = take(services)
    if job is None:
        return False
    chunks = 0
    try:
        while run_chunk(services, job):
            chunks += 1
            stopped = stop is not None and (stop.is_set() or stop.wait(BREATH_SECONDS))
            if stopped or (chunks % TURN == 0 and _somebody_waits(services)):
                _give_back(services, job)
                break
    except Superseded:
        log.warning("job_superseded", job=job.id)
    except Unavailable:
        raise  # Its claim runs out, and whoever finds the database back goes on.
    except Exception as error:
        log.exception("job_stumbled", job=job.id, kind=job.kind.value)
        _count_failure(services, job, type(error).__name__)
    return True


def run_at_once(services: Services, job_id: str, chunks: int) -> None:
    """Does a job that has just been asked for, here and now, up to so many chunks; a worker does the rest.

    Left to a worker as a whole where the site has another one running. Raises Unavailable.
    """
    job = take(services, job_id)
    if job is None:
        return
    try:
        while run_chunk(services, job):
            chunks -= 1
            if not chunks:
                _give_back(services, job)
                return
    except Superseded:
        log.warning("job_superseded", job=job.id)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("job_stumbled", job=job.id, kind=job.kind.value)
        _count_failure(services, job, type(error).__name__)


def take(services: Services, job_id: str = "") -> Job | None:
    """Claims a job that waits, or whose worker was lost, of a site that no other worker is at. `job_id`: only this."""
    now = services.clock.now()
    with services.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            # One at a time: two could each take a job of one site. On SQLite a write is alone anyway.
            session.execute(select(func.pg_advisory_xact_lock(_TAKING_LOCK)))
        job = _this_one(session, job_id, now) if job_id else _whose_turn(session, now)
        if job is None:
            return None
        if job.state is JobState.RUNNING:
            job.attempts += 1
        job.claim += 1
        job.next_at = now + CLAIM
        job.state = JobState.RUNNING
        if job.attempts >= MOST_ATTEMPTS:
            # Whatever killed its workers would kill this one.
            job.state, job.outcome, job.finished_at = JobState.FAILED, "workers_lost", now
            log.error("job_gave_up", job=job.id, kind=job.kind.value)
    return job


def _whose_turn(session: Session, now: datetime) -> Job | None:
    """Of the site that was served longest ago, or never, the job that has waited longest since its last turn."""
    busy = select(Job.site_id).where(Job.state == JobState.RUNNING, Job.next_at > now)
    # When a job was last done or given back: from then on, or in a while, it may be taken again.
    served = case((Job.finished_at.is_not(None), Job.finished_at), (Job.claim > 0, Job.next_at))
    waiting = select(Job.site_id).where(_may_be_taken(now), Job.site_id.not_in(busy))
    site_id = session.scalar(
        select(Job.site_id)
        .where(Job.site_id.in_(waiting))
        .group_by(Job.site_id)
        .order_by(func.max(served).asc().nulls_first(), func.min(case((_may_be_taken(now), Job.id))))
        .limit(1)
    )
    if site_id is None:
        return None
    return session.scalar(
        select(Job)
        .where(Job.site_id == site_id, _may_be_taken(now))
        .order_by(Job.next_at, Job.id)
        .limit(1)
        .with_for_update(key_share=True)
    )


def _this_one(session: Session, job_id: str, now: datetime) -> Job | None:
    """The job, if it waits and nobody is at another one of its site."""
    other = aliased(Job)
    busy = select(other.id).where(
        other.site_id == Job.site_id, other.state == JobState.RUNNING, other.next_at > now, other.id != job_id
    )
    wanted = select(Job).where(Job.id == job_id, _may_be_taken(now), ~busy.exists())
    return session.scalar(wanted.with_for_update(of=Job, key_share=True))


def _may_be_taken(now: datetime) -> ColumnElement[bool]:
    """Waits for its turn, or its worker was lost."""
    return and_(or_(Job.state == JobState.WAITING, Job.state == JobState.RUNNING), Job.next_at <= now)


def _somebody_waits(services: Services) -> bool:
    """Whether a job waits that this worker could do instead: of any site, this one among them."""
    with services.read() as session:
        waits = select(Job.id).where(Job.state == JobState.WAITING, Job.next_at <= services.clock.now()).limit(1)
        return session.scalar(waits) is not None


def run_chunk(services: Services, job: Job) -> bool:
    """Does one chunk and commits it with its progress; False after the last. Raises Superseded, Unavailable."""
    if job.state is not JobState.RUNNING:
        return False
    write = WORK[job.kind](services, job)
    with services.write() as session:
        chunk = write(session)
        advance(session, job, chunk, services.clock.now())
    # The row in hand follows what was committed: the next chunk starts from it.
    job.cursor, job.tally, job.done = chunk.cursor, dict(chunk.tally), job.done + chunk.done
    if chunk.then is not None:
        chunk.then()
    return not chunk.last


def _give_back(services: Services, job: Job) -> None:
    _set(services, job, state=JobState.WAITING, next_at=services.clock.now())


def _count_failure(services: Services, job: Job, code: str) -> None:
    now = services.clock.now()
    failures = job.attempts + 1
    if failures >= MOST_ATTEMPTS:
        _set(services, job, state=JobState.FAILED, outcome=code[:60], finished_at=now)
    else:
        again = JOB_BACK_OFF.next_at(failures, now)
        _set(services, job, state=JobState.WAITING, attempts=failures, next_at=again, outcome=code[:60])


def _set(services: Services, job: Job, **values: object) -> None:
    with services.write() as session:
        session.execute(
            update(Job).where(Job.id == job.id, Job.claim == job.claim, Job.state == JobState.RUNNING).values(**values)
        )
