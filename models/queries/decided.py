"""What was decided lately, by the status that a comment has now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select, true

from models.comment import Comment, CommentVersion, SearchEntry, Status
from models.database.ids import first_id
from models.decision import Decision
from models.queries.arms import counted, gathered, together
from models.queries.conditions import is_judged, is_status, stretch
from models.queries.search import Search
from models.thread import Thread


def decided_lately(
    site_ids: Collection[str],
    status: Status,
    since: datetime,
    limit: int,
    q: str = "",
    *,
    walk: int | None = None,
    sqlite: bool,
) -> Select[str]:
    """Ids of the decisions that gave comments the status that they have now, newest first, none before `since`.

    With `q` only for many comments that say it: see `gathered_lately`. `walk`: only among the last so many of a site.
    """
    arms = []
    for site_id in site_ids:
        arm = (
            select(Decision.id, Decision.comment_id, Decision.to_status)
            .where(
                Decision.site_id == site_id,
                stretch(Decision.to_status, status, Decision.id, after=first_id(since)),
            )
            .order_by(Decision.to_status.desc(), Decision.id.desc())
        )
        if not q:
            arm = arm.join(Comment, and_(Comment.id == Decision.comment_id, Comment.revision == Decision.revision))
            arms.append(arm.limit(limit))
            continue
        rows = arm.limit(walk).subquery()
        says = Search(q, sqlite=sqlite).says(rows.c.comment_id, SearchEntry.decision_id == rows.c.id)
        arm = select(rows.c.id, rows.c.comment_id, rows.c.to_status).where(says)
        # SQLite goes through these in the order that they have, and would look at all of them to sort them once more.
        arms.append((arm if sqlite else arm.order_by(rows.c.to_status.desc(), rows.c.id.desc())).limit(limit))
    found = together(arms)
    return select(found.c.id).order_by(found.c.id.desc()).limit(limit)


def gathered_lately(
    site_ids: Collection[str], status: Status, since: datetime, limit: int, q: str, *, most: int, sqlite: bool
) -> Select[int, str]:
    """(how many comments with this status say `q` at all, decision) as `decided_lately`, for at most `most`.

    Where none was decided since, one row without a decision.
    """
    search = Search(q, sqlite=sqlite)
    arms = []
    for site_id in site_ids:
        source, conditions = search.entries(site_id, status)
        arms.append(select(SearchEntry.decision_id.label("id")).select_from(source).where(*conditions))
    found = gathered([arm.limit(most + 1) for arm in arms], most)
    lately = select(found.c.id).where(found.c.id >= first_id(since)).order_by(found.c.id.desc()).limit(limit)
    shown, total = lately.subquery("page"), counted(found)
    query = select(total.c.total, shown.c.id).select_from(total.outerjoin(shown, true()))
    return query.order_by(shown.c.id.desc())


def lately_guessed(
    site_ids: Collection[str], status: Status, q: str
) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """What says `q`, and what a walk goes through to meet it: for PostgreSQL's planner to guess how many they are."""
    search = Search(q, sqlite=False)
    fits = [search.entries(site_id, status) for site_id in site_ids]
    passed = (Comment.site_id.in_(site_ids), is_status(Comment.status, status), is_judged())
    return (
        select(together([select(SearchEntry.comment_id).select_from(source).where(*says) for source, says in fits])),
        select(Comment.id).where(*passed),
    )


def decision_rows(decision_ids: Collection[str]) -> Select[Decision, Comment, CommentVersion, Thread]:
    """Decisions with their comment, the text that they are about, and its thread; newest first."""
    return (
        select(Decision, Comment, CommentVersion, Thread)
        .join(Comment, and_(Comment.id == Decision.comment_id, Comment.revision == Decision.revision))
        .join(
            CommentVersion,
            and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Decision.version_n),
        )
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Decision.id.in_(decision_ids))
        .order_by(Decision.id.desc())
    )
