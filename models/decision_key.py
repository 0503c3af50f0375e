from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id

# How long the first answer to a repeated request for decisions is kept.
DECISION_KEY_LIFE = timedelta(hours=24)


class DecisionKey(Base):
    """An idempotency key of a request for decisions, as a hash, with a digest of the body and what came of it."""

    __tablename__ = "decision_key"
    __table_args__ = (Index("ix_decision_key_actor_id_created_at", "actor_id", "created_at"),)

    # A moderator or an API key.
    actor_id: Mapped[str] = mapped_column(Id, primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    # One an item: what it became, or its problem document.
    outcomes: Mapped[list[Any]]
    created_at: Mapped[datetime]
