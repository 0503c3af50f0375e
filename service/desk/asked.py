"""What moderators' tools send, as types: everything that gets past the edge has one of these."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from models import BanKind, ThreadState
from models.database.ids import ID_PATTERN
from models.queries.queue import QueueOrder

Id = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]
MaybeId = Annotated[str, Meta(pattern=f"^({ID_PATTERN})?$")]
# Ids inside a batch may be anything: an impossible one is answered like one that is not there.
AnyId = Annotated[str, Meta(min_length=1, max_length=64)]
Slug = Annotated[str, Meta(max_length=64)]
RuleName = Annotated[str, Meta(pattern="^[a-z0-9_]{0,60}$")]
Line = Annotated[str, Meta(max_length=100)]
Key = Annotated[str, Meta(max_length=512)]
Note = Annotated[str, Meta(max_length=1000)]
# BCP 47, as far as a newsroom needs it.
LanguageTag = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
# Which ones there are the site's policy says; see `service.moderation.threads.MODES`.
ThreadMode = Annotated[str, Meta(min_length=1, max_length=40)]
Cursor = Annotated[str, Meta(max_length=60)]

JudgedStatus = Literal["pending", "approved", "rejected", "spam"]
# `reported`, `appealed` and `escalated` come with reports and appeals: until then nothing could ever be found.
QueueFilterName = Literal["unreviewed", "dead"]
ActionName = Literal["approve", "reject", "spam", "pending", "keep"]


class QueueNarrowing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which comments: fields that are absent or empty don't narrow. Without `status` and `filter`: what waits.

    `cluster`: near copies of each other; without `status`, whatever became of them.
    """

    site: Slug = ""
    status: JudgedStatus | None = None
    filter: QueueFilterName | None = None
    q: Annotated[str, Meta(max_length=200)] = ""
    rule: RuleName = ""
    section: Line = ""
    thread: Key = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    cluster: MaybeId = ""
    order: QueueOrder = "priority"


class QueueQuery(QueueNarrowing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class LeaseBody(QueueNarrowing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`comment_ids`: lease these; without it: the first `limit` in the queue that nobody else holds."""

    site: Annotated[str, Meta(min_length=1, max_length=64)]
    limit: Annotated[int, Meta(ge=1, le=100)] = 1
    comment_ids: Annotated[list[AnyId], Meta(min_length=1, max_length=100)] | None = None


class DecisionItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    comment_id: AnyId
    action: ActionName
    reason: Annotated[str, Meta(max_length=40)] | None = None
    note: Note | None = None
    expected_revision: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class DecisionsBody(Struct, frozen=True, forbid_unknown_fields=True):
    decisions: Annotated[list[DecisionItem], Meta(min_length=1, max_length=100)]


class RevealBody(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500, pattern=r"\S[\s\S]+\S")]


class RevokeReceiptBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` stands in the trail."""

    reason: Annotated[str, Meta(max_length=500, pattern=r"\S[\s\S]+\S")]


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    site: Slug = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class BanBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: "chain" (the writer), "address" or "prefix" (the network). `days`: how long; null until it is lifted."""

    kind: BanKind
    days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


class BansQuery(Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class ThreadBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newsroom's word on a thread. What is absent stays as it is; null empties what may be empty."""

    key: Annotated[str, Meta(min_length=1, max_length=512)]
    canonical_url: Annotated[str, Meta(min_length=1, max_length=2000)] | UnsetType = UNSET
    title: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    section: Line | UnsetType | None = UNSET
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)] | UnsetType = UNSET
    language: LanguageTag | UnsetType | None = UNSET
    mode: ThreadMode | UnsetType | None = UNSET
    state: ThreadState | UnsetType = UNSET


class ThreadsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    sort: Literal["rate", "pending", "newest"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class PolicyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new version of the policy. `expected_version`: the one it was written from, as a fence."""

    yaml: Annotated[str, Meta(max_length=256 * 1024)]
    note: Annotated[str, Meta(max_length=500)] = ""
    expected_version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
