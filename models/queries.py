"""Named selects. A select says what is wanted; the session that runs it says when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased
from ulid import ULID

from models.account import AuditEntry, Moderator
from models.chain import Ban, WriterChain
from models.comment import Comment, CommentVersion, Status
from models.decision import ActorKind, Decision
from models.policy import PolicyVersion
from models.site import Site
from models.thread import Thread

QueueOrder = Literal["priority", "oldest", "newest"]

# What people may look at again: judged, and still there.
JUDGED = (Status.PENDING, Status.APPROVED, Status.REJECTED, Status.SPAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which comments a moderator asks for. `site_ids` None: of every site; empty words don't narrow.

    `cluster`: near copies of each other, by the id of the first.
    """

    site_ids: Collection[str] | None
    status: Status | None = None
    unreviewed: bool = False
    dead: bool = False
    q: str = ""
    rule: str = ""
    section: str = ""
    thread: str = ""
    language: str = ""
    cluster: str = ""


def queue(wanted: QueueFilter) -> Select[Comment, CommentVersion, Thread]:
    """Comments with the version that stands to be judged, and their thread. Not ordered, not limited."""
    return (
        select(Comment, CommentVersion, Thread)
        .join(CommentVersion, _current_version())
        .join(Thread, Thread.id == Comment.thread_id)
        .where(*_conditions(wanted))
    )


def queue_total(wanted: QueueFilter) -> Select[int]:
    """How many comments `queue` finds."""
    query = select(func.count(Comment.id))
    if wanted.q:
        query = query.join(CommentVersion, _current_version())
    if wanted.section or wanted.thread or wanted.language:
        query = query.join(Thread, Thread.id == Comment.thread_id)
    return query.where(*_conditions(wanted))


def in_order(
    query: Select[*tuple[Any, ...]], order: QueueOrder, after: tuple[int, str] | None = None
) -> Select[*tuple[Any, ...]]:
    """`query` over comments in a moderator's order; `after` is the (priority, id) of the last one already seen."""
    if order == "newest":
        query = query.order_by(Comment.id.desc())
        return query if after is None else query.where(Comment.id < after[1])
    if order == "oldest":
        query = query.order_by(Comment.id)
        return query if after is None else query.where(Comment.id > after[1])
    query = query.order_by(Comment.priority.desc(), Comment.id)
    if after is None:
        return query
    priority, comment_id = after
    return query.where(
        or_(Comment.priority < priority, and_(Comment.priority == priority, Comment.id > comment_id)),
    )


def any_comment(site_ids: Collection[str] | None) -> Select[str]:
    """The id of some comment, if there ever was one."""
    return select(Comment.id).where(*_on_sites(Comment.site_id, site_ids)).limit(1)


def oldest_pending(site_ids: Collection[str] | None) -> Select[datetime]:
    """When the comment that has waited longest for a person came in."""
    return (
        select(Comment.created_at)
        .where(Comment.status == Status.PENDING, *_on_sites(Comment.site_id, site_ids))
        .order_by(Comment.id)
        .limit(1)
    )


def one_comment(comment_id: str) -> Select[Comment, CommentVersion, Thread]:
    """A comment with its current version and its thread."""
    return (
        select(Comment, CommentVersion, Thread)
        .join(CommentVersion, _current_version())
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Comment.id == comment_id)
    )


def comments_on_site(site_id: str, comment_ids: Collection[str]) -> Select[str]:
    """Which of these ids are comments of the site."""
    return select(Comment.id).where(Comment.site_id == site_id, Comment.id.in_(comment_ids))


def versions_of(comment_id: str) -> Select[CommentVersion]:
    """Every text of a comment, first to last."""
    return select(CommentVersion).where(CommentVersion.comment_id == comment_id).order_by(CommentVersion.n)


def decisions_of(comment_id: str) -> Select[Decision]:
    """Every move of a comment, first to last."""
    return select(Decision).where(Decision.comment_id == comment_id).order_by(Decision.revision)


def judgements_of(comment_ids: Collection[str]) -> Select[Decision]:
    """What policies found in these comments, oldest first: a later row outdates an earlier one of its version."""
    return (
        select(Decision)
        .where(Decision.comment_id.in_(comment_ids), Decision.actor_kind == ActorKind.POLICY)
        .order_by(Decision.revision)
    )


