"""Takes jobs and does them chunk by chunk. A worker may be killed anywhere: the next goes on after the last chunk."""

import threading
from collections.abc import Mapping

from sqlalchemy import or_, select, update

from models import Job, JobKind, JobState
from service.backoff import Backoff, Retry
from service.errors import Unavailable
from service.moderation.jobs import rehearsal, repair
from service.moderation.jobs.job import CLAIM, Superseded, Work, advance
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

WORK: Mapping[JobKind, Work] = {
    JobKind.REHEARSAL: rehearsal.rehearse_chunk,
    JobKind.REPAIR: repair.repair_chunk,
    JobKind.UNDO: repair.undo_chunk,
}

POLL_SECONDS = 1.0
# Between chunks: a job must not keep SQLite's one writer or the judging of new comments from their turn.
BREATH_SECONDS = 0.02
MOST_ATTEMPTS = 3
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
    """Takes the job that has waited longest and does all of it, or until `stop`; False where none waits."""
    job = take(services)
    if job is None:
        return False
    try:
        while run_chunk(services, job):
            if stop is not None and (stop.is_set() or stop.wait(BREATH_SECONDS)):
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


def take(services: Services) -> Job | None:
    """Claims a job that waits, or whose worker was lost. PostgreSQL skips what another one is taking just now;
    SQLite has one writer."""
    now = services.clock.now()
    with services.write() as session:
        job = session.scalar(
            select(Job)
            .where(or_(Job.state == JobState.WAITING, Job.state == JobState.RUNNING), Job.next_at <= now)
            .order_by(Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
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
