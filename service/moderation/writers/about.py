"""A writer at a glance, beside one of their comments: since when, how often approved, marks, strikes. Of the chains
that are one with the comment's and nothing else: an address that somebody typed tells nothing here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import Ban, BanKind, Comment, MarkKind, Site, Status, WriterChain, WriterMark
from models.database.ids import first_id
from service.moderation.writers.marks import marks_on
from service.moderation.writers.strikes import Proposal, Strike, proposed, strikes_of
from service.privacy.chains import families

# "Lately published", where an effect is shown before it is had.
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class About:
    """`approved`, `judged`: comments that stand approved, and all that were decided, this one among them; `waiting`,
    `lately`: those that wait, and those written in the last week that are published. `marks`: newest first.
    `proposal`: what the strikes speak for."""

    chain_id: str
    first_seen: datetime
    approved: int
    judged: int
    waiting: int
    lately: int
    banned: bool
    marks: list[WriterMark]
    strikes: list[Strike]
    proposal: Proposal | None

    @property
    def strike_count(self) -> int:
        return sum(strike.weight for strike in self.strikes)

    @property
    def marked(self) -> MarkKind | None:
        """Whether all of theirs is held, or they are trusted."""
        return next((mark.kind for mark in self.marks if mark.kind is not MarkKind.NOTE), None)


def about_writer(session: Session, site: Site, comment: Comment, now: datetime) -> About:
    """What is known of the comment's writer."""
    chains = families(session, [comment.chain_id])[comment.chain_id]
    first_seen = session.scalar(select(func.min(WriterChain.created_at)).where(WriterChain.id.in_(chains)))
    counted = select(Comment.status, func.count()).where(Comment.chain_id.in_(chains)).group_by(Comment.status)
    counts: dict[Status, int] = dict(session.execute(counted).all())
    lately = session.scalar(
        select(func.count()).where(
            Comment.chain_id.in_(chains), Comment.status == Status.APPROVED, Comment.id >= first_id(now - LATELY)
        )
    )
    marks = list(session.scalars(marks_on(chains, now)))
    banned = session.scalar(
        select(Ban.id)
        .where(
            Ban.site_id == site.id,
            Ban.chain_id.in_(chains),
            # One of an address is for administrators to see, elsewhere.
            Ban.kind == BanKind.CHAIN,
            Ban.lifted_at.is_(None),
            or_(Ban.expires_at.is_(None), Ban.expires_at > now),
        )
        .limit(1)
    )
    strikes = strikes_of(session, chains, site.settings, now)
    done = {mark.kind.value for mark in marks} | ({"ban"} if banned is not None else set())
    approved = counts.get(Status.APPROVED, 0)
    return About(
        chain_id=comment.chain_id,
        first_seen=first_seen or comment.created_at,
        approved=approved,
        judged=approved + counts.get(Status.REJECTED, 0) + counts.get(Status.SPAM, 0),
        waiting=counts.get(Status.PENDING, 0),
        lately=lately or 0,
        banned=banned is not None,
        marks=marks,
        strikes=strikes,
        proposal=proposed(strikes, site.settings, done),
    )
