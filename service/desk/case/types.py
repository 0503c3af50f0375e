"""What goes in and out over HTTP where more is done with a comment than deciding it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from models import JobState, Status
from service.desk.types import By, Cursor, Id, MaybeId, Note
from service.moderation.jobs.report import Repaired

AlikeAction = Literal["approve", "reject", "spam"]


class ClusterBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision for all near copies of each other. `dry_run` counts and changes nothing; say false to have it done.

    `decided`: also those that people have decided. `future`: copies that come within 24 hours are decided the same; an
    approval holds for the very text of `comment_id` alone, and needs the `version` of it that was read. `as_of`: what
    the count answered; an approval needs it.
    """

    action: AlikeAction
    dry_run: bool = True
    reason: Annotated[str, Meta(max_length=40)] | None = None
    note: Note | None = None
    decided: bool = False
    future: bool = False
    comment_id: MaybeId = ""
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    as_of: Id | None = None


class ClusterAnswer(Struct, frozen=True, kw_only=True):
    """`statuses`: how the copies stand now. `counts`: what would change or has changed; `decided`: ids of the first
    that people have decided. `job`: what does it, to be asked after, and undone, by its id; `state` of it."""

    cluster: str
    dry_run: bool
    complete: bool
    statuses: dict[Status, int]
    counts: Repaired
    decided: list[str] = []
    as_of: str | None = None
    job: str | None = None
    state: JobState | None = None


class StandingQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor = ""


class StandingView(Struct, frozen=True, kw_only=True):
    """What somebody decided for copies still to come. `cluster`: the first of the copies, a comment's id."""

    id: str
    cluster: str
    action: str
    reason: str | None
    by: By
    created_at: datetime
    until: datetime


class StandingAnswer(Struct, frozen=True):
    standing_decisions: list[StandingView]
    next_cursor: str | None


class WrongBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding of the comment's current text, as its case names it, and why it is wrong there."""

    rule: Annotated[str, Meta(min_length=1, max_length=60)]
    field: Annotated[str, Meta(max_length=20)] | None = None
    start: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    end: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class WrongView(Struct, frozen=True, kw_only=True):
    """A finding said to be wrong. `words`: what the rule marked, as it was typed; empty where it marks nothing."""

    id: str
    comment_id: str
    rule: str
    words: str
    field: str | None
    start: int | None
    end: int | None
    note: str
    by: By
    policy_version: str | None
    created_at: datetime


class WrongQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor = ""


class WrongAnswer(Struct, frozen=True):
    wrong_findings: list[WrongView]
    next_cursor: str | None
