from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind


class JobKind(StrEnum):
    REHEARSAL = "rehearsal"
    REPAIR = "repair"
    UNDO = "undo"
    WRITER = "writer"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """Work over many comments, done in the background chunk by chunk; each chunk is committed with how far it came."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_next_at", "state", "next_at"),
        Index("ix_job_site_id_id", "site_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kind: Mapped[JobKind] = mapped_column(EnumText(JobKind))
    state: Mapped[JobState] = mapped_column(EnumText(JobState), default=JobState.WAITING)
    # Who asked for it: what it decides is theirs.
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(Id)
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The last comment id that is done; a worker that takes over goes on after it.
    cursor: Mapped[str] = mapped_column(Id, default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    # What it has found out or done so far.
    tally: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What people said of the cases of a rehearsal: comment id -> "publish" or "stop".
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # How often a chunk has failed or its worker was lost since the last chunk that was committed.
    attempts: Mapped[int] = mapped_column(default=0)
    # From when a worker may take it: while one is at it, when it counts as lost.
    next_at: Mapped[datetime]
    # Counts takings: a worker that was given up must not write after its successor.
    claim: Mapped[int] = mapped_column(default=0)
    # Why it failed: a code of ours.
    outcome: Mapped[str | None] = mapped_column(String(60))
    undoes: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
