"""What the pane shows of one comment besides what the API answers: why it was decided so, what changed, its copies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from models import ActorKind, Site, StandingDecision, Status
from service.desk.actor_names import names_of_moderators
from service.desk.surroundings.explanation import Explanation, explained
from service.desk.surroundings.word_diff import as_markup, changed_words
from service.desk.types import DecisionView, QueueItem
from service.moderation.jobs.near_copy_decisions import statuses_of
from service.moderation.near_copies.standing_decisions import standing_for


@dataclass(frozen=True, slots=True)
class Change:
    """What the text that stands to be judged changes: on the one that is up, else on the one before."""

    since: int
    published: bool
    words: Markup


@dataclass(frozen=True, slots=True)
class StandingShown:
    """A decision that holds for copies still to come."""

    id: str
    action: str
    by: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class NearCopiesShown:
    """`statuses`: how all of them stand, this one among them. `cluster`: by which they are decided together."""

    cluster: str
    statuses: Mapping[Status, int]
    standing: StandingShown | None


@dataclass(frozen=True, slots=True)
class Pane:
    explanation: Explanation | None
    change: Change | None
    near_copies: NearCopiesShown
    # Decision -> the one that took it back.
    taken_back: Mapping[str, DecisionView]


def find_pane(
    session: Session,
    site: Site,
    item: QueueItem,
    decisions: Sequence[DecisionView],
    texts: Mapping[int, str],
    published: int | None,
    now: datetime,
) -> Pane:
    """`decisions`: the newest, oldest first; `texts`: versions by number, the newest of them to be judged."""
    current = max(texts)
    judged = [made for made in decisions if made.by.kind is ActorKind.POLICY and made.version == current]
    return Pane(
        explanation=explained(session, site, item.thread, judged[-1]) if judged else None,
        change=change(texts, published),
        near_copies=_near_copies(session, site, item, now),
        taken_back={made.undoes: made for made in decisions if made.undoes is not None},
    )


def change(texts: Mapping[int, str], published: int | None) -> Change | None:
    """What the newest text changes; None for a first one."""
    current = max(texts)
    is_edit = published is not None and published != current and published in texts
    since = published if is_edit else current - 1
    if since is None or since not in texts:
        return None
    return Change(since, is_edit, as_markup(changed_words(texts[since], texts[current])))


def _near_copies(session: Session, site: Site, item: QueueItem, now: datetime) -> NearCopiesShown:
    cluster = item.cluster or item.id
    statuses = statuses_of(session, site.id, cluster) if item.copies else {item.status: 1}
    return NearCopiesShown(cluster, statuses, _shown(session, session.scalar(standing_for(site.id, cluster, now))))


def _shown(session: Session, made: StandingDecision | None) -> StandingShown | None:
    if made is None:
        return None
    return StandingShown(
        made.id, made.action, names_of_moderators(session, {made.actor_id or ""}).get(made.actor_id or ""), made.until
    )
