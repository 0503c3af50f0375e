"""What goes in and out of the desk over HTTP, as far as several of its rooms share it.

Nothing here has a place for an address.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from models import (
    ActorKind,
    AppealOutcome,
    AsideKind,
    EscalateTo,
    ProofMethod,
    ReportOutcome,
    ReportReason,
    Status,
    ThreadState,
)
from models.database.ids import ID_PATTERN


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
    # What moderators tell its readers above the comments.
    banner: str | None = None
    # Whether readers ask here and the newsroom answers.
    questions: bool = False


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


class Person(Struct, frozen=True):
    """A moderator; `name` is null for one who is not there any more."""

    id: str
    name: str | None


class By(Struct, frozen=True):
    kind: ActorKind
    name: str | None


class SetAsideView(Struct, frozen=True, kw_only=True):
    """That a comment was taken from the list that all share: `held` for later or `escalated` for an answer.

    `due_at`: when what is held comes back by itself, and by when an answer is due. While `ended_at` is null, it is set
    aside; then `ended_by` says by whom that ended (`system`: its time was up), and `ended` how.
    """

    id: str
    kind: AsideKind
    to: EscalateTo | None
    moderator: Person | None
    note: str | None
    due_at: datetime | None
    overdue: bool
    # Whether it names the caller, and whether the caller did it.
    mine: bool
    own: bool
    by: By
    created_at: datetime
    answer: str | None
    ended_at: datetime | None
    ended_by: By | None
    ended: Literal["time", "let_go", "taken_back", "answered", "decided"] | None


class ReportedNow(Struct, frozen=True, kw_only=True):
    """Open reports of a comment, and from how many networks they came."""

    reports: int
    networks: int


class ReportSeen(Struct, frozen=True, kw_only=True):
    """One reader's report, without anything of who they are.

    `version`: the text that was published then. `network`: reports of a comment with the same number came from one
    network. `counts_less`: most of what that network had reported was unfounded. `signed`: whoever said that it is
    illegal gave a name and an address, which an administrator can see. `outcome` is null while it is open.
    `taken_back`: by its reader, with all that it said. `withheld`: it is about a text of which the editors have removed
    a passage, and its words are for those who may decide.
    """

    id: str
    reason: ReportReason
    text: str | None
    law: str | None
    version: int
    network: int
    counts_less: bool
    signed: bool
    created_at: datetime
    outcome: ReportOutcome | None
    settled_at: datetime | None
    taken_back: bool
    withheld: bool


class AppealView(Struct, frozen=True, kw_only=True):
    """What a comment's writer says against the decision `against`, about the text `version`.

    `own`: that decision was the caller's; `may_settle`: the caller may settle it: somebody else's, or nobody else is
    there who could. `same_person`: it was settled by whoever had decided. `outcome` is null while it is open.
    `withheld`: as of a report.
    """

    id: str
    text: str
    version: int
    against: str
    decided_by: By
    own: bool
    may_settle: bool
    created_at: datetime
    outcome: AppealOutcome | None
    settled_at: datetime | None
    settled_by: By | None
    same_person: bool
    withheld: bool


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
    # Why it is not in the list that all share; null for what is.
    set_aside: SetAsideView | None = None
    # Reports that nobody has decided about, and since when its writer's appeal waits.
    reported: ReportedNow | None = None
    appealed_at: datetime | None = None


class MessageView(Struct, frozen=True, kw_only=True):
    """What was written to a comment's writer, who is not told by whom. `withheld`: the editors have removed a passage
    of the comment, and what was said of it is for those who may decide."""

    id: str
    text: str
    by: By
    created_at: datetime
    withheld: bool = False


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
    # The job that decided many at once.
    job: str | None = None


# At the end of a pattern: for Python's, `$` alone also stands before a last line break.
END = r"$(?!\n)"

Id = Annotated[str, Meta(pattern=f"^{ID_PATTERN}{END}")]
MaybeId = Annotated[str, Meta(pattern=f"^({ID_PATTERN})?{END}")]
# Ids inside a batch may be anything: an impossible one is answered like one that is not there.
AnyId = Annotated[str, Meta(min_length=1, max_length=64)]
Slug = Annotated[str, Meta(max_length=64)]
RuleName = Annotated[str, Meta(pattern=f"^[a-z0-9_]{{0,60}}{END}")]
Line = Annotated[str, Meta(max_length=100)]
Key = Annotated[str, Meta(max_length=512)]
Note = Annotated[str, Meta(max_length=1000)]
# BCP 47, as far as a newsroom needs it.
LanguageTag = Annotated[str, Meta(pattern=f"^[A-Za-z]{{2,3}}(-[A-Za-z0-9]{{2,8}}){{0,3}}{END}")]
Cursor = Annotated[str, Meta(max_length=60)]

# "2d", "90m": so long ago.
Age = Annotated[str, Meta(pattern=f"^([0-9]{{1,4}}[mhd])?{END}")]

JudgedStatus = Literal["pending", "approved", "rejected", "spam"]
