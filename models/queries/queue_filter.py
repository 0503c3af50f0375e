"""What a moderator asks the queue for, and the conditions that it makes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, literal_column, or_, select

from models.comment import JUDGED, Comment, CommentRule, Status
from models.queries.arms import LOOKED_UP_MOST, TOTAL_MOST
from models.queries.conditions import is_judged, is_status, not_aside
from models.thread import Thread

# `decided`: by their last decision, newest first; `nearest`: what is published and unreviewed, by how near it came to
# being held.
QueueOrder = Literal["priority", "oldest", "newest", "decided", "nearest"]
AsideFilter = Literal["held", "escalated", "for_me"]
# What readers say of it, or its writer of a refusal, and nobody has settled.
ComplaintFilter = Literal["reported", "appealed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which comments a moderator asks for. Empty words don't narrow.

    `cluster`: near copies of each other, by the id of the first. `thread_keys`: stories as their site calls them,
    and `writer`: a comment of somebody, of whom all are asked for; `listing` makes `threads` and `chain`, ids, of
    them. `since` and `until`: the lowest id that is young enough, and the lowest that is not old enough any more.
    `aside`: what was set aside (`models.queries.set_aside`): all that is held or escalated, or what names the
    moderator `aside_for`. `of_all`: one status of all that are asked for. `unanswered`: readers' questions that the
    newsroom has not answered (`models.queries.unanswered`).
    """

    site_ids: Sequence[str]
    status: Status | None = None
    unreviewed: bool = False
    dead: bool = False
    q: str = ""
    rule: str = ""
    section: str = ""
    thread_keys: Sequence[str] = ()
    threads: Sequence[str] = ()
    writer: str = ""
    chain: str = ""
    language: str = ""
    cluster: str = ""
    since: str = ""
    until: str = ""
    complaint: ComplaintFilter | None = None
    aside: AsideFilter | None = None
    aside_for: str = ""
    unanswered: bool = False
    of_all: bool = False

    @property
    def common(self) -> bool:
        """Whether it is the list that all share: what is set aside is not in it."""
        return self.status is Status.PENDING and self.aside is None and not self.cluster and not self.of_all

    @property
    def gathered(self) -> bool:
        """Whether no index has these in a moderator's order."""
        return bool(self.q or self.section)

    @property
    def by_facet(self) -> bool:
        """Whether it is asked by what is in the order of priority alone: by age it is sorted, or met one by one."""
        return bool(self.rule or self.language) and not self.few

    @property
    def few(self) -> bool:
        """Whether it is asked for what is so little that it can be sorted: a story's, a writer's, a cluster's, what
        was reported or appealed against."""
        return bool(self.threads or self.chain or self.cluster or self.complaint)

    @property
    def aged(self) -> bool:
        """Whether only some ages are asked for, which indexes have in the order of age alone."""
        return bool(self.since or self.until)

    @property
    def by_age_alone(self) -> bool:
        """Whether nothing is asked for besides a status that an index narrows as well as age does."""
        return self.aged and not (self.few or self.by_facet or self.gathered or self.dead or self.unreviewed)

    @property
    def combined(self) -> bool:
        """Whether no index has all that is asked for at once."""
        asked = self.q, self.section, self.rule, self.language, self.threads, self.chain, self.cluster
        return sum(map(bool, (*asked, self.unreviewed, self.dead, self.aged, self.complaint))) > 1

    def beyond(self, order: QueueOrder) -> bool:
        """Whether something is asked for that the index of this order, `decided` or `nearest`, does not narrow by."""
        asked = self.q, self.section, self.rule, self.language, self.threads, self.chain, self.cluster, self.dead
        return any(map(bool, asked)) or self.aged or bool(self.complaint) or (self.unreviewed and order != "nearest")

    @property
    def of_comments(self) -> bool:
        """Whether something is asked for that neither words nor a rule's findings nor threads say."""
        return bool(self.unreviewed or self.dead or self.few or self.language or self.aged)

    @property
    def counted_most(self) -> int:
        """Up to how many are counted: fewer where each has to be looked up for that."""
        return min(TOTAL_MOST, LOOKED_UP_MOST) if self.gathered or self.combined else TOTAL_MOST

    def statuses(self) -> Sequence[Status | None]:
        """Each of which is asked for by itself; None: whatever the status is."""
        if self.status is not None:
            return (self.status,)
        return (None,) if self.dead and not self.q and not self.rule else JUDGED


Place = tuple[int, str]


def in_cluster(first_id: str) -> ColumnElement[bool]:
    """Whether a comment is the first of the cluster or a near copy of it."""
    return or_(Comment.copy_of == first_id, Comment.id == first_id)


def complained_of(complaint: ComplaintFilter) -> ColumnElement[bool]:
    """In the words of the index that has these comments alone."""
    return Comment.open_reports > literal_column("0") if complaint == "reported" else Comment.appealed_at.is_not(None)


def stands(status: Status | None) -> list[ColumnElement[bool]]:
    return [] if status is None else [is_status(Comment.status, status), is_judged()]


def shared(wanted: QueueFilter, row_id: Any, site_id: str) -> list[ColumnElement[bool]]:
    return [not_aside(row_id, site_id)] if wanted.common else []


def narrowed(wanted: QueueFilter, row_id: Any = None) -> list[ColumnElement[bool]]:
    """`row_id`: what has the comment's id beside the comment itself; then no age needs the comment."""
    row_id = Comment.id if row_id is None else row_id
    found: list[ColumnElement[bool]] = []
    if wanted.unreviewed:
        found.append(Comment.reviewed_at.is_(None))
    if wanted.dead:
        found.append(Comment.dead_at.is_not(None))
    if wanted.complaint is not None:
        found.append(complained_of(wanted.complaint))
    if wanted.threads:
        (one, *more) = wanted.threads
        found.append(Comment.thread_id.in_(wanted.threads) if more else Comment.thread_id == one)
    if wanted.chain:
        found.append(Comment.chain_id == wanted.chain)
    if wanted.since:
        found.append(row_id >= wanted.since)
    if wanted.until:
        found.append(row_id < wanted.until)
    return found


def found_by(rule: str, site_id: str, status: Status | None) -> list[ColumnElement[bool]]:
    """That the last judgement of the comment's current text has a finding of the rule."""
    found = [CommentRule.site_id == site_id, CommentRule.rule == rule]
    return found if status is None else [*found, is_status(CommentRule.status, status)]


def languages(language: str, site_ids: Collection[str], row: Any = Comment) -> list[ColumnElement[bool] | None]:
    """The two ways to be in the language: the text was found to be, or nobody knows and its page on one of these sites
    is."""
    if not language:
        return [None]
    threads = select(Thread.id).where(
        Thread.site_id.in_(site_ids),
        or_(Thread.language == language, Thread.language.startswith(f"{language}-", autoescape=True)),
    )
    return [
        row.language == language,
        and_(row.language.is_(None), threads.exists(), row.thread_id.in_(threads).is_(True)),
    ]
