"""Learning by night: each site's classifier is trained on what its own people decided, and has to earn its place.

What the machine decided does not count: a classifier that learns from itself only grows surer of its mistakes.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion, Comment, CommentVersion, Decision, Site, Status, TrainingSchedule
from models.decision import BY_PEOPLE
from moderation_rules.learning.train import ENOUGH
from moderation_rules.rule import options_of
from moderation_rules.rules.learned import RULE
from service.errors import Unavailable
from service.moderation.learning.training import Sample, Trained, TrainingFailed, TrainingOrder, train_in_subprocess
from service.moderation.moves import label_of
from service.moderation.policies.classifier_in_force import classifier_at
from service.moderation.policies.in_force import settings_of
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

# When few write and few decide, in UTC.
NIGHT_HOUR = 3
LOOK_EVERY = 60.0
READ_AT_ONCE = 1000
# The newest of so many decisions: older ones say little about what a newsroom wants today.
MOST_SAMPLES = 20_000
# The newest part of the decisions is not learned from: it says whether the new classifier is better.
HOLDOUT_SHARE = 0.2
HOLDOUT_LEAST = 20
# A first classifier has to be clearly better than a coin; and whoever holds more good comments than this costs
# moderators more than it saves, however well it sorts.
FIRST_AUC = 0.6
MOST_FALSE_ALARMS = 0.1
# Classifiers that were replaced and are still kept, to compare and to explain old findings.
REPLACED_KEPT = 3


_IS_OFF = ClassifierVersion.state == ClassifierState.OFF


@dataclass(frozen=True, slots=True)
class LabelledDecision:
    """One text and what people made of it in the end. `decision_id`: the decision that says so."""

    decision_id: str
    sample: Sample

    @property
    def stopped(self) -> bool:
        return self.sample[1] == 1


def run(services: Services, stop: threading.Event) -> None:
    """Trains at night until `stop` is set. Without scikit-learn it says so once and waits."""
    if find_spec("sklearn") is None:
        log.info("learning_off", reason="scikit-learn is not installed (extra `learn`)")
        stop.wait()
        return
    while not stop.is_set():
        try:
            schedule_new_sites(services)
            while not stop.is_set() and (site_id := claim_due_site(services)) is not None:
                outcome = "failed"
                try:
                    outcome = train_site(services, site_id, stop)
                finally:
                    record_outcome(services, site_id, outcome)
                log.info("learning_done", site=site_id, outcome=outcome)
        except Unavailable:
            log.warning("learning_without_database")
        except TrainingFailed as error:
            log.error("learning_failed", reason=str(error))
        except Exception:
            log.exception("learning_failed")
        stop.wait(LOOK_EVERY)


def schedule_new_sites(services: Services) -> None:
    """Gives every site that has none its first training, next night."""
    with services.read() as session:
        enrolled = select(TrainingSchedule.site_id)
        new = session.scalars(select(Site.id).where(Site.id.not_in(enrolled))).all()
    for site_id in new:
        try:
            with services.write() as session:
                session.add(TrainingSchedule(site_id=site_id, next_at=_next_night(services.clock.now())))
        except IntegrityError:
            continue  # Another worker saw it too.


def claim_due_site(services: Services) -> str | None:
    """A site whose training is due, for this process alone: the next one is set for the next night at once."""
    now = services.clock.now()
    with services.write() as session:
        due = session.execute(
            select(TrainingSchedule.site_id, TrainingSchedule.next_at)
            .where(TrainingSchedule.next_at <= now)
            .order_by(TrainingSchedule.next_at)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        ).first()
        if due is None:
            return None
        site_id: str = due[0]
        session.execute(
            update(TrainingSchedule).where(TrainingSchedule.site_id == site_id).values(next_at=_next_night(now))
        )
    return site_id


def record_outcome(services: Services, site_id: str, outcome: str) -> None:
    """Keeps what came of a site's training, for those who ask."""
    ended = {"outcome": outcome, "ended_at": services.clock.now()}
    with services.write() as session:
        session.execute(update(TrainingSchedule).where(TrainingSchedule.site_id == site_id).values(**ended))


def train_site(services: Services, site_id: str, stop: threading.Event) -> str:
    """Trains a site's classifier, and puts it in force if it is better; what came of it, as a word.

    Raises TrainingFailed, Unavailable.
    """
    taught = collect_samples(services, site_id)
    if min(_kinds(taught)) < ENOUGH:
        return "too_few"
    known = round(len(taught) * (1 - HOLDOUT_SHARE))
    samples, holdout = taught[:known], taught[known:]
    with services.read() as session:
        own = settings_of(session, site_id).get("rules", {}).get(RULE.name, {})
        false_alarms = RULE.read(options_of(own)).false_alarms
        newest = session.scalar(_of(site_id).order_by(ClassifierVersion.n.desc()).limit(1))
        old = session.scalar(_of(site_id).where(ClassifierVersion.state == ClassifierState.IN_FORCE))
        off = (
            session.scalar(select(ClassifierVersion.n).where(ClassifierVersion.site_id == site_id, _IS_OFF).limit(1))
            is not None
        )
        old_n, document = (None, None) if old is None else (old.n, old.document)
        # One that this release cannot read judges nothing: it is trained anew even from the same decisions.
        lost = old_n is not None and classifier_at(session, site_id, old_n) is None
    if not lost and newest is not None and newest.last_decision_id >= samples[-1].decision_id:
        return "nothing_new"
    if old is not None and not lost:
        holdout = [one for one in holdout if one.decision_id > old.last_decision_id]
    if min(_kinds(holdout)) < HOLDOUT_LEAST:
        return "too_few_fresh"
    order = TrainingOrder([one.sample for one in samples], [one.sample for one in holdout], false_alarms, document)
    trained = train_in_subprocess(order, stop)
    if trained is None:
        return "stopped"
    published, stopped = _kinds(samples)
    row = ClassifierVersion(
        site_id=site_id,
        state=ClassifierState.IN_FORCE if is_better(trained) and not off else ClassifierState.CANDIDATE,
        document=trained.document,
        checksum=hashlib.sha256(trained.document).hexdigest(),
        published=published,
        stopped=stopped,
        last_decision_id=samples[-1].decision_id,
        measured={"new": trained.measured, "old": trained.measured_old},
        false_alarms=false_alarms,
        threshold=trained.threshold,
        trained_at=services.clock.now(),
    )
    return store_classifier(services, row, old_n)


