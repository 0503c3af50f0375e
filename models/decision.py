from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    DDL,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    cast,
    event,
    literal_column,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.comment import Status
from models.database.base import Base, EnumText, Id


class Action(StrEnum):
    """What a move does; what it makes of the status depends on where the comment stands (`ALLOWED`)."""

    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    PENDING = "pending"
    KEEP = "keep"  # seen and fine: nothing moves, but somebody has looked
    REDACT = "redact"  # a passage is cut out of its text; the comment stays where it is
    UNDO = "undo"
    REJUDGE = "rejudge"  # no worker could judge it: the rules are to try again
    EDIT = "edit"  # the writer's own, as is the next one
    WITHDRAW = "withdraw"


# Every move that a comment can make: from where, to where, and what makes it. One that is not here is a bug in whoever
# asks for it, and writing it raises. Only an edit, and judging a dead letter again, lead back to `received`; nothing
# leads away from `withdrawn`, and nothing leads to `erased`.
ALLOWED: dict[Status, dict[Status, frozenset[Action]]] = {
    Status.RECEIVED: {
        # Edited once more before anybody judged it, or seen by a person who left the verdict to the rules.
        Status.RECEIVED: frozenset({Action.EDIT, Action.KEEP}),
        # Taken back: that somebody had seen it. What nobody has judged goes to a person.
        Status.PENDING: frozenset({Action.PENDING, Action.UNDO}),
        # Refused: an edit. The approved text before it stays up.
        Status.APPROVED: frozenset({Action.APPROVE, Action.REJECT, Action.SPAM}),
        Status.REJECTED: frozenset({Action.REJECT}),
        Status.SPAM: frozenset({Action.SPAM}),
        Status.WITHDRAWN: frozenset({Action.WITHDRAW}),
    },
    Status.PENDING: {
        Status.RECEIVED: frozenset({Action.EDIT, Action.REJUDGE}),
        Status.PENDING: frozenset({Action.PENDING, Action.KEEP, Action.REDACT, Action.UNDO}),
        # Refused: an edit that waited, as above.
        Status.APPROVED: frozenset({Action.APPROVE, Action.REJECT, Action.SPAM, Action.UNDO}),
        Status.REJECTED: frozenset({Action.REJECT, Action.UNDO}),
        Status.SPAM: frozenset({Action.SPAM, Action.UNDO}),
        Status.WITHDRAWN: frozenset({Action.WITHDRAW}),
    },
    Status.APPROVED: {
        Status.RECEIVED: frozenset({Action.EDIT}),
        Status.PENDING: frozenset({Action.PENDING, Action.UNDO}),
        Status.APPROVED: frozenset({Action.APPROVE, Action.KEEP, Action.REDACT, Action.UNDO}),
        Status.REJECTED: frozenset({Action.REJECT, Action.UNDO}),
        Status.SPAM: frozenset({Action.SPAM, Action.UNDO}),
        Status.WITHDRAWN: frozenset({Action.WITHDRAW}),
    },
    # What a person has refused, an edit does not bring back past them.
    Status.REJECTED: {
        Status.PENDING: frozenset({Action.PENDING, Action.UNDO}),
        Status.APPROVED: frozenset({Action.APPROVE, Action.UNDO}),
        Status.REJECTED: frozenset({Action.REJECT, Action.KEEP, Action.REDACT, Action.UNDO}),
        Status.SPAM: frozenset({Action.SPAM, Action.UNDO}),
        Status.WITHDRAWN: frozenset({Action.WITHDRAW}),
    },
    Status.SPAM: {
        # While its receipt still reads "waiting", its writer can edit it as if it did.
        Status.RECEIVED: frozenset({Action.EDIT}),
        Status.PENDING: frozenset({Action.PENDING, Action.UNDO}),
        Status.APPROVED: frozenset({Action.APPROVE, Action.UNDO}),
        Status.REJECTED: frozenset({Action.REJECT, Action.UNDO}),
        Status.SPAM: frozenset({Action.SPAM, Action.KEEP, Action.REDACT, Action.UNDO}),
        Status.WITHDRAWN: frozenset({Action.WITHDRAW}),
    },
    Status.WITHDRAWN: {},
    Status.ERASED: {},
}


