"""What goes in and out of the queue over HTTP. Only the answer that reveals an address has a place for one."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from models import Status
from models.queries.queue_filter import QueueOrder
from service.desk.surroundings.types import AlikeView, Conversation, NoteworthyView, SaidWrongView
from service.desk.types import (
    Age,
    AnyId,
    AppealView,
    By,
    Cursor,
    DecisionView,
    JudgedStatus,
    Key,
    Line,
    MaybeId,
    MessageView,
    Note,
    QueueItem,
    ReportSeen,
    RuleName,
    SetAsideView,
    Slug,
)


class QueueAnswer(Struct, frozen=True):
    """`total` is exact; with `total_is` `at_least` there are more, which are not counted: 10,000 at most are."""

    comments: list[QueueItem]
    total: int
    next_cursor: str | None
    total_is: Literal["exact", "at_least"] = "exact"


class OutcomeView(Struct, frozen=True, kw_only=True):
    """What became of one item: a decision, or a problem document (`title`, `status` as a number, `code`)."""

    status: Status | int
    decision_id: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    decided: dict[str, Any] | UnsetType = UNSET
    lease: dict[str, Any] | UnsetType = UNSET
    current: dict[str, Any] | UnsetType = UNSET


class DecidedItem(OutcomeView, frozen=True, kw_only=True):
    """A decision, or the problem document that says why there is none."""

    comment_id: str
    errors: list[dict[str, str]] | UnsetType = UNSET


class DecisionsAnswer(Struct, frozen=True):
    decisions: list[DecidedItem]


class UndoneItem(OutcomeView, frozen=True, kw_only=True):
    """A decision taken back, or the problem document that says why not. `undoes`: the decision that was asked for."""

    undoes: str
    comment_id: str | UnsetType = UNSET


class UndoneAnswer(Struct, frozen=True):
    decisions: list[UndoneItem]


class UndoAnswer(Struct, frozen=True):
    comment_id: str
    decision_id: str
    status: Status
    revision: int


class VersionView(Struct, frozen=True):
    n: int
    text: str
    html: str
    status: Status
    created_at: datetime
    # The version whose text this is without a passage that the editors removed.
    redacts: int | None = None
    # Its text is for moderators alone, and empty here: the editors have removed a passage from it since.
    withheld: bool = False


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

    `versions`: the newest 20 of `versions_total`, and the one that is up; `decisions`: the newest 100. Oldest first.
    `form`: with `bans` and `address_banned`, if a ban meets it, for administrators only.
    `times_aside`: the last 20 times that it was held or escalated, oldest first.
    `messages`: what was written to its writer, oldest first. `reports`: what is open first, then the newest, 100 at
    most; `appeals`: oldest first.
    `receipt_revoked_at`: since when its writer cannot come in by the receipt any more; null while they can.
    `conversation`: what stands around it; `same_text`: what people decided on the same text elsewhere; `noteworthy`:
    what else was done about it; `said_wrong`: findings that somebody has said to be wrong here.
    """

    published_version: int | None
    parent: ParentView | None
    versions: list[VersionView]
    versions_total: int
    decisions: list[DecisionView]
    form: dict[str, Any]
    earlier: list[EarlierView]
    receipt_revoked_at: datetime | None
    conversation: Conversation
    same_text: list[AlikeView]
    noteworthy: list[NoteworthyView]
    said_wrong: list[SaidWrongView]
    times_aside: list[SetAsideView] = []
    featured: bool = False
    pinned: bool = False
    messages: list[MessageView] = []
    reports: list[ReportSeen] = []
    appeals: list[AppealView] = []


class RevealAnswer(Struct, frozen=True):
    comment_id: str
    email: str


class ReporterAnswer(Struct, frozen=True):
    """Who said that a comment is illegal. `email` is null where none was given."""

    report_id: str
    name: str | None
    email: str | None


class ReceiptRevoked(Struct, frozen=True):
    comment_id: str
    receipt_revoked_at: datetime


class JudgedAgain(Struct, frozen=True):
    """`received`: it waits for the rules, at this revision."""

    comment_id: str
    decision_id: str
    status: Status
    revision: int


class RequeuedAnswer(Struct, frozen=True):
    """`leased`: others are looking at them; `more`: ask once more."""

    queued: int
    leased: int
    more: bool


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


# So many stories at once are a watch list.
THREADS_MOST = 20
QueueFilterName = Literal["unreviewed", "dead", "held", "escalated", "for_me", "reported", "appealed", "unanswered"]
ActionName = Literal["approve", "reject", "spam", "pending", "keep"]


class QueueNarrowing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which comments: fields that are absent or empty don't narrow. Without `status` and `filter`: what waits.

    `status` `any`: whatever became of them. `cluster`: near copies of each other; without `status`, whatever became of
    them. `thread`: a story by its key, or several. `writer`: the id of a comment, for all that are proven to be by its
    writer. `younger` and `older` than `90m`, `12h`, `2d`. `order` `decided`: by the last decision, newest first;
    `nearest`: by how near it came to being held, which only `filter` `unreviewed` with `status` `approved` has.
    `reported`: what readers have reported, `appealed`: what writers appeal for, and nobody has settled.
    `unanswered`: readers' published questions, in threads of questions, that the newsroom has not answered.
    `held`, `escalated`: what was taken from the list that all share, due first; `for_me`: what of it names the caller.
    """

    site: Slug = ""
    status: JudgedStatus | Literal["any"] | None = None
    filter: QueueFilterName | None = None
    q: Annotated[str, Meta(max_length=200)] = ""
    rule: RuleName = ""
    section: Line = ""
    thread: Key | Annotated[list[Key], Meta(max_length=THREADS_MOST)] = ""
    writer: MaybeId = ""
    younger: Age = ""
    older: Age = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    cluster: MaybeId = ""
    order: QueueOrder = "priority"


class QueueQuery(QueueNarrowing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class DecisionItem(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    comment_id: AnyId
    action: ActionName
    reason: Annotated[str, Meta(max_length=40)] | None = None
    note: Note | None = None
    expected_revision: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class DecisionsBody(Struct, frozen=True, forbid_unknown_fields=True):
    decisions: Annotated[list[DecisionItem], Meta(min_length=1, max_length=500)]


class UndoBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of decisions; of several on one comment the newest first."""

    decisions: Annotated[list[AnyId], Meta(min_length=1, max_length=100)]


class RevealBody(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500, pattern=r"\S[\s\S]+\S")]


class RevokeReceiptBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` stands in the trail."""

    reason: Annotated[str, Meta(max_length=500, pattern=r"\S[\s\S]+\S")]


class DeadLettersBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a site: on all sites where the caller moderates."""

    site: Slug = ""


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    site: Slug = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""
