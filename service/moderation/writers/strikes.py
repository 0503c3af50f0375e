"""Strikes of a writer: worked out of the decisions that stand, never counted, so that what is undone takes its strike
back. The desk proposes by them; nothing happens by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, Protocol

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from models import Action, ActorKind, Comment, Decision, SiteSettings, Status
from models.decision import PEOPLE
from models.queries.conditions import is_judged
from service.moderation.reasons import UNLISTED, details_of, is_known

# Of a writer's newest comments, and of those that they have withdrawn: strikes lapse, and nobody waits for more.
MOST_COMMENTS, MOST_WITHDRAWN = 500, 100

Proposal = Literal["warn", "hold", "ban"]
_COLUMNS = ("id", "comment_id", "version_n", "action", "actor_kind", "job_id", "reason", "undoes", "created_at")


class Judged(Protocol):
    """What a strike goes by of a decision."""

    @property
    def id(self) -> str: ...
    @property
    def comment_id(self) -> str: ...
    @property
    def version_n(self) -> int: ...
    @property
    def action(self) -> str: ...
    @property
    def actor_kind(self) -> ActorKind: ...
    @property
    def job_id(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def undoes(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Strike:
    """A refusal that counts. `weight`: how many strikes; `lapses_at`: from when on it counts no more."""

    comment_id: str
    reason: str | None
    weight: int
    at: datetime
    lapses_at: datetime


def strikes_of(session: Session, chain_ids: Collection[str], settings: SiteSettings, now: datetime) -> list[Strike]:
    """The strikes in force of a writer with these chains, newest first."""
    theirs = Comment.chain_id.in_(chain_ids)
    newest = select(Comment.id).where(theirs, is_judged()).order_by(Comment.id.desc()).limit(MOST_COMMENTS).subquery()
    gone = (
        select(Comment.id)
        .where(theirs, Comment.status == Status.WITHDRAWN)
        .order_by(Comment.id.desc())
        .limit(MOST_WITHDRAWN)
        .subquery()
    )
    ids = list(session.scalars(union_all(select(newest.c.id), select(gone.c.id))))
    if not ids:
        return []
    rows = session.execute(
        select(*(getattr(Decision, name) for name in _COLUMNS))
        .where(Decision.comment_id.in_(ids))
        .order_by(Decision.comment_id, Decision.revision)
    ).all()
    return strikes_in(rows, settings, now)


def strikes_in(decisions: Iterable[Judged], settings: SiteSettings, now: datetime) -> list[Strike]:
    """The strikes in force, newest first. `decisions`: all of each comment together, first to last."""
    found: list[Strike] = []
    for comment_id, line in groupby(decisions, key=lambda made: made.comment_id):
        for made in _standing(list(line)).values():
            code = made.reason or ""
            details = details_of(settings, code) if is_known(settings, code) else UNLISTED
            lapses_at = made.created_at + timedelta(days=details.days)
            if details.strikes and lapses_at > now:
                found.append(Strike(comment_id, made.reason, details.strikes, made.created_at, lapses_at))
    return sorted(found, key=lambda strike: strike.at, reverse=True)


def proposed(strikes: Iterable[Strike], settings: SiteSettings, done: Collection[str] = ()) -> Proposal | None:
    """What the desk proposes at so many strikes: the gravest step reached, unless it or a graver one is `done`."""
    count = sum(strike.weight for strike in strikes)
    ladder = settings.strikes
    steps: tuple[tuple[Proposal, int], ...] = (("ban", ladder.ban), ("hold", ladder.hold), ("warn", ladder.warn))
    for step, least in steps:
        if step in done:
            return None
        if least and count >= least:
            return step
    return None


def _standing(line: list[Judged]) -> Mapping[int, Judged]:
    """Version -> the refusal by a person that stands on it. What a job did, nobody has read for itself."""
    cancelled: set[str] = set()
    for made in reversed(line):
        if made.undoes is not None and made.id not in cancelled:
            cancelled.add(made.undoes)
    found: dict[int, Judged] = {}
    for made in line:
        if made.id in cancelled or made.undoes is not None or made.actor_kind not in PEOPLE:
            continue
        if made.action in (Action.REJECT, Action.SPAM):
            if made.job_id is None:
                found[made.version_n] = made
        elif made.action in (Action.APPROVE, Action.PENDING):
            found.pop(made.version_n, None)
    return found
