"""What people say of a rehearsal's cases: each should be published, or stopped."""

from collections.abc import Mapping

from models import Job, JobState
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import FieldError, Invalid, NotFound
from service.moderation.jobs.job import NotDone
from service.wiring import Services


def put_labels(services: Services, actor: Actor, job_id: str, given: Mapping[str, str | None]) -> Job:
    """Keeps what somebody said: comment id -> `publish`, `stop`, or None, which takes a label back.

    Raises NotFound, NotDone, and Invalid for comments that are no cases of the rehearsal.
    """
    now = services.clock.now()
    with services.write() as session:
        # Locked: two who label at once both count.
        job = session.get(Job, job_id, with_for_update={"key_share": True})
        if job is None:
            raise NotFound("There is no such job.")
        if job.state is not JobState.DONE:
            raise NotDone("Its cases can be labelled when it has ended.")
        cases = {case["comment_id"] for case in job.tally.get("cases", ())}
        if not given.keys() <= cases:
            raise Invalid(errors=[FieldError("labels", "unknown_value", "Not all of these are cases of this job.")])
        labels = {**job.labels, **given}
        job.labels = {comment_id: said for comment_id, said in labels.items() if said is not None}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "job.label", target=job.id, site_id=job.site_id, details={"labels": len(given)}, now=now)
        return job
