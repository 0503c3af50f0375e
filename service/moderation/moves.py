"""What a move does to a comment: pure, and the same for machine, people and the writer. `models.ALLOWED` lists them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from models import ALLOWED, ActorKind, Status
from models import Action as Action
from moderation_rules import fingerprint, fold, sketch
from service.markup import render

TO: dict[Action, Status] = {
    Action.APPROVE: Status.APPROVED,
    Action.REJECT: Status.REJECTED,
    Action.SPAM: Status.SPAM,
    Action.PENDING: Status.PENDING,
}
REFUSALS = frozenset({Status.REJECTED, Status.SPAM})
_SETTLES = frozenset({Action.APPROVE, Action.REJECT, Action.SPAM})
# Beside the facts of a decision that took over what was found in another version: which one.
JUDGED_VERSION = "judged_version"
_CARRIED = ("language", "policy_version")
# Of these a move has no sense without a text; and an undo has one where it takes such a move back.
_NEEDS_TEXT = frozenset({Action.EDIT, Action.REDACT})
_NEW_TEXT = _NEEDS_TEXT | {Action.UNDO}
_KEPT = {Status.APPROVED: "approve", Status.REJECTED: "reject", Status.SPAM: "spam"}


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
    # Whether it was ever reported or appealed for; how many readers' reports are open, and whether an appeal is.
    complained: bool = False
    open_reports: int = 0
    appealed: bool = False

    @property
    def fresh(self) -> bool:
        """Whether nothing of it has been judged yet, nor edited."""
        return self.status is Status.RECEIVED and self.current_version == 1

    @property
    def edit(self) -> bool:
        """Whether what waits for a judge is an edit of a text that is up.

        Only then can a comment be both waiting and published: taking one down empties `published_version`.
        """
        return self.status in (Status.RECEIVED, Status.PENDING) and self.published_version is not None


class After(Struct, frozen=True):
    """How it stands after. `version_n` is the text that the move is about, and gets `version_status`."""

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


def edited(standing: Standing) -> After:
    """A new text waits for a judge, and what was up stays up until then."""
    return After(Status.RECEIVED, standing.published_version, standing.current_version + 1, Status.RECEIVED)


def requeued(standing: Standing) -> After:
    """The rules are to judge the same text again, and what was up stays up until then."""
    return After(Status.RECEIVED, standing.published_version, standing.current_version, Status.RECEIVED)


def withdrawn(standing: Standing) -> After:
    """Its writer takes it back: nothing of it is up any more."""
    return After(Status.WITHDRAWN, None, standing.published_version or standing.current_version, Status.WITHDRAWN)


def hidden(standing: Standing) -> After:
    """A person looks at it, and until then nothing of it is up: the owner of its address says that it is not theirs, or
    readers have reported it where their site lets that hide a comment."""
    judged = standing.current_version if standing.edit else standing.published_version or standing.current_version
    return After(Status.PENDING, None, judged, Status.PENDING)


class Undoable(Protocol):
    """What taking a decision back goes by."""

    @property
    def from_status(self) -> Status: ...
    @property
    def published_before(self) -> int | None: ...
    @property
    def version_n(self) -> int: ...


def before(decision: Undoable) -> After:
    """How the comment stood before the decision; what had not been judged then goes to a person."""
    status = Status.PENDING if decision.from_status is Status.RECEIVED else decision.from_status
    version_status = status
    if status is Status.APPROVED and decision.published_before != decision.version_n:
        version_status = Status.REJECTED  # The text that was up was another one: this one had been refused.
    return After(status, decision.published_before, decision.version_n, version_status)


def retold(standing: Standing, of_version: int, version_status: Status) -> After:
    """The same comment with another text in place of `of_version`, by the editors' hand: a person has read it, so that
    it stands as that version stood and waits for nobody. Readers get it where they saw that version."""
    n = standing.current_version + 1
    published = n if standing.published_version == of_version else standing.published_version
    return After(standing.status, published, n, version_status)


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
    # For a policy: the score in thousandths of the sum that holds.
    nearness: int = 0
    undoes: str | None = None
    # The job that makes this move among many: then nobody has read the comment for it.
    job_id: str | None = None


class Judgement(Protocol):
    """What of a decision says what was found in which text."""

    @property
    def actor_kind(self) -> ActorKind: ...
    @property
    def version_n(self) -> int: ...
    @property
    def policy_version(self) -> str | None: ...
    @property
    def findings(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


Found = TypeVar("Found", bound=Judgement)


def last_judgement(decisions: Iterable[Found], version: int) -> Found | None:
    """Of a comment's decisions, oldest first, the last one that says what was found in this version of its text: a
    policy's, or one that took a policy's words over from the version before (`carried`)."""
    last = None
    for decision in decisions:
        says = decision.actor_kind is ActorKind.POLICY or JUDGED_VERSION in decision.facts
        if says and decision.version_n == version:
            last = decision
    return last


def carried(cause: Cause, judged: Judgement | None, cut: tuple[int, int, int] | None = None) -> Cause:
    """The cause of a new text by the editors' hand, with what was found in the version before.

    `cut`: start and end of the passage that is gone, in code points, and the length of what stands there now.
    """
    if judged is None:
        return cause
    facts = {name: judged.facts[name] for name in _CARRIED if judged.facts.get(name) is not None}
    if judged.policy_version is not None:
        facts["policy_version"] = judged.policy_version
    facts[JUDGED_VERSION] = judged.version_n
    return replace(cause, findings=judged.findings if cut is None else shifted(judged.findings, *cut), facts=facts)


def shifted(findings: Iterable[Mapping[str, Any]], start: int, end: int, length: int) -> list[Mapping[str, Any]]:
    """Findings of a text in which `length` code points stand now for those from `start` to `end`.

    A finding within the passage goes with it; one that reaches beyond keeps what is left of it.
    """
    grown = length - (end - start)
    kept: list[Mapping[str, Any]] = []
    for found in findings:
        at, to = found.get("start"), found.get("end")
        if found.get("field") != "text" or at is None or to is None:
            kept.append(found)
        elif not (start <= at and to <= end):
            if at >= start:
                at = max(at, end) + grown
            if to > start:
                to = start if to <= end else to + grown
            kept.append({**found, "start": at, "end": to})
    return kept


class NewText(Struct, frozen=True):
    """What an edit brings: the text as typed, its HTML, and what is compared with other texts.

    `redacts`: the version that it is the text of, without a passage that the editors removed.
    """

    text: str
    html: str
    renderer: int
    fingerprint: bytes
    sketch: bytes | None
    redacts: int | None = None


def new_text(body: str, redacts: int | None = None) -> NewText:
    """A checked body as it is stored."""
    html, renderer = render(body)
    folded = fold(body)
    return NewText(body, html, renderer, fingerprint(folded), sketch(folded), redacts)


class Move(Struct, frozen=True):
    """One move of one comment, ready to be written. `decision_id` is new."""

    decision_id: str
    standing: Standing
    after: After
    cause: Cause
    # The comment goes to a person because no worker could judge it.
    dead: bool = False
    # An edit and a redaction have one, and so has what takes a redaction back.
    text: NewText | None = None
    # Of a written move: the comment is set aside after it, and not in the list that all share.
    aside: bool = False

    @property
    def allowed(self) -> bool:
        """Whether the table of moves lists it, and it has the text that it needs and no other."""
        action = self.cause.action
        told = action in _NEW_TEXT if self.text is not None else action not in _NEEDS_TEXT
        return told and action in ALLOWED[self.standing.status].get(self.after.status, ())

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
            current_version=self.standing.current_version if self.text is None else self.after.version_n,
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


def edit_by_writer(standing: Standing, text: NewText, decision_id: str) -> Move:
    """A new text. Whether its writer may still change it, the caller has asked."""
    return Move(decision_id, standing, edited(standing), Cause(Action.EDIT, ActorKind.AUTHOR), text=text)


def withdrawal_by_writer(standing: Standing, decision_id: str) -> Move:
    """Taken back, for good."""
    return Move(decision_id, standing, withdrawn(standing), Cause(Action.WITHDRAW, ActorKind.AUTHOR))


def label_of(action: str, status: Status) -> str | None:
    """What a person's decision says of the text: "approve", "reject", "spam"; None where it leaves that open."""
    if action in _SETTLES:
        return action
    return _KEPT.get(status) if action == Action.KEEP else None


def rounds(moves: Sequence[Move]) -> list[list[Move]]:
    """Moves one after the other, so that no comment is twice in the same round."""
    found: list[list[Move]] = []
    seen: dict[str, int] = {}
    for move in moves:
        n = seen.get(move.standing.id, 0)
        seen[move.standing.id] = n + 1
        if n == len(found):
            found.append([])
        found[n].append(move)
    return found
