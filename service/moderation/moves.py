"""What a decision does to a comment: pure, and the same for machine and people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from models import ALLOWED, ActorKind, Status


class Action(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    PENDING = "pending"
    KEEP = "keep"  # seen and fine: nothing moves, but somebody has looked
    UNDO = "undo"
    WITHDRAW = "withdraw"  # the author's own


TO: dict[Action, Status] = {
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.SPAM: Status.SPAM,
    Action.PENDING: Status.PENDING,
}
REFUSALS = frozenset({Status.REJECTED, Status.SPAM})


class Standing(Struct, frozen=True):
    """How a comment stands before a move. Whoever reads one selects `record.STANDING`, which goes by these fields."""

    id: str
    site_id: str
    thread_id: str
    status: Status
    revision: int
    current_version: int
    published_version: int | None
    was_published: bool
    priority: int
    created_at: datetime
    # Whether its writer asked for mail that proves the comment and has not proven it.
    wants_proof: bool

    @property
    def edit(self) -> bool:
        """Whether what waits for a judge is an edit of a text that is up.

        Only then can a comment be both waiting and published: taking one down empties `published_version`.
        """
        return self.status in (Status.RECEIVED, Status.PENDING) and self.published_version is not None


class After(Struct, frozen=True):
    """How it stands after. `version_n` was judged and got `version_status`."""

    status: Status
    published_version: int | None
    version_n: int
    version_status: Status


def after(standing: Standing, to: Status) -> After:
    """What judging the comment `to` (pending, approved, rejected, spam) makes of it.

    An edit never inherits an approval: the approved text stays up while the new one is judged, and rejecting
    the edit leaves the old one up. Refusing or holding anything else takes it down.
    """
    current = standing.current_version
    if to is Status.APPROVED:
        return After(Status.APPROVED, current, current, Status.APPROVED)
    if standing.edit:
        status = Status.PENDING if to is Status.PENDING else Status.APPROVED
        return After(status, standing.published_version, current, to)
    # What is taken down is what was up; beside it there may be an edit that was refused before.
    return After(to, None, standing.published_version or current, to)


def kept(standing: Standing) -> After:
    """Seen and fine: all stays as it is, also of an edit that waits and of the text that is up meanwhile."""
    judged = standing.current_version if standing.edit else standing.published_version or standing.current_version
    return After(standing.status, standing.published_version, judged, standing.status)


def allowed(standing: Standing, to: Status) -> bool:
    """Whether the table of moves knows this one."""
    return to in ALLOWED[standing.status]


class Cause(Struct, frozen=True):
    """Who moves it, and why. For a policy: its version, score, findings and the facts it was given."""

    action: Action
    kind: ActorKind
    actor_id: str | None = None
    reason: str | None = None
    note: str | None = None
    policy_version: str | None = None
    score: float | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    undoes: str | None = None
    # The job that makes this move among many: then nobody has read the comment for it.
    job_id: str | None = None


class Move(Struct, frozen=True):
    """One move of one comment, ready to be written. `decision_id` is new."""

    decision_id: str
    standing: Standing
    after: After
    cause: Cause
    # The comment goes to a person because no worker could judge it.
    dead: bool = False

    @property
    def revision(self) -> int:
        """The comment's revision after the move."""
        return self.standing.revision + 1

    @property
    def was_published(self) -> bool:
        """Whether the comment has ever been visible, after the move."""
        return self.standing.was_published or self.after.published_version is not None

    @property
    def first_appearance(self) -> bool:
        """Whether the comment becomes visible for the first time."""
        return self.was_published and not self.standing.was_published

    @property
    def standing_after(self) -> Standing:
        """How the comment stands once the move is written."""
        return replace(
            self.standing,
            status=self.after.status,
            revision=self.revision,
            published_version=self.after.published_version,
            was_published=self.was_published,
        )

    @property
    def by_person(self) -> bool:
        return self.cause.kind in (ActorKind.MODERATOR, ActorKind.API_KEY) and self.cause.job_id is None

    @property
    def visible(self) -> bool:
        """Whether the public sees something else than before."""
        return self.after.published_version != self.standing.published_version

    @property
    def published_delta(self) -> int:
        """What it does to the thread's number of published comments: -1, 0 or 1."""
        return (self.after.published_version is not None) - (self.standing.published_version is not None)
