"""What goes in and out over HTTP of words and domains that are chosen beside a comment for the policy."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from models import EntryKind, EntryState, Status
from service.desk.types import AnyId, Cursor

Text = Annotated[str, Meta(min_length=1, max_length=2000)]


class EntryBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text`: what was selected; of a domain also a whole address. `comment_id`: where."""

    kind: EntryKind
    text: Text
    comment_id: AnyId | None = None


class EntryChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: "observe" (found and shown, no effect), "on", or "decline" (only what is not in the policy)."""

    to: Literal["observe", "on", "decline"]


class EntriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class CaughtQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: EntryKind
    text: Text
    days: Annotated[int, Meta(ge=1, le=30)] = 7


class EntryView(Struct, frozen=True, kw_only=True):
    """`policy_version`: the one that last changed because of it; null while none has."""

    id: str
    kind: EntryKind
    text: str
    state: EntryState
    comment_id: str | None
    policy_version: int | None
    by: str | None
    created_at: datetime
    changed_by: str | None
    changed_at: datetime | None


class EntriesAnswer(Struct, frozen=True):
    entries: list[EntryView]
    next_cursor: str | None


class CaughtExample(Struct, frozen=True, kw_only=True):
    """`text`: a part of the comment; `start` and `end`: code points into it, of what was found there (0 and 0 where it
    was found in the name or website)."""

    comment_id: str
    name: str
    text: str
    status: Status
    start: int
    end: int


class CaughtAnswer(Struct, frozen=True, kw_only=True):
    """What the entry alone would have found: in how many of the comments `looked_at`, by how they stand now. Without
    `complete` there are more than could be looked at in a moment."""

    days: int
    looked_at: int
    found: int
    by_status: dict[Status, int]
    complete: bool
    examples: list[CaughtExample]


class NewEntry(EntryView, frozen=True, kw_only=True):
    caught: CaughtAnswer
