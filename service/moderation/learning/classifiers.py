"""A site's classifiers by hand: one is put in force or switched off, or the next training comes now, not at night."""

from sqlalchemy import update

from models import LearnedModel, LearningTurn, ModelState, Site
from service.accounts.actors import Actor
from service.accounts.audit import audit
from service.errors import Conflict, NotFound
from service.moderation.policies.in_force import classifier
from service.wiring import Services

# What the column holds.
LARGEST = 2**31 - 1


class NotReadable(Conflict):
    code, title = "classifier_not_readable", "This release cannot read this classifier"


def set_state(services: Services, actor: Actor, site: Site, n: int, state: ModelState) -> None:
    """Puts number `n` in force, or switches it off: then no other comes in force by itself either.

    Raises NotFound, and NotReadable for one of another release.
    """
    now = services.clock.now()
    with services.write() as session:
        # The row of the site orders two who press at once.
        session.refresh(session.get_one(Site, site.id), with_for_update=True)
        model = session.get(LearnedModel, (site.id, n)) if n <= LARGEST else None
        if model is None or (state is ModelState.OFF and model.state is not ModelState.IN_FORCE):
            raise NotFound("There is no such classifier." if model is None else "This classifier is not in force.")
        if state is ModelState.IN_FORCE and classifier(session, site.id, n) is None:
            raise NotReadable("Have one trained anew.")
        if model.state is not state:
            standing = LearnedModel.state.in_([ModelState.IN_FORCE, ModelState.OFF])
            session.execute(
                update(LearnedModel)
                .where(LearnedModel.site_id == site.id, standing)
                .values(state=ModelState.REPLACED)
                .execution_options(synchronize_session="fetch")
            )
            model.state = state
            audit(session, actor, f"classifier.{state.value}", site_id=site.id, details={"model": n}, now=now)


def train_now(services: Services, actor: Actor, site: Site) -> None:
    """Moves the site's turn to now: the next worker that looks takes it."""
    now = services.clock.now()
    with services.write() as session:
        session.refresh(session.get_one(Site, site.id), with_for_update=True)
        turn = session.get(LearningTurn, site.id)
        if turn is None:
            session.add(LearningTurn(site_id=site.id, next_at=now))
        else:
            turn.next_at = now
        audit(session, actor, "classifier.train", site_id=site.id, now=now)