def last_decisions(
    site_ids: Collection[str] | None, status: Status, since: datetime, q: str = ""
) -> Select[Decision, Comment, CommentVersion, Thread]:
    """Comments that now have the status, with the decision that gave it to them after `since`; newest first.

    Walks the ids of decisions backwards: they sort by time, so `since` bounds the walk.
    """
    query = (
        select(Decision, Comment, CommentVersion, Thread)
        .join(Comment, and_(Comment.id == Decision.comment_id, Comment.revision == Decision.revision))
        .join(
            CommentVersion,
            and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Decision.version_n),
        )
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Decision.id >= first_id(since), Comment.status == status, *_on_sites(Decision.site_id, site_ids))
        .order_by(Decision.id.desc())
    )
    return query.where(_says(q)) if q else query


def cluster_sizes(first_ids: Collection[str]) -> Select[str | None, int]:
    """(first comment, how many near copies of it there are); where there are none it is missing."""
    return (
        select(Comment.copy_of, func.count())
        .where(Comment.copy_of.in_(first_ids), Comment.status.in_(JUDGED))
        .group_by(Comment.copy_of)
    )


def chain_counts(chain_ids: Collection[str]) -> Select[str, Status, int]:
    """(chain, status, how many) of these writers' comments."""
    return (
        select(Comment.chain_id, Comment.status, func.count())
        .where(Comment.chain_id.in_(chain_ids))
        .group_by(Comment.chain_id, Comment.status)
    )


def seeds_of(chain_ids: Collection[str]) -> Select[str, str]:
    """(chain, its avatar's seed)."""
    return select(WriterChain.id, WriterChain.avatar_seed).where(WriterChain.id.in_(chain_ids))


def texts_of_chain(chain_id: str, but: str, limit: int) -> Select[Comment, CommentVersion]:
    """The writer's latest other comments that were judged, newest first."""
    return (
        select(Comment, CommentVersion)
        .join(CommentVersion, _current_version())
        .where(Comment.chain_id == chain_id, Comment.id != but, Comment.status.in_(JUDGED))
        .order_by(Comment.id.desc())
        .limit(limit)
    )


def moderators_named(ids: Collection[str]) -> Select[str, str]:
    """(id, name) of these moderators."""
    return select(Moderator.id, Moderator.name).where(Moderator.id.in_(ids))


def sites_reached(site_ids: Collection[str] | None) -> Select[Site]:
    """These sites (None: all), by slug."""
    return select(Site).where(*_on_sites(Site.id, site_ids)).order_by(Site.slug)


def audit_trail(site_ids: Collection[str] | None, before: str = "") -> Select[AuditEntry]:
    """The trail, newest first; `before` is the id of the last entry already seen."""
    query = select(AuditEntry).where(*_on_sites(AuditEntry.site_id, site_ids)).order_by(AuditEntry.id.desc())
    return query.where(AuditEntry.id < before) if before else query


def bans_in_force(site_id: str, now: datetime, before: str = "") -> Select[Ban, Comment | None]:
    """Bans with the comment beside which each was set, newest first; `before`: the last one already seen."""
    query = (
        select(Ban, Comment)
        .outerjoin(Comment, Comment.id == Ban.comment_id)
        .where(
            Ban.site_id == site_id,
            Ban.lifted_at.is_(None),
            or_(Ban.expires_at.is_(None), Ban.expires_at > now),
        )
        .order_by(Ban.id.desc())
    )
    return query.where(Ban.id < before) if before else query


def thread_named(site_id: str, key: str) -> Select[Thread]:
    """The thread that a site calls `key`."""
    return select(Thread).where(Thread.site_id == site_id, Thread.key == key)


def pending_in_thread(thread_id: str) -> Select[int]:
    """How many of a thread's comments wait for a person."""
    return select(func.count(Comment.id)).where(Comment.thread_id == thread_id, Comment.status == Status.PENDING)


def threads_by_newest(site_id: str, before: str = "") -> Select[Thread, int]:
    """A site's threads with how many of their comments wait, newest first; `before` is the last id already seen."""
    query = select(Thread, _pending_in_thread()).where(Thread.site_id == site_id).order_by(Thread.id.desc())
    return query.where(Thread.id < before) if before else query


def threads_by_pending(site_id: str) -> Select[Thread, int]:
    """A site's threads with comments that wait, most of them first."""
    waiting = func.count(Comment.id)
    return (
        select(Thread, waiting)
        .join(Comment, and_(Comment.thread_id == Thread.id, Comment.status == Status.PENDING))
        .where(Thread.site_id == site_id)
        .group_by(Thread.id)
        .order_by(waiting.desc(), Thread.id.desc())
    )


