"""What readers ask in threads of questions and the newsroom has not answered: a list of its own."""

from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, text

from models.comment import Comment
from models.queries.arms import TOTAL_MOST, together, total_of
from models.queries.conditions import is_status
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from models.queries.search import Search
from models.queries.set_aside import besides
from models.thread import Question

# In the words of the index.
_WAITING = (text("question.shown"), text("NOT question.answered"))


def unanswered_page(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, sqlite: bool
) -> Select[str, int]:
    """(id, 0) of the first questions; by priority those that have waited longest."""
    found = together([arm.limit(limit) for arm in _arms(wanted, order, after, sqlite=sqlite)])
    by = found.c.id.desc() if order == "newest" else found.c.id
    return select(found.c.id, found.c.priority).order_by(by).limit(limit)


def unanswered_total(wanted: QueueFilter, most: int = TOTAL_MOST, *, sqlite: bool) -> Select[int]:
    """How many there are, at most `most` and one."""
    return total_of(together([arm.limit(most + 1) for arm in _arms(wanted, "oldest", None, sqlite=sqlite)]), most)


def _arms(
    wanted: QueueFilter, order: QueueOrder, after: Place | None, *, sqlite: bool
) -> list[Select[*tuple[Any, ...]]]:
    """One select for each site. What else is asked for is looked at for each that comes along."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = []
    for site_id in wanted.site_ids:
        tests: list[ColumnElement[bool]] = besides(wanted, search, site_id, Question.comment_id)
        query: Select[*tuple[Any, ...]] = select(Question.comment_id.label("id"), literal_column("0").label("priority"))
        query = query.where(Question.site_id == site_id, *_WAITING)
        if tests or wanted.status is not None:
            if wanted.status is not None:
                tests.append(is_status(Comment.status, wanted.status))
            query = query.join(Comment, Comment.id == Question.comment_id).where(*tests)
        if after is not None:
            seen = Question.comment_id
            query = query.where(seen < after[1] if order == "newest" else seen > after[1])
        last, by = (Question.site_id, Question.comment_id)
        arms.append(query.order_by(last.desc(), by.desc()) if order == "newest" else query.order_by(last, by))
    return arms
