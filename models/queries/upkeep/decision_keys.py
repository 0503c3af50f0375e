"""Idempotency keys of decisions that are too old, an index's stretch an actor."""

from datetime import datetime

from sqlalchemy import Select, func, select

from models.decision import DecisionKey


def actors_with_old_keys(before: datetime) -> Select[str]:
    """Everybody whose oldest key is from `before` or earlier: a step in an index each."""
    first = select(func.min(DecisionKey.actor_id).label("found")).cte("steps", recursive=True)
    following = select(func.min(DecisionKey.actor_id)).where(DecisionKey.actor_id > first.c.found).correlate(first)
    steps = first.union_all(select(following.scalar_subquery()).where(first.c.found.is_not(None)))
    oldest = select(func.min(DecisionKey.created_at)).where(DecisionKey.actor_id == steps.c.found).correlate(steps)
    return select(steps.c.found).where(steps.c.found.is_not(None), oldest.scalar_subquery() <= before)


def old_keys_of(actor_id: str, before: datetime) -> Select[bytes]:
    """An actor's keys from `before` or earlier, the oldest first."""
    return (
        select(DecisionKey.lookup)
        .where(DecisionKey.actor_id == actor_id, DecisionKey.created_at <= before)
        .order_by(DecisionKey.created_at)
    )
