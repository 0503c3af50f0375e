"""Rows as they stand in the database now."""

from sqlalchemy import select

from models import Comment, Decision, Thread
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
