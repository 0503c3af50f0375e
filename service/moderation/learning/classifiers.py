"""A site's classifiers by hand: one is put in force or switched off, or the next training comes now, not at night."""

from sqlalchemy import update

from models import ClassifierState, ClassifierVersion, Site, TrainingSchedule
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import Conflict, NotFound
from service.moderation.policies.classifier_in_force import classifier_at
from service.wiring import Services

# What the column holds.
LARGEST = 2**31 - 1


class NotReadable(Conflict):
    code, title = "classifier_not_readable", "This release cannot read this classifier"


def set_state(services: Services, actor: Actor, site: Site, n: int, state: ClassifierState) -> None:
    """Puts number `n` in force, or switches it off: then no other comes in force by itself either.

    Raises NotFound, and NotReadable for one of another release.
    """
    now = services.clock.now()
    with services.write() as session:
        # The row of the site orders two who press at once.
        session.refresh(session.get_one(Site, site.id), with_for_update={"key_share": True})
        classifier = session.get(ClassifierVersion, (site.id, n)) if n <= LARGEST else None
        if classifier is None or (state is ClassifierState.OFF and classifier.state is not ClassifierState.IN_FORCE):
            raise NotFound("There is no such classifier." if classifier is None else "This classifier is not in force.")
        if state is ClassifierState.IN_FORCE and classifier_at(session, site.id, n) is None:
            raise NotReadable("Have one trained anew.")
        if classifier.state is not state:
            standing = ClassifierVersion.state.in_([ClassifierState.IN_FORCE, ClassifierState.OFF])
            session.execute(
                update(ClassifierVersion)
                .where(ClassifierVersion.site_id == site.id, standing)
                .values(state=ClassifierState.REPLACED)
                .execution_options(synchronize_session="fetch")
            )
            classifier.state = state
            refuse_shut_out(session, actor, now)
            audit(session, actor, f"classifier.{state.value}", site_id=site.id, details={"model": n}, now=now)


def train_now(services: Services, actor: Actor, site: Site) -> None:
    """Moves the site's training to now: the next worker that looks takes it."""
    now = services.clock.now()
    with services.write() as session:
        session.refresh(session.get_one(Site, site.id), with_for_update={"key_share": True})
        schedule = session.get(TrainingSchedule, site.id)
        if schedule is None:
            session.add(TrainingSchedule(site_id=site.id, next_at=now))
        else:
            schedule.next_at = now
        refuse_shut_out(session, actor, now)
        audit(session, actor, "classifier.train", site_id=site.id, now=now)
