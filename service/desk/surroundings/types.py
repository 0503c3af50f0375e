"""What goes out of a comment's surroundings over HTTP."""

from datetime import datetime

from msgspec import Struct

from models import BanKind, Status
from service.desk.types import By


class NearbyView(Struct, frozen=True):
    """A comment near another one, in brief: the beginning of its text; nothing of an erased one."""

    id: str
    name: str
    text: str
    status: Status
    created_at: datetime


class Conversation(Struct, frozen=True, kw_only=True):
    """`above`: what it answers, outermost first. `before`, `after`: its neighbours, that answer the same; `replies`:
    what answers it. All of them oldest first; `more_replies`: there are more."""

    above: list[NearbyView]
    before: list[NearbyView]
    after: list[NearbyView]
    replies: list[NearbyView]
    more_replies: bool


class AlikeView(Struct, frozen=True, kw_only=True):
    """What a person decided on the same text elsewhere on the site; `nearly`: on a near copy of it."""

    comment_id: str
    action: str
    by: By
    mine: bool
    reason: str | None
    nearly: bool
    decided_at: datetime


class NoteworthyView(Struct, frozen=True, kw_only=True):
    """What was done about a comment or its writer besides deciding it: `comment.reveal_email`, `receipt.revoke`,
    `ban.add`; for moderators. `ban`: which kind, `until` and `ended_at` of it."""

    action: str
    by: By
    reason: str
    created_at: datetime
    ban: BanKind | None = None
    until: datetime | None = None
    ended_at: datetime | None = None


class SaidWrongView(Struct, frozen=True, kw_only=True):
    """That somebody has said a finding to be wrong here; it waits on the policy's page."""

    id: str
    rule: str
    field: str | None
    start: int | None
    end: int | None
    by: By
    note: str
    created_at: datetime
