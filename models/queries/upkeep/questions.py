"""What is kept of questions, next to the same counted anew."""

from collections.abc import Collection

from sqlalchemy import Select, and_, func, literal, or_, select, text, union_all

from models.comment import STAFF, Comment
from models.thread import Ancestor, Place, Question, Thread

# In the words of the indexes.
_ANSWERS = (
    select(func.count())
    .select_from(Ancestor)
    .join(Comment, Comment.id == Ancestor.comment_id)
    .where(Ancestor.above_id == Place.comment_id, text("ancestor.shown"), Comment.badge == STAFF)
    .correlate(Place)
    .scalar_subquery()
)
_RIGHT = Thread.version == func.coalesce(Thread.placed_version, -1)
_BY_A_READER = func.coalesce(Comment.badge, "") != STAFF


def questions_astray(thread_ids: Collection[str]) -> Select[str, str, bool]:
    """(thread, comment, whether it is a question) of those that are kept otherwise than they are, in threads whose
    places are said to be right: one look at one moment."""
    published = Comment.published_version.is_not(None)
    wrong = or_(
        Question.comment_id.is_(None),
        Question.thread_id != Thread.id,
        Question.site_id != Thread.site_id,
        Question.turn != Place.turn,
        Question.rank != -Comment.votes,
        Question.shown != published,
        Question.answers != _ANSWERS,
        Question.answered != (Question.answers > 0),
    )
    # By the comments: hidden places are in no index of their thread.
    questions = (
        select(Thread.id, Comment.id.label("comment_id"), literal(True).label("is_question"))
        .join(Comment, Comment.thread_id == Thread.id)
        .join(Place, Place.comment_id == Comment.id)
        .outerjoin(Question, Question.comment_id == Comment.id)
        .where(Thread.id.in_(thread_ids), Thread.questions, _RIGHT, Place.depth == 0, _BY_A_READER, wrong)
    )
    # What nobody is shown may stay: it is in no list.
    others = (
        select(Thread.id, Question.comment_id, literal(False))
        .join(Question, Question.thread_id == Thread.id)
        .outerjoin(Place, and_(Place.comment_id == Question.comment_id, Place.depth == 0))
        .outerjoin(Comment, Comment.id == Question.comment_id)
        .where(
            Thread.id.in_(thread_ids),
            _RIGHT,
            text("question.shown"),
            or_(~Thread.questions, Place.comment_id.is_(None), Comment.id.is_(None), ~_BY_A_READER),
        )
    )
    found = union_all(questions, others).subquery()
    return select(found.c.id, found.c.comment_id, found.c.is_question).order_by(found.c.id, found.c.comment_id)
