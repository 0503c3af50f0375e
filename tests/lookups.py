"""Rows as they stand in the database now."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Comment, Decision, Thread
from service.privacy.bans import PREFIX_BANS, by_prefix
from service.wiring import Services


def seen(services: Services, comment_id: str) -> Comment:
    """The comment as it stands now."""
    with services.read() as session:
        return session.get_one(Comment, comment_id)


def seen_thread(services: Services, thread_id: str) -> Thread:
    with services.read() as session:
        return session.get_one(Thread, thread_id)


def decisions(services: Services, comment_id: str) -> list[Decision]:
    """Its decisions, oldest first."""
    with services.read() as session:
        query = select(Decision).where(Decision.comment_id == comment_id).order_by(Decision.revision)
        return list(session.scalars(query))


def prefix_bans(session: Session, site_id: str, hashes: Collection[bytes], now: datetime) -> dict[bytes, list[str]]:
    """prefix hash -> ids of the bans in force that meet it, as intake finds them."""
    return by_prefix(PREFIX_BANS.found(session, {"site": site_id, "hashes": hashes, "now": now}))
