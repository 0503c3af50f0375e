"""Comments that were set aside: the lists that they have of their own, and what is due.

How they stay out of the common list: `conditions.not_aside`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models.account import Membership, Moderator
from models.comment import Comment, CommentRule, Status
from models.decision import AsideKind, SetAside
from models.queries.arms import TOTAL_MOST, together, total_of
from models.queries.queue_filter import Place, QueueFilter, QueueOrder, in_cluster, languages, narrowed
from models.queries.search import Search
from models.thread import Thread

DECIDING = ("moderator", "admin")

# In the words of the indexes.
_OPEN = SetAside.ended_at.is_(None)
_FOR_SOMEBODY = (_OPEN, SetAside.for_id.is_not(None))
_UNTIL = (_OPEN, SetAside.kind == literal_column(f"'{AsideKind.HELD.value}'"), SetAside.due_at.is_not(None))


def aside_page(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, sqlite: bool
) -> Select[str, int]:
    """(id, rank) of the first comments of a list of what is set aside; by priority: what is due first."""
    # By age they are gathered as the index has them, and sorted: so few are set aside at once.
    most = limit if order == "priority" else TOTAL_MOST + 1
    found = together([arm.limit(most) for arm in _arms(wanted, order, after, sqlite=sqlite)])
    return cast(
        Select[str, int], _ordered(select(found.c.id, found.c.rank), found.c.rank, found.c.id, order).limit(limit)
    )


def aside_total(wanted: QueueFilter, most: int = TOTAL_MOST, *, sqlite: bool) -> Select[int]:
    """How many there are, at most `most` and one."""
    arms = [arm.limit(most + 1) for arm in _arms(wanted, "priority", None, sqlite=sqlite)]
    return total_of(together(arms), most)


def _arms(
    wanted: QueueFilter, order: QueueOrder, after: Place | None, *, sqlite: bool
) -> list[Select[*tuple[Any, ...]]]:
    """One select for each site. Only few are set aside: what else is asked for is looked at for each."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = []
    for site_id in wanted.site_ids:
        query = (
            select(SetAside.comment_id.label("id"), SetAside.rank.label("rank"))
            .join(Comment, Comment.id == SetAside.comment_id)
            .where(SetAside.site_id == site_id, *_listed(wanted), Comment.status == Status.PENDING)
            .where(*besides(wanted, search, site_id, SetAside.comment_id))
        )
        if after is not None:
            query = query.where(_beyond(order, after))
        arms.append(query.order_by(SetAside.rank.desc(), SetAside.comment_id))
    return arms


def _listed(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    if wanted.aside == "for_me":
        return [SetAside.for_id == wanted.aside_for, *_FOR_SOMEBODY]
    return [SetAside.kind == AsideKind(wanted.aside or AsideKind.HELD), _OPEN]


def besides(
    wanted: QueueFilter, search: Search | None, site_id: str, row_id: InstrumentedAttribute[str]
) -> list[ColumnElement[bool]]:
    """What else is asked for, of the comment with this id, which is joined."""
    found = narrowed(wanted)
    if search is not None:
        found.append(search.says(row_id))
    if wanted.rule:
        rule = select(CommentRule.rule).where(CommentRule.comment_id == row_id, CommentRule.rule == wanted.rule)
        found.append(rule.correlate(row_id.class_).scalar_subquery().is_not(None))
    if wanted.section:
        threads = select(Thread.id).where(Thread.site_id == site_id, Thread.section == wanted.section)
        found.append(Comment.thread_id.in_(threads).is_(True))
    if ways := [way for way in languages(wanted.language, site_id) if way is not None]:
        found.append(or_(*ways))
    if wanted.cluster:
        found.append(in_cluster(wanted.cluster))
    return found


def _beyond(order: QueueOrder, after: Place) -> ColumnElement[bool]:
    rank, comment_id = after
    if order == "newest":
        return SetAside.comment_id < comment_id
    if order == "oldest":
        return SetAside.comment_id > comment_id
    return or_(SetAside.rank < rank, and_(SetAside.rank == rank, SetAside.comment_id > comment_id))


def _ordered(query: Select[*tuple[Any, ...]], rank: Any, comment_id: Any, order: QueueOrder) -> Any:
    if order == "newest":
        return query.order_by(comment_id.desc())
    return query.order_by(comment_id) if order == "oldest" else query.order_by(rank.desc(), comment_id)


def open_ones(comment_ids: Collection[str]) -> Select[SetAside]:
    """Those of these comments that are set aside now."""
    return select(SetAside).where(SetAside.comment_id.in_(comment_ids), _OPEN)


def times_aside(comment_id: str, limit: int) -> Select[SetAside]:
    """The last times that the comment was set aside, newest first."""
    return select(SetAside).where(SetAside.comment_id == comment_id).order_by(SetAside.id.desc()).limit(limit)


def due_back(now: datetime, limit: int) -> Select[str, str, str]:
    """(row, comment, site) of what was held until now."""
    return (
        select(SetAside.id, SetAside.comment_id, SetAside.site_id)
        .where(*_UNTIL, SetAside.due_at <= now)
        .order_by(SetAside.due_at)
        .limit(limit)
    )


def held_for_nobody(limit: int) -> Select[str, str, str]:
    """(row, comment, site) of what is held for somebody who cannot decide there any more."""
    who = deciding_on(SetAside.site_id).where(Moderator.id == SetAside.for_id).correlate(SetAside)
    return (
        select(SetAside.id, SetAside.comment_id, SetAside.site_id)
        .where(*_FOR_SOMEBODY, SetAside.kind == AsideKind.HELD, ~who.exists())
        .limit(limit)
    )


def deciding_on(site_id: Any) -> Select[str, str]:
    """(id, name) of the moderators who may decide on the site, by name."""
    may = (
        select(Membership.moderator_id)
        .where(
            Membership.moderator_id == Moderator.id,
            Membership.site_id.in_(("", site_id)),
            Membership.role.in_(DECIDING),
        )
        # The site may be a column of the row that asks.
        .correlate(Moderator, SetAside)
    )
    return (
        select(Moderator.id, Moderator.name)
        .where(Moderator.disabled_at.is_(None), may.exists())
        .order_by(Moderator.name, Moderator.id)
    )


def waiting_again(comment_ids: Collection[str]) -> Select[str, str, int, datetime]:
    """(site, id, priority, when it came in) of those among these that wait in the common list."""
    aside = select(SetAside.comment_id).where(SetAside.comment_id.in_(comment_ids), _OPEN)
    return select(Comment.site_id, Comment.id, Comment.priority, Comment.created_at).where(
        Comment.id.in_(comment_ids), Comment.status == Status.PENDING, Comment.id.not_in(aside)
    )
