"""The moderators' queue: which comments, in which order, how many."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models.comment import JUDGED, Comment, CommentVersion, Status
from models.database.ids import first_id
from models.decision import ActorKind, Decision
from models.queries.conditions import current_version, on_sites
from models.thread import Thread

QueueOrder = Literal["priority", "oldest", "newest"]


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
        .join(CommentVersion, current_version())
        .join(Thread, Thread.id == Comment.thread_id)
        .where(*_conditions(wanted))
    )


def queue_total(wanted: QueueFilter) -> Select[int]:
    """How many comments `queue` finds."""
    query = select(func.count(Comment.id))
    if wanted.q:
        query = query.join(CommentVersion, current_version())
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
    return select(Comment.id).where(*on_sites(Comment.site_id, site_ids)).limit(1)


def oldest_pending(site_ids: Collection[str] | None) -> Select[datetime]:
    """When the comment that has waited longest for a person came in."""
    return (
        select(Comment.created_at)
        .where(Comment.status == Status.PENDING, *on_sites(Comment.site_id, site_ids))
        .order_by(Comment.id)
        .limit(1)
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
        .where(Decision.id >= first_id(since), Comment.status == status, *on_sites(Decision.site_id, site_ids))
        .order_by(Decision.id.desc())
    )
    return query.where(_says(q)) if q else query


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found = on_sites(Comment.site_id, wanted.site_ids)
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
    # Databases fold only ASCII for sure, so the usual ways to write other words are looked for as well.
    ways = [q] if q.isascii() else sorted({q, q.lower(), q.upper(), q.capitalize()})
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
