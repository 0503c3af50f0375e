from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id


class ClassifierState(StrEnum):
    CANDIDATE = "candidate"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    # Switched off by hand: while there is one, none comes in force by itself.
    OFF = "off"


class ClassifierVersion(Base):
    """A classifier trained on a site's own decisions. One at most is in force; a candidate was not better than it."""

    __tablename__ = "learned_model"
    __table_args__ = (
        Index(
            "uq_learned_model_in_force",
            "site_id",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[ClassifierState] = mapped_column(EnumText(ClassifierState))
    # Data, no pickle: numbers by hashed n-gram, no word of any comment.
    document: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    # SHA-256 of the document in hexadecimal.
    checksum: Mapped[str] = mapped_column(String(64))
    # Decisions it learned from, by kind, and the newest of them: what came later is fresh to it.
    published: Mapped[int]
    stopped: Mapped[int]
    last_decision_id: Mapped[str] = mapped_column(Id)
    # What it did with decisions held back from training, and what the one in force did with the same.
    measured: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The stated share of good comments that it may hold, and the probability that stands for it.
    false_alarms: Mapped[float]
    threshold: Mapped[float]
    trained_at: Mapped[datetime]


class TrainingSchedule(Base):
    """When a site's classifier is to be trained next. Whoever moves the time on trains it."""

    __tablename__ = "learning_turn"

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    next_at: Mapped[datetime]
    # What came of the last one, as a word, and when.
    outcome: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]
