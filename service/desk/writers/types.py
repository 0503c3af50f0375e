"""What goes in and out of the writers' room over HTTP. Nothing here has a place for an address."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from models import MarkKind, Status
from service.desk.types import Cursor
from service.moderation.jobs.writer_sweep import Measure, Sweep
from service.moderation.writers.strikes import Proposal

Days = Annotated[int, Meta(ge=1, le=3650)]


class WriterMarkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days`: how long; null until it is lifted. `reason`: why; of a note, the note. `apply`: what becomes of what the
    writer has here already; a hold can only hold it again, and a trust or a note does nothing to it."""

    kind: MarkKind
    days: Days | None = None
    reason: Annotated[str, Meta(max_length=1000)] = ""
    apply: Sweep | None = None


class WriterMarkView(Struct, frozen=True, kw_only=True):
    """`name`: what the writer called themselves in the comment beside which it was set. `job`: what applies it to what
    is there already, in the answer to whoever set it."""

    id: str
    site: str
    kind: MarkKind
    comment_id: str | None
    name: str | None
    reason: str
    by: str | None
    created_at: datetime
    expires_at: datetime | None
    job: str | None = None


class WriterMarksQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class WriterMarksAnswer(Struct, frozen=True):
    marks: list[WriterMarkView]
    next_cursor: str | None


class EffectQuery(Struct, frozen=True, forbid_unknown_fields=True):
    measure: Measure
    published_days: Annotated[int, Meta(ge=1, le=365)] = 7


class ExampleView(Struct, frozen=True, kw_only=True):
    comment_id: str
    name: str
    text: str
    status: Status


class EffectAnswer(Struct, frozen=True, kw_only=True):
    """`waiting`: comments that wait for a person; `published`: those of the last `published_days` days that readers
    see. Both count what the measure would meet; without `complete` there are at least so many."""

    measure: Measure
    published_days: int
    waiting: int
    published: int
    complete: bool
    examples: list[ExampleView]


class ApplyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Applies a measure that is in force, or is about to be, to what is there already."""

    measure: Measure
    apply: Sweep


class ApplyAnswer(Struct, frozen=True):
    """`job`: what does it; null where it meets nothing."""

    job: str | None


class StrikeView(Struct, frozen=True, kw_only=True):
    """A refusal that counts `weight` strikes until `lapses_at`."""

    comment_id: str
    reason: str | None
    weight: int
    at: datetime
    lapses_at: datetime


class WriterAnswer(Struct, frozen=True, kw_only=True):
    """`approved` of `judged` comments stand approved; `waiting` wait for a person. `state`: whether all of theirs is
    held or they are trusted. `strikes`: how many count now; `proposal`: what they speak for, which nobody does but a
    moderator."""

    comment_id: str
    pseudonym: str
    proven: bool
    first_seen: datetime
    approved: int
    judged: int
    waiting: int
    banned: bool
    state: Literal["hold", "trust"] | None
    marks: list[WriterMarkView]
    strikes: int
    refusals: list[StrikeView]
    proposal: Proposal | None