def collect_samples(services: Services, site_id: str) -> list[LabelledDecision]:
    """What people decided on the site's texts, oldest first: of each text the last word, if it settles anything.

    Read page by page, each in a transaction of its own. Decisions made by jobs are left out: nobody read for them.
    """
    found: list[LabelledDecision] = []
    seen: set[tuple[str, int]] = set()
    before = "~"  # After every id.
    while len(found) < MOST_SAMPLES:
        with services.read() as session:
            page = session.execute(
                select(
                    Decision.id,
                    Decision.comment_id,
                    Decision.version_n,
                    Decision.action,
                    Decision.to_status,
                    Comment.status,
                    CommentVersion.text,
                )
                .join(Comment, Comment.id == Decision.comment_id)
                .outerjoin(
                    CommentVersion,
                    (CommentVersion.comment_id == Decision.comment_id) & (CommentVersion.n == Decision.version_n),
                )
                .where(Decision.site_id == site_id, Decision.id < before, text(BY_PEOPLE))
                .order_by(Decision.id.desc())
                .limit(READ_AT_ONCE)
            ).all()
        for decision_id, comment_id, version_n, action, to_status, status, typed in page:
            if (comment_id, version_n) in seen:
                continue
            seen.add((comment_id, version_n))
            label = label_of(action, to_status)
            if label is not None and typed and status is not Status.ERASED:
                found.append(LabelledDecision(decision_id, (typed, 0 if label == "approve" else 1)))
        if len(page) < READ_AT_ONCE:
            break
        before = page[-1][0]
    return found[:MOST_SAMPLES][::-1]


def is_better(trained: Trained) -> bool:
    """Whether it sorts fresh decisions better than the one in force, without holding too many good comments."""
    new, old = trained.measured, trained.measured_old
    if new["false_alarms"] > MOST_FALSE_ALARMS:
        return False
    return new["roc_auc"] >= FIRST_AUC if old is None else new["roc_auc"] > old["roc_auc"]


def store_classifier(services: Services, row: ClassifierVersion, compared_with: int | None) -> str:
    """Stores the classifier, in force or as a candidate. `compared_with`: the number it was better than.

    Where another one came in force meanwhile the comparison says nothing: "superseded", and nothing is stored.
    """
    with services.write() as session:
        in_force = session.scalar(
            select(ClassifierVersion.n)
            .where(ClassifierVersion.site_id == row.site_id, ClassifierVersion.state == ClassifierState.IN_FORCE)
            .with_for_update(key_share=True)
        )
        if in_force != compared_with:
            return "superseded"
        row.n = 1 + (
            session.scalar(select(func.max(ClassifierVersion.n)).where(ClassifierVersion.site_id == row.site_id)) or 0
        )
        _make_room(session, row)
        session.add(row)
    return row.state.value


def _make_room(session: Session, row: ClassifierVersion) -> None:
    """One candidate is enough to see why it was refused; of those replaced the last few stay."""
    mine = ClassifierVersion.site_id == row.site_id
    session.execute(delete(ClassifierVersion).where(mine, ClassifierVersion.state == ClassifierState.CANDIDATE))
    if row.state is not ClassifierState.IN_FORCE:
        return
    session.execute(
        update(ClassifierVersion)
        .where(mine, ClassifierVersion.state == ClassifierState.IN_FORCE)
        .values(state=ClassifierState.REPLACED)
    )
    replaced = session.scalars(
        select(ClassifierVersion.n)
        .where(mine, ClassifierVersion.state == ClassifierState.REPLACED)
        .order_by(ClassifierVersion.n.desc())
    ).all()
    session.execute(delete(ClassifierVersion).where(mine, ClassifierVersion.n.in_(replaced[REPLACED_KEPT:])))


def _of(site_id: str) -> Select[ClassifierVersion]:
    return select(ClassifierVersion).where(ClassifierVersion.site_id == site_id)


def _kinds(taught: Sequence[LabelledDecision]) -> tuple[int, int]:
    """How many were published, and how many stopped."""
    stopped = sum(one.stopped for one in taught)
    return len(taught) - stopped, stopped


def _next_night(now: datetime) -> datetime:
    night = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night > now else night + timedelta(days=1)
