"""What moderators' tools get, as types. None of them has room for an address, but the one that reveals it."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from models import ActorKind, BanKind, ProofMethod, Status, ThreadState


class WriterView(Struct, frozen=True, kw_only=True):
    """`pseudonym` names the writer chain: two comments with the same one are proven to be by the same writer."""

    name: str
    website: str | None
    avatar: str
    badge: str | None
    pseudonym: str
    proven: bool
    proof: ProofMethod | None


class ThreadView(Struct, frozen=True, kw_only=True):
    key: str
    title: str
    url: str
    section: str | None
    tags: list[str]
    language: str | None
    mode: str | None
    state: ThreadState
    verified: bool


class FindingView(Struct, frozen=True, kw_only=True):
    """`start` and `end`: code points, half-open, into the field as typed (`text` for the body)."""

    rule: str
    version: int
    score: float
    field: str | None
    start: int | None
    end: int | None
    message: str
    # What the rule asks for whatever the sum of scores: pending, reject or spam.
    verdict: str | None = None
    observe: bool = False
    could_not_check: bool = False
    # Of a list in a language that may not be the text's: it may hold, it never helps to refuse.
    doubtful: bool = False


class LeaseView(Struct, frozen=True, kw_only=True):
    """Who is looking at it now."""

    by: str
    mine: bool
    until: datetime


class History(Struct, frozen=True, kw_only=True):
    """The writer's other comments by what became of them."""

    approved: int = 0
    rejected: int = 0
    spam: int = 0
    pending: int = 0


class QueueItem(Struct, frozen=True, kw_only=True):
    """`edit_of`: the number of the version that this text replaces, null for a first one.

    `cluster`: what near copies of each other share, to ask the queue for; `copies`: how many others there are.
    """

    id: str
    revision: int
    edit_of: int | None
    site: str
    thread: ThreadView
    parent_id: str | None
    author: WriterView
    text: str
    html: str
    # What the text was found to be written in, null where nobody asked or it can't be told; the page's is in `thread`.
    language: str | None
    status: Status
    created_at: datetime
    edited_at: datetime | None
    findings: list[FindingView]
    policy_version: str | None
    lease: LeaseView | None
    history: History
    reviewed: bool
    dead: bool
    cluster: str | None
    copies: int


class QueueAnswer(Struct, frozen=True):
    comments: list[QueueItem]
    total: int
    next_cursor: str | None


class Taken(Struct, frozen=True):
    comment_id: str
    until: datetime


class LeasesAnswer(Struct, frozen=True):
    leases: list[Taken]


class DecidedItem(Struct, frozen=True, kw_only=True):
    """A decision, or the problem document that says why there is none (`title`, `status` as a number, `code`)."""

    comment_id: str
    status: Status | int
    decision_id: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    errors: list[dict[str, str]] | UnsetType = UNSET
    decided: dict[str, Any] | UnsetType = UNSET
    lease: dict[str, Any] | UnsetType = UNSET
    current: dict[str, Any] | UnsetType = UNSET


class DecisionsAnswer(Struct, frozen=True):
    decisions: list[DecidedItem]


class UndoAnswer(Struct, frozen=True):
    comment_id: str
    decision_id: str
    status: Status
    revision: int


class By(Struct, frozen=True):
    kind: ActorKind
    name: str | None


class VersionView(Struct, frozen=True):
    n: int
    text: str
    html: str
    status: Status
    created_at: datetime


class DecisionView(Struct, frozen=True, kw_only=True):
    id: str
    version: int
    revision: int
    action: str
    from_status: Status
    to_status: Status
    by: By
    reason: str | None
    note: str | None
    policy_version: str | None
    score: float | None
    findings: list[FindingView]
    facts: dict[str, Any]
    undoes: str | None
    created_at: datetime


class ParentView(Struct, frozen=True):
    id: str
    name: str
    text: str
    status: Status
    created_at: datetime


class EarlierView(Struct, frozen=True):
    """Another comment by the same writer."""

    id: str
    text: str
    status: Status
    created_at: datetime


class Case(QueueItem, frozen=True, kw_only=True):
    """Everything a moderator may see of one comment.

    `receipt_revoked_at`: since when its writer cannot come in by the receipt any more; null while they can.
    """

    published_version: int | None
    parent: ParentView | None
    versions: list[VersionView]
    decisions: list[DecisionView]
    form: dict[str, Any]
    earlier: list[EarlierView]
    receipt_revoked_at: datetime | None


class RevealAnswer(Struct, frozen=True):
    comment_id: str
    email: str


class ReceiptRevoked(Struct, frozen=True):
    comment_id: str
    receipt_revoked_at: datetime


class AuditView(Struct, frozen=True, kw_only=True):
    id: str
    site: str | None
    by: By
    action: str
    target: str | None
    details: dict[str, Any]
    created_at: datetime


class AuditAnswer(Struct, frozen=True):
    entries: list[AuditView]
    next_cursor: str | None


class ThreadAnswer(Struct, frozen=True, kw_only=True):
    key: str
    canonical_url: str
    title: str
    section: str | None
    tags: list[str]
    language: str | None
    mode: str | None
    state: ThreadState
    verified: bool
    published: int
    pending: int
    created_at: datetime
    # Comments in the last hour; only when sorted by rate.
    rate: int | UnsetType = UNSET


class ThreadsAnswer(Struct, frozen=True):
    threads: list[ThreadAnswer]
    next_cursor: str | None


class BanView(Struct, frozen=True, kw_only=True):
    """`name`: what the banned one called himself in the comment beside which the ban was set."""

    id: str
    site: str
    kind: BanKind
    comment_id: str | None
    name: str | None
    reason: str
    by: str | None
    created_at: datetime
    expires_at: datetime | None


class BansAnswer(Struct, frozen=True):
    bans: list[BanView]
    next_cursor: str | None


class PolicyAnswer(Struct, frozen=True, kw_only=True):
    """`version` 0 is the shipped default, in force until the site has its own. `lists`: which version of each of the
    site's list files it goes by."""

    site: str
    version: int
    yaml: str
    note: str
    author: str | None
    created_at: datetime | None
    lists: dict[str, int] = {}
