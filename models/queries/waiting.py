"""What waits for a person in the list that all share: since when, how much, what is first."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal_column, select

from models.comment import Comment, Status
from models.database.ids import first_id
from models.queries.arms import TOTAL_MOST, together
from models.queries.conditions import is_judged, is_status, not_aside, on_sites, stretch
from models.site import Site


def any_comment(site_ids: Collection[str] | None) -> Select[str]:
    """The id of some comment, if there ever was one."""
    return select(Comment.id).where(*on_sites(Comment.site_id, site_ids)).limit(1)


def oldest_pending(site_ids: Collection[str]) -> Select[datetime]:
    """When the comment that has waited longest for a person came in."""
    arms = [
        select(Comment.id, Comment.created_at)
        .where(
            Comment.site_id == site_id,
            stretch(Comment.status, Status.PENDING, Comment.id),
            not_aside(Comment.id, site_id),
        )
        .order_by(Comment.status, Comment.id)
        .limit(1)
        for site_id in site_ids
    ]
    found = together(arms)
    return select(found.c.created_at).order_by(found.c.id).limit(1)


def reviewed_lately(site_ids: Collection[str], since: datetime) -> Select[int, int]:
    """(how many, how many of them a person has looked at) of what is published and came in since: the newest
    `TOTAL_MOST` of each site."""
    arms = [
        select(Comment.id, Comment.reviewed_at)
        .where(Comment.site_id == site_id, stretch(Comment.status, Status.APPROVED, Comment.id, after=first_id(since)))
        .order_by(Comment.status.desc(), Comment.id.desc())
        .limit(TOTAL_MOST)
        for site_id in site_ids
    ]
    found = together(arms)
    return select(func.count(), func.count(found.c.reviewed_at))


def first_pending(site_id: str, limit: int) -> Select[str, int, datetime]:
    """(id, priority, when it came in) of what waits for a person on a site, most urgent first."""
    return (
        select(Comment.id, Comment.priority, Comment.created_at)
        .where(Comment.site_id == site_id, is_status(Comment.status, Status.PENDING), is_judged())
        .where(not_aside(Comment.id, site_id))
        .order_by(Comment.priority.desc(), Comment.id)
        .limit(limit)
    )


def pending_counts(site_ids: Collection[str], most: int | None = None) -> Select[str, int]:
    """(site, how many of its comments wait), exact or at most `most` and one."""
    wait: Select[Any] = select(literal_column("1")).where(
        Comment.site_id == Site.id, is_status(Comment.status, Status.PENDING), is_judged(), not_aside(Comment.id)
    )
    if most is not None:
        wait = wait.limit(most + 1)
    counted = select(func.count()).select_from(wait.correlate(Site).subquery()).scalar_subquery()
    return select(Site.id, counted).where(Site.id.in_(site_ids))


def still_waiting(comment_ids: Collection[str]) -> Select[str]:
    """The ids among these that wait in that list."""
    return select(Comment.id).where(
        Comment.id.in_(comment_ids), Comment.status == Status.PENDING, not_aside(Comment.id)
    )


def standing_so(comment_ids: Collection[str], status: Status) -> Select[str]:
    """The ids among these that have this status, set aside or not."""
    return select(Comment.id).where(Comment.id.in_(comment_ids), Comment.status == status)


def waiting_after(site_id: str, last: str, limit: int) -> Select[str, int, datetime]:
    """As `first_pending`, by id: those after `last`."""
    return (
        select(Comment.id, Comment.priority, Comment.created_at)
        .where(Comment.site_id == site_id, Comment.status == Status.PENDING, Comment.id > last)
        .where(not_aside(Comment.id, site_id))
        .order_by(Comment.id)
        .limit(limit)
    )
