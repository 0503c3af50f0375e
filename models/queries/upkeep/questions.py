"""What is kept of questions, next to the same counted anew."""

from collections.abc import Collection

from sqlalchemy import Select, func, literal, or_, select, text, union_all
from sqlalchemy.orm import aliased

from models.comment import STAFF, Comment
from models.thread import Ancestor, Place, Question, Thread

_BY_A_READER = func.coalesce(Comment.badge, "") != STAFF
_PLACES_ARE_RIGHT = Thread.version == func.coalesce(Thread.placed_version, -1)
# What follows is looked up for one comment each: joined, it could be read through as a whole.
_ANSWER = aliased(Comment)
# In the words of the indexes.
_ANSWERS = (
    select(func.count())
    .select_from(Ancestor)
    .join(_ANSWER, _ANSWER.id == Ancestor.comment_id)
    .where(Ancestor.above_id == Question.comment_id, text("ancestor.shown"), _ANSWER.badge == STAFF)
    .correlate(Question)
    .scalar_subquery()
)
# A comment has its turn among the questions at the top of its thread only.
_TURN = select(Place.turn).where(Place.comment_id == Comment.id, Place.depth == 0).correlate(Comment).scalar_subquery()
_KEPT_RIGHT = (
    select(literal(1))
    .where(
        Question.comment_id == Comment.id,
        Question.thread_id == Thread.id,
        Question.site_id == Thread.site_id,
        Question.turn == _TURN,
        Question.rank == -Comment.votes,
        Question.shown == Comment.published_version.is_not(None),
        Question.answers == _ANSWERS,
        Question.answered == (Question.answers > 0),
    )
    .correlate(Comment, Thread)
    .scalar_subquery()
)
_IS_QUESTION = (
    select(literal(1))
    .select_from(Place)
    .join(Comment, Comment.id == Place.comment_id)
    .where(Place.comment_id == Question.comment_id, Place.depth == 0, _BY_A_READER)
    .correlate(Question)
    .scalar_subquery()
)


def questions_astray(thread_ids: Collection[str]) -> Select[str, str, bool]:
    """(thread, comment, whether it is a question) of those that are kept otherwise than they are, in threads whose
    places are said to be right: one look at one moment."""
    # By the comments: hidden places are in no index of their thread.
    questions = (
        select(Thread.id, Comment.id.label("comment_id"), literal(True).label("is_question"))
        .join(Comment, Comment.thread_id == Thread.id)
        .where(Thread.id.in_(thread_ids), Thread.questions, _PLACES_ARE_RIGHT, _BY_A_READER)
        .where(_TURN.is_not(None), _KEPT_RIGHT.is_(None))
    )
    # What nobody is shown may stay: it is in no list.
    others = (
        select(Thread.id, Question.comment_id, literal(False))
        .join(Question, Question.thread_id == Thread.id)
        .where(Thread.id.in_(thread_ids), _PLACES_ARE_RIGHT, text("question.shown"))
        .where(or_(~Thread.questions, _IS_QUESTION.is_(None)))
    )
    found = union_all(questions, others).subquery()
    return select(found.c.id, found.c.comment_id, found.c.is_question).order_by(found.c.id, found.c.comment_id)
