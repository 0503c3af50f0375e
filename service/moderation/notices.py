"""One mail a writer and job, however many of their comments a repair brings back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models import Comment, Decision, Delivery, DeliveryKind, DeliveryState, Job, new_id
from service.moderation.moves import Move


def bring_news_once(session: Session, job: Job, moves: Sequence[Move], now: datetime) -> int:
    """Tells writers that a comment of theirs is up: those who asked for it and have proven it, once each; how many.

    Nobody hears that something was taken down by the thousand, and nobody is asked to prove anything.
    """
    first = [
        move.standing.id
        for move in moves
        if move.after.published_version is not None and not move.standing.was_published
    ]
    if not first:
        return 0
    asked = session.execute(
        select(Comment.id, Comment.chain_id)
        .where(Comment.id.in_(first), Comment.wants_notify, Comment.proven.is_not(None))
        .order_by(Comment.id)
    ).all()
    by_chain: dict[str, str] = {}
    for comment_id, chain_id in asked:
        by_chain.setdefault(chain_id, comment_id)
    told = set(
        session.scalars(
            select(Comment.chain_id)
            .join(Delivery, Delivery.comment_id == Comment.id)
            .join(Decision, Decision.comment_id == Comment.id)
            .where(
                Comment.chain_id.in_(by_chain),
                Decision.job_id == job.id,
                Delivery.kind == DeliveryKind.DECIDED,
                Delivery.created_at >= job.created_at,
            )
        )
    )
    rows = [
        {
            "id": new_id(),
            "site_id": job.site_id,
            "comment_id": comment_id,
            "kind": DeliveryKind.DECIDED,
            "state": DeliveryState.WAITING,
            "attempts": 0,
            "next_at": now,
            "created_at": now,
        }
        for chain_id, comment_id in by_chain.items()
        if chain_id not in told
    ]
    if rows:
        session.execute(insert(Delivery), rows)
    return len(rows)
