"""Which comments a repair is about, and which of them stand as the machine left them: pure but for its selects."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, Subquery, select, union_all
from sqlalchemy.orm import Session, aliased

from models import Action, ActorKind, Comment, Decision, Status, Thread
from models.comment import JUDGED
from models.database.ids import first_id
from models.decision import names_rule
from models.queries.complaints import open_since_before
from models.queries.conditions import is_judged, not_aside, of_site
from models.queries.overview.investigation import CommentFilter, attributes, ids_indexed, threads_keyed
from models.queries.queue_filter import ComplaintFilter, complained_of, in_cluster
from models.queries.search import Search
from moderation_rules.language.tags import in_case
from service.wiring import on_sqlite

# What no person has weighed: policies, and workers that gave up.
MACHINE = frozenset({ActorKind.POLICY, ActorKind.SYSTEM})
# Comments that one step of a walk looks at: a hundredth of a second of the database's work.
WINDOW = 1_000


class PastDecision(NamedTuple):
    """What a repair goes by of one decision; `findings` only where the scope names a rule."""

    comment_id: str
    id: str
    revision: int
    version_n: int
    action: str
    from_status: Status
    actor_kind: ActorKind
    policy_version: str | None
    undoes: str | None
    published_before: int | None
    job_id: str | None
    created_at: datetime
    actor_id: str | None
    findings: list[Any] | None


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Comments of one site that a policy has judged, and that nobody has set aside; what is left out does not narrow.

    `policy_version` and `rule`: whose work it is. `status`: as the comment stands now. `since`, `until`: when the
    policy judged it. `cluster`: near copies of each other, set aside or not. `decided`: also what people have decided,
    which else stays as it is. `threads`: any of these keys. `writer`: one of the writer's comments. `q`: words of name
    and text. `came_since`, `came_until`: when the comment came in. `complaint`: what readers have reported, or its
    writer appeals for, and nobody has settled.
    """

    policy_version: str | None = None
    rule: str | None = None
    status: Status | None = None
    section: str | None = None
    thread: str | None = None
    cluster: str | None = None
    decided: bool = False
    since: datetime | None = None
    until: datetime | None = None
    threads: tuple[str, ...] = ()
    writer: str | None = None
    language: str | None = None
    q: str | None = None
    came_since: datetime | None = None
    came_until: datetime | None = None
    complaint: ComplaintFilter | None = None

    @property
    def lowest(self) -> str:
        """The lowest id that a comment of the scope can have; "" where it has no beginning."""
        return "" if self.came_since is None else first_id(self.came_since)

    def highest(self, before: str) -> str:
        """As `before`, which all ids of the scope are lower than, where the scope does not end sooner."""
        return before if self.came_until is None else min(before, first_id(self.came_until))

    def holds(self, decision: PastDecision) -> bool:
        """Whether this is one of the decisions that the scope names."""
        return (
            self.policy_version in (None, decision.policy_version)
            and (self.rule is None or any(found.get("rule") == self.rule for found in decision.findings or ()))
            and (self.since is None or decision.created_at >= self.since)
            and (self.until is None or decision.created_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Step:
    """`ids`: comments that the scope may be about, in id order; what became of them since is looked at later.

    All up to `cursor` were looked at; `last`: there are none after it.
    """

    ids: list[str]
    cursor: str
    last: bool


def walk(session: Session, site_id: str, scope: Scope, before: str, after: str, most: int) -> Step:
    """The next candidates, at most so many, of the next `WINDOW` comments: however rare they are and however many
    comments there are, a step costs the same. Words that few comments have are read off their index, in one step."""
    ends, begins = scope.highest(before), max(after, scope.lowest)
    looked = _worded(session, site_id, scope, ends, begins)
    if looked is None:
        looked = _range(scope, site_id, ends, begins)
    found = _judged(scope, site_id, before, session.get_bind().dialect.name).where(Comment.id == looked.c.id)
    # One value and not EXISTS, for which a planner might rather read all decisions there are.
    hit = found.limit(1).correlate(looked).scalar_subquery()
    rows = session.execute(select(looked.c.id, hit.label("hit")).order_by(looked.c.id)).all()
    ids = [row.id for row in rows if row.hit is not None]
    if len(ids) > most:
        return Step(ids[:most], ids[most - 1], last=False)
    return Step(ids, rows[-1].id if rows else begins, last=len(rows) < WINDOW)


def found_by_rule(session: Session, site_id: str, scope: Scope, before: str, most: int) -> tuple[list[str], bool]:
    """At most so many candidates of a scope that names a rule, in no order, and whether these are all: read off the
    index of rules, where there is one."""
    query = _judged(scope, site_id, before, session.get_bind().dialect.name)
    bounds = Comment.id < scope.highest(before), Comment.id >= scope.lowest
    query = query.where(Decision.site_id == site_id, *bounds)
    # A comment may have two such decisions. To put them together in the database would read all of them.
    found = session.scalars(query.limit(most + 1)).all()
    return list(dict.fromkeys(found[:most])), len(found) <= most


def _worded(session: Session, site_id: str, scope: Scope, before: str, after: str) -> Subquery | None:
    """The ids of the comments with the words of the scope, where all of them are fewer than a window; else None."""
    if scope.q is None:
        return None
    asked = CommentFilter(site_ids=[site_id], status=scope.status, q=scope.q)
    sqlite = on_sqlite(session)
    query = None if Search(scope.q, sqlite=sqlite).hopeless else ids_indexed(asked, "q", WINDOW, sqlite=sqlite)
    ids = [] if query is None else list(session.scalars(query))
    if len(ids) >= WINDOW:
        return None
    within = select(Comment.id.label("id")).where(Comment.id.in_(ids), Comment.id > after, Comment.id < before)
    return within.order_by(Comment.id).subquery()


def _range(scope: Scope, site_id: str, before: str, after: str) -> Subquery:
    """The ids of the next comments in the narrowest index that the scope has."""

    def part(column: Any, *where: ColumnElement[bool]) -> Subquery:
        within = select(column.label("id")).where(*where, column > after, column < before)
        return within.order_by(column).limit(WINDOW).subquery()

    if scope.cluster is not None:
        return part(Comment.id, of_site(Comment.site_id, site_id), in_cluster(scope.cluster))
    if scope.thread is not None:
        thread = select(Thread.id).where(Thread.site_id == site_id, Thread.key == scope.thread).scalar_subquery()
        return part(Comment.id, Comment.thread_id == thread)
    if scope.writer is not None:
        return part(Comment.id, *_by_writer_of(scope.writer, site_id), is_judged())
    if scope.complaint is not None:
        return part(Comment.id, Comment.site_id == site_id, is_judged(), complained_of(scope.complaint))
    if scope.policy_version is not None:
        made = Decision.site_id == site_id, Decision.policy_version == scope.policy_version
        column: Any = Decision.comment_id
        within = select(column.label("id")).where(*made, column > after, column < before)
        return within.group_by(column).order_by(column).limit(WINDOW).subquery()
    if scope.status is not None:
        return part(Comment.id, Comment.site_id == site_id, Comment.status == scope.status)
    # The index has them by status: the next of each, and of these the next.
    every = union_all(
        *(select(part(Comment.id, Comment.site_id == site_id, Comment.status == status)) for status in JUDGED)
    ).subquery()
    return select(every.c.id).order_by(every.c.id).limit(WINDOW).subquery()


def _judged(scope: Scope, site_id: str, before: str, dialect: str) -> Select[str]:
    """The ids of comments that the machine has judged as the scope says, once for each time it did."""
    found: list[ColumnElement[bool]] = [] if scope.decided else [Decision.actor_kind.in_(MACHINE)]
    found.append(Comment.status.in_(JUDGED) if scope.status is None else Comment.status == scope.status)
    if scope.cluster is not None:
        found.append(in_cluster(scope.cluster))
    else:
        # Whoever took it from the list that all share has asked for a person; near copies are all listed together.
        found.append(not_aside(Comment.id, site_id))
    if scope.policy_version is not None:
        found.append(Decision.policy_version == scope.policy_version)
    if scope.since is not None:
        found.append(Decision.created_at >= scope.since)
    if scope.until is not None:
        found.append(Decision.created_at < scope.until)
    if scope.complaint is not None:
        # What is said of a comment after it was counted is another one's to weigh.
        found.append(open_since_before(scope.complaint, before))
    if scope.rule is not None:
        found.append(names_rule(scope.rule, dialect))
    query = select(Comment.id).join(Decision, Decision.comment_id == Comment.id).where(*found)
    asked = CommentFilter(site_ids=[site_id], language=in_case(scope.language or ""), q=scope.q or "")
    query = query.where(*attributes(asked, sqlite=dialect == "sqlite"))
    if scope.writer is not None:
        query = query.where(*_by_writer_of(scope.writer, site_id))
    if scope.threads:
        query = query.where(Comment.thread_id.in_(threads_keyed([site_id], scope.threads)))
    if scope.section is not None or scope.thread is not None:
        query = query.join(Thread, Thread.id == Comment.thread_id)
        if scope.section is not None:
            query = query.where(Thread.section == scope.section)
        if scope.thread is not None:
            query = query.where(Thread.key == scope.thread)
    return query


def _by_writer_of(comment_id: str, site_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    known = aliased(Comment)
    chain = select(known.chain_id).where(known.id == comment_id, known.site_id == site_id).scalar_subquery()
    return Comment.site_id == site_id, Comment.chain_id == chain


def histories(
    session: Session, comment_ids: Collection[str], *, findings: bool = False
) -> dict[str, list[PastDecision]]:
    """Every decision on these comments, first to last."""
    found: defaultdict[str, list[PastDecision]] = defaultdict(list)
    names = PastDecision._fields if findings else PastDecision._fields[:-1]
    rows = session.execute(
        select(*(getattr(Decision, name) for name in names))
        .where(Decision.comment_id.in_(comment_ids))
        .order_by(Decision.comment_id, Decision.revision)
    )
    for row in rows:
        found[row[0]].append(PastDecision._make((*row, None)[: len(PastDecision._fields)]))
    return found


def stands_by(history: Sequence[PastDecision]) -> PastDecision | None:
    """The decision by which the text stands: the last one, past all that was taken back. None: its first one was."""
    at = len(history) - 1
    places = {decision.id: n for n, decision in enumerate(history)}
    while at >= 0 and history[at].undoes is not None:
        if history[at].job_id is None:
            return history[at]  # A person took it back with open eyes.
        at = places.get(history[at].undoes or "", 0) - 1
    # An edit decides nothing, and what came before it was about another text.
    return history[at] if at >= 0 and history[at].action != Action.EDIT else None


def by_machine(decision: PastDecision) -> bool:
    """Whether nobody has read the comment for this decision."""
    return decision.actor_kind in MACHINE or decision.job_id is not None


def by_standing_decision(decision: PastDecision) -> bool:
    """Whether a person's word on an earlier copy decided and not the policy (`moderation.near_copies`)."""
    return decision.actor_kind is ActorKind.POLICY and decision.actor_id is not None