class ActorKind(StrEnum):
    POLICY = "policy"
    MODERATOR = "moderator"
    API_KEY = "api_key"
    AUTHOR = "author"
    SYSTEM = "system"


# Who is a person: also a program, which answers to somebody.
PEOPLE = (ActorKind.MODERATOR, ActorKind.API_KEY)

# What they decided with the text before them. As it stands in the index: a query has to say the same words for SQLite
# to use it.
BY_PEOPLE = "actor_kind IN ('moderator', 'api_key') AND job_id IS NULL"


# The names of the rules that found something, as an array. As it stands in the index, too.
RULES_FOUND = "jsonb_path_query_array(findings, '$[*].\"rule\"')"


class Decision(Base):
    """One move of one comment, appended and never changed: who, from, to, why, by which policy, on which facts."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_comment_id_id", "comment_id", "id"),
        # Few decisions are made by jobs: the others cost nothing here.
        Index(
            "ix_decision_job_id",
            "job_id",
            "comment_id",
            sqlite_where=text("job_id IS NOT NULL"),
            postgresql_where=text("job_id IS NOT NULL"),
        ),
        # What a version of a policy has decided, to be undone or judged anew.
        Index(
            "ix_decision_site_id_policy_version",
            "site_id",
            "policy_version",
            "comment_id",
            sqlite_where=text("policy_version IS NOT NULL"),
            postgresql_where=text("policy_version IS NOT NULL"),
        ),
        # What came to a status lately.
        Index("ix_decision_to_status", "site_id", "to_status", "id"),
        # What people decided is a small part, and what the classifier learns from.
        Index("ix_decision_people", "site_id", "id", sqlite_where=text(BY_PEOPLE), postgresql_where=text(BY_PEOPLE)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    version_n: Mapped[int]
    # The comment's revision after this move.
    revision: Mapped[int]
    action: Mapped[str] = mapped_column(String(20))
    from_status: Mapped[Status] = mapped_column(EnumText(Status))
    to_status: Mapped[Status] = mapped_column(EnumText(Status))
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    policy_version: Mapped[str | None] = mapped_column(String(40))
    score: Mapped[float | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # The decision this one takes back, and what the comment showed before, so that an undo can restore it.
    undoes: Mapped[str | None] = mapped_column(Id)
    published_before: Mapped[int | None]
    # The job that made it among many others: nobody has read the comment for it.
    job_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]


_NOT_ENDED = "ended_at IS NULL"


class StandingDecision(Base):
    """What somebody decided for copies that are still to come: the worker honours it while it is in force.

    A copy has the same fingerprint, or a sketch as near as those of one cluster are. Both are dropped once it is over:
    they were made from a text.
    """

    __tablename__ = "standing_decision"
    __table_args__ = (
        Index(
            "ix_standing_decision_in_force",
            "site_id",
            "id",
            sqlite_where=text(_NOT_ENDED),
            postgresql_where=text(_NOT_ENDED),
        ),
        Index(
            "ix_standing_decision_job_id",
            "job_id",
            sqlite_where=text("job_id IS NOT NULL"),
            postgresql_where=text("job_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    # The first of the copies, by which their cluster is named.
    first_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    sketch: Mapped[bytes | None] = mapped_column(LargeBinary(96))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))
    # Who decided, and the job that decided the copies there were.
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(Id)
    job_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Id)


# PostgreSQL's alone, since SQLite has no index for arrays, and beside the table, where new migrations are not made to
# bring it to SQLite.
_INDEX_OF_RULES: Any = DDL(  # type: ignore[no-untyped-call]
    f"CREATE INDEX ix_decision_rules ON decision USING gin (({RULES_FOUND}) jsonb_path_ops)"
)
event.listen(Decision.__table__, "after_create", _INDEX_OF_RULES.execute_if(dialect="postgresql"), propagate=True)


def names_rule(rule: str, dialect: str) -> ColumnElement[bool]:
    """Whether a decision has a finding of the rule; read off an index on PostgreSQL."""
    if dialect == "postgresql":
        return literal_column(RULES_FOUND, JSONB).contains([rule])
    findings = cast(Decision.findings, Text)
    return or_(*(findings.contains(f'"rule":{gap}"{rule}"', autoescape=True) for gap in ("", " ")))


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


class AsideKind(StrEnum):
    HELD = "held"
    ESCALATED = "escalated"


class EscalateTo(StrEnum):
    """Whom a newsroom asks."""

    EDITOR = "editor"
    LEGAL = "legal"
    LEAD = "lead"


# Conditions of indexes: a query has to say the same words for SQLite to use one.
OPEN = "ended_at IS NULL"
OPEN_FOR_SOMEBODY = "ended_at IS NULL AND for_id IS NOT NULL"
OPEN_UNTIL = "ended_at IS NULL AND kind = 'held' AND due_at IS NOT NULL"
# The `rank` of what is due at no time: it comes last.
NEVER = -999_999_999


class SetAside(Base):
    """That a comment which waits was taken from the common list: held for a while or for somebody, or escalated.

    While `ended_at` is empty, it is; of a comment one row at most. It stays when that is over, as a part of what became
    of the comment; the comment's status and revision know nothing of it.
    """

    __tablename__ = "set_aside"
    __table_args__ = (
        Index("ix_set_aside_open", "comment_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_set_aside_comment_id_id", "comment_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kind: Mapped[AsideKind] = mapped_column(EnumText(AsideKind))
    # Whom an escalation asks.
    asked: Mapped[EscalateTo | None] = mapped_column(EnumText(EscalateTo))
    # The moderator who is to look at it.
    for_id: Mapped[str | None] = mapped_column(Id, ForeignKey("moderator.id"))
    note: Mapped[str | None] = mapped_column(Text)
    # When what is held comes back by itself, and by when an escalation should be answered.
    due_at: Mapped[datetime | None]
    # The order of its lists: what is due first has the highest. Minutes since 1970, below nothing.
    rank: Mapped[int] = mapped_column(default=NEVER)
    by_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    by_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    # By whom (`system`: its time was up), by which decision if by one, and what was answered.
    ended_at: Mapped[datetime | None]
    ended_kind: Mapped[ActorKind | None] = mapped_column(EnumText(ActorKind))
    ended_by: Mapped[str | None] = mapped_column(Id)
    decision_id: Mapped[str | None] = mapped_column(Id)
    answer: Mapped[str | None] = mapped_column(Text)


def rank_of(due_at: datetime | None) -> int:
    """The rank of what is due then."""
    return NEVER if due_at is None else -int(due_at.timestamp() // 60)


# As the lists have them.
Index(
    "ix_set_aside_queue",
    SetAside.site_id,
    SetAside.kind,
    SetAside.rank.desc(),
    SetAside.comment_id,
    sqlite_where=text(OPEN),
    postgresql_where=text(OPEN),
)
Index(
    "ix_set_aside_for",
    SetAside.for_id,
    SetAside.site_id,
    SetAside.rank.desc(),
    SetAside.comment_id,
    sqlite_where=text(OPEN_FOR_SOMEBODY),
    postgresql_where=text(OPEN_FOR_SOMEBODY),
)
# What comes back by itself, for the sweep.
Index("ix_set_aside_due", SetAside.due_at, sqlite_where=text(OPEN_UNTIL), postgresql_where=text(OPEN_UNTIL))
