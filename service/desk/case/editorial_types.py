"""What goes in and out over HTTP of what the editors say and do with words."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from models import Status
from service.desk.types import Line, MessageView

Text = Annotated[str, Meta(max_length=100_000)]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ReplyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name`: under which the answer appears: the caller's own, one of the site's `staff_names`, or the site's; without
    it the first of these."""

    text: Text
    name: Annotated[str, Meta(max_length=200)] | None = None


class ReplyAnswer(Struct, frozen=True):
    """The comment that was published; undoing the decision takes it down."""

    comment_id: str
    decision_id: str
    status: Status
    revision: int


class MarksBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays as it is."""

    featured: bool | None = None
    pinned: bool | None = None


class MarksAnswer(Struct, frozen=True):
    """How it is marked now; `before`: how it was, to be sent back by whoever changes their mind."""

    comment_id: str
    featured: bool
    pinned: bool
    before: MarksBody


class RedactionBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The passage from `start` to `end`: code points, half-open, of the text of `version`, which is the newest one or
    the one that readers see."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    start: Number
    end: Number
    expected_revision: Number


class RedactionAnswer(Struct, frozen=True):
    """`version`: the number of the text without the passage; undoing the decision brings the whole one back."""

    comment_id: str
    decision_id: str
    version: int
    status: Status
    revision: int


class MessageBody(Struct, frozen=True, forbid_unknown_fields=True):
    text: Text


class MessageAnswer(Struct, frozen=True):
    comment_id: str
    message: MessageView


class SavedReplyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Kept under `name`, in place of what that name stood for."""

    name: Line
    text: Text


class SavedReplyView(Struct, frozen=True):
    id: str
    name: str
    text: str
    changed_at: datetime


class SavedRepliesAnswer(Struct, frozen=True):
    """All of a site's, by name: 100 at most."""

    saved_replies: list[SavedReplyView]