def threads_by_rate(site_id: str, since: datetime) -> Select[Thread, int, int]:
    """A site's threads, with how many of their comments wait and how many came in since, busiest first."""
    came = func.count(Comment.id)
    return (
        select(Thread, _pending_in_thread(), came)
        .join(Comment, and_(Comment.thread_id == Thread.id, Comment.id >= first_id(since)))
        .where(Thread.site_id == site_id)
        .group_by(Thread.id)
        .order_by(came.desc(), Thread.id.desc())
    )


def newest_policy(site_id: str) -> Select[PolicyVersion]:
    """The policy in force."""
    return select(PolicyVersion).where(PolicyVersion.site_id == site_id).order_by(PolicyVersion.n.desc()).limit(1)


def first_id(at: datetime) -> str:
    """The lowest id that can have been made at that time."""
    return str(ULID.from_datetime(at))[:10] + "0" * 16


def _current_version() -> ColumnElement[bool]:
    return and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version)


def _pending_in_thread() -> ColumnElement[int]:
    inner = aliased(Comment)
    return (
        select(func.count(inner.id))
        .where(inner.thread_id == Thread.id, inner.status == Status.PENDING)
        .correlate(Thread)
        .scalar_subquery()
    )


def _on_sites(column: InstrumentedAttribute[str], site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if site_ids is None else [column.in_(site_ids)]


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found = _on_sites(Comment.site_id, wanted.site_ids)
    if wanted.status is not None:
        found.append(Comment.status == wanted.status)
    elif not wanted.dead:
        found.append(Comment.status.in_(JUDGED))
    if wanted.unreviewed:
        found.append(Comment.reviewed_at.is_(None))
    if wanted.dead:
        found.append(Comment.dead_at.is_not(None))
    if wanted.q:
        found.append(_says(wanted.q))
    if wanted.section:
        found.append(Thread.section == wanted.section)
    if wanted.thread:
        found.append(Thread.key == wanted.thread)
    if wanted.language:
        found.append(_in_language(wanted.language))
    if wanted.cluster:
        found.append(in_cluster(wanted.cluster))
    if wanted.rule:
        found.append(_found_by(wanted.rule))
    return found


def in_cluster(first_id: str) -> ColumnElement[bool]:
    """Whether a comment is the first of the cluster or a near copy of it."""
    return or_(Comment.copy_of == first_id, Comment.id == first_id)


def _says(q: str) -> ColumnElement[bool]:
    """Whether text or name has these words, whatever their case."""
    # Databases fold only ASCII for sure, so the usual ways to write a word are looked for as well.
    ways = sorted({q, q.lower(), q.upper(), q.capitalize()})
    return or_(
        *(column.icontains(way, autoescape=True) for way in ways for column in (CommentVersion.text, Comment.name))
    )


def _found_by(rule: str) -> ColumnElement[bool]:
    """Whether the last judgement of the comment's current text has a finding of the rule."""
    return _last_judgement(_has(Decision.findings, "rule", rule))


def _in_language(language: str) -> ColumnElement[bool]:
    """Whether the text was found to be in the language, or its page is where the text's own is not known."""
    own = _has(Decision.facts, "language", language)
    told = and_(_has_key(Decision.facts, "language"), not_(_has(Decision.facts, "language", "und")))
    return or_(
        _last_judgement(own),
        and_(
            or_(Thread.language == language, Thread.language.startswith(f"{language}-", autoescape=True)),
            not_(_last_judgement(told)),
        ),
    )


def _last_judgement(says: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a judgement of the comment's current text, and the last one says this."""
    last = aliased(Decision)
    newest = (
        select(func.max(last.revision))
        .where(
            last.comment_id == Comment.id,
            last.actor_kind == ActorKind.POLICY,
            last.version_n == Comment.current_version,
        )
        .correlate(Comment)
        .scalar_subquery()
    )
    return (
        select(Decision.id)
        .where(Decision.comment_id == Comment.id, Decision.revision == newest, says)
        .correlate(Comment)
        .exists()
    )


def _has(column: InstrumentedAttribute[Any], key: str, value: str) -> ColumnElement[bool]:
    """Whether somewhere in a JSON column this key has this value."""
    # As text: SQLite keeps it as it was sent, PostgreSQL writes a space after each colon. Quotes inside a message
    # are escaped, so they can't match.
    words = cast(column, Text)
    return or_(
        words.contains(f'"{key}":"{value}"', autoescape=True), words.contains(f'"{key}": "{value}"', autoescape=True)
    )


def _has_key(column: InstrumentedAttribute[Any], key: str) -> ColumnElement[bool]:
    return cast(column, Text).contains(f'"{key}":', autoescape=True)
