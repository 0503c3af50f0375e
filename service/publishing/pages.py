"""Pages of a thread, read off the indexes of `place`: each costs by its own length, whatever comes before and after."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Select, and_, bindparam, false, literal_column, select, text, true, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from models import DEEPEST, Ancestor, Comment, Place, Question
from models.database.prepared import Prepared
from service.errors import InvalidQuery
from service.moderation.editorial.marks import MOST_PINNED
from service.publishing.query import PageQuery, Sort, unknown_cursor

Key = tuple[str | int, ...]
Way = Literal["start", "from", "after", "before"]


class Shown(NamedTuple):
    """One comment as a page has it; the last three are what the orders sort by."""

    id: str
    parent_id: str | None
    replies: int
    rank: int
    turn: str
    key: str


_SHOWN = (Place.comment_id, Place.parent_id, Place.replies, Place.rank, Place.turn, Place.key)
# `oldest`: by time. `newest`, `top`: a conversation at a time, inside it by time.
_ORDERS: dict[Sort, tuple[str, ...]] = {
    "oldest": ("key",),
    "newest": ("turn", "key"),
    "top": ("rank", "turn", "key"),
}
_QUESTION_ORDERS: dict[Sort, tuple[str, ...]] = {
    "oldest": ("comment_id",),
    "newest": ("turn",),
    "top": ("rank", "turn"),
}
_SHAPES: dict[Sort, list[type]] = {"oldest": [str], "newest": [str, str], "top": [int, str, str]}


def read_page(
    session: Session, thread_id: str, asked: PageQuery, *, pins: bool = True
) -> tuple[list[Shown], str | None]:
    """The comments asked for, parents before their replies, and the cursor of the page after them.

    `pins`: whether something of the thread may be pinned.

    What is pinned stands first on the page that a walk begins with, and on none of the others. A cursor names a place,
    not a comment: it holds when that comment is gone meanwhile. Raises InvalidQuery for a foreign one.
    """
    after = None if asked.cursor is None else _read_cursor(asked.cursor, asked.sort)
    if asked.only is not None:
        return _questions(session, thread_id, asked, after)
    if asked.parent is not None and _find(session, thread_id, asked.parent) is None:
        return [], None
    pinned = _pinned(session, thread_id, asked) if pins else []
    part = _Part(session, thread_id, asked, [shown.id for shown in pinned])
    if after is not None:
        return _cut(part.read("after", after, asked.limit + 1), asked.limit, asked.sort)
    around = None if asked.around is None else _find(session, thread_id, asked.around)
    above = [] if around is None else _above(session, around.id)
    limit = asked.limit - len(pinned)
    if around is None or not _within(asked, above):
        first, cursor = _cut(part.read("start", (), limit + 1), limit, asked.sort)
        return pinned + first, cursor
    at = _sorts_by(around, asked.sort)
    before = part.read("before", at, limit // 2)
    found = before + part.read("from", at, limit + 1)
    here = {shown.id for shown in (*pinned, *found[:limit])}
    # What a reader needs above the comment asked for: its parent, that one's parent and so on.
    missing = [shown for shown in above if shown.id not in here]
    page, cursor = _cut(found, max(limit - len(missing), len(before) + 1), asked.sort)
    return pinned + missing + page, cursor


def _pinned(session: Session, thread_id: str, asked: PageQuery) -> list[Shown]:
    """What stands before everything else: of a whole thread, and where the page has room for more than that."""
    if asked.parent is not None or asked.limit <= MOST_PINNED:
        return []
    rows = _PINNED.found(session, {"thread_id": thread_id})
    return [Shown(*row) for row in rows]


def _questions(session: Session, thread_id: str, asked: PageQuery, after: Key | None) -> tuple[list[Shown], str | None]:
    """Questions with or without an answer, each with the answers that stand right below it."""
    order = _QUESTION_ORDERS[asked.sort]
    # Both sort alike, but for what only tells comments of one conversation apart.
    values = dict(zip(order, after, strict=False)) if after else {}
    statement = _questions_statement(asked.sort, asked.only == "answered", after is not None)
    rows = statement.found(session, {"whose": thread_id, "most": asked.limit + 1, **values})
    found, cursor = _cut([Shown(*row) for row in rows], asked.limit, asked.sort)
    if asked.only == "unanswered" or not found:
        return found, cursor
    below: defaultdict[str, list[Shown]] = defaultdict(list)
    for row in _ANSWERS.found(session, {"whose": thread_id, "ids": [shown.id for shown in found]}):
        answer = Shown(*row)
        below[answer.turn].append(answer)
    return [one for shown in found for one in (shown, *below[shown.turn])], cursor


@lru_cache(maxsize=64)
def _questions_statement(sort: Sort, answered: bool, goes_on: bool) -> Prepared:
    """Its parameters: `whose`, `most`, and, where it goes on, a value for each column of the order."""
    order = _QUESTION_ORDERS[sort]
    columns = [getattr(Question, name) for name in order]
    # In the words of the indexes.
    some = select(Question.comment_id, *(column.label(f"by_{column.key}") for column in columns)).where(
        Question.thread_id == bindparam("whose"),
        Question.answered == (true() if answered else false()),
        text("question.shown"),
    )
    if goes_on:
        there = tuple_(*(bindparam(name, type_=getattr(Question, name).type) for name in order))
        some = some.where(tuple_(*columns) > there)
    found = some.order_by(*columns).limit(bindparam("most")).subquery()
    shown: Any = select(*_SHOWN).join(found, found.c.comment_id == Place.comment_id)
    return Prepared(shown.order_by(*(found.c[f"by_{name}"] for name in order)), replan=True)


class _Part:
    """What a query chooses from: a thread or what is below one comment, and how many levels of it."""

    def __init__(self, session: Session, thread_id: str, asked: PageQuery, without: Sequence[str] = ()) -> None:
        self._session = session
        self._whose = thread_id if asked.parent is None else asked.parent
        self._beneath = asked.parent is not None
        self._sort = asked.sort
        self._without = without
        # Nothing is deeper than the deepest: then all levels are asked for.
        self._levels = None if asked.depth is None or asked.depth >= DEEPEST else asked.depth + 1

    def read(self, way: Way, key: Key, most: int) -> list[Shown]:
        """At most so many from, after or before a place, or from the start (without one), in the order asked for."""
        if most == 0:
            return []
        # Below one comment there is one conversation: all orders are that of time.
        order = ("key",) if self._beneath else _ORDERS[self._sort]
        values: dict[str, Any] = dict(zip(order, key[-len(order) :], strict=False))
        statement = _statement(self._beneath, order, self._levels, way, bool(self._without))
        if self._without:
            values["without"] = self._without
        rows = statement.found(self._session, {"whose": self._whose, "most": most, **values})
        return [Shown(*row) for row in rows]


@lru_cache(maxsize=512)
def _statement(beneath: bool, order: tuple[str, ...], levels: int | None, way: Way, without: bool = False) -> Prepared:
    """Its parameters: `whose`, `most`, a value for each column of the order, and `without`: ids that are left out."""
    if levels is None:
        some = _range(beneath, order, None, way, without).subquery()
    else:
        # A level has an index of its own: the first of each, and of those the first.
        ranges = [_range(beneath, order, level, way, without).subquery() for level in range(levels)]
        every = union_all(*(select(found) for found in ranges)).subquery()
        merged = [every.c[name].desc() if way == "before" else every.c[name] for name in order]
        some = select(every).order_by(*merged).limit(bindparam("most")).subquery()
    shown: Any = select(*_SHOWN).join(some, some.c.comment_id == Place.comment_id)
    return Prepared(shown.order_by(*(some.c[name] for name in order)), replan=True)


def _range(beneath: bool, order: tuple[str, ...], level: int | None, way: Way, without: bool) -> Select[Any]:
    # The conditions of the indexes stand word for word, since that is how SQLite recognises them.
    table: Any = Ancestor if beneath else Place
    query = select(table.comment_id, *(getattr(table, name) for name in order))
    if beneath:
        query = query.where(Ancestor.above_id == bindparam("whose"), text("ancestor.shown"))
        if level is not None:
            query = query.where(Ancestor.below == literal_column(str(level + 1)))
    else:
        query = query.where(Place.thread_id == bindparam("whose"), text("place.live > 0"))
        if level is not None:
            query = query.where(Place.depth == literal_column(str(level)))
    if without:
        query = query.where(table.comment_id.not_in(bindparam("without", expanding=True)))
    columns = [getattr(table, name) for name in order]
    here, there = tuple_(*columns), tuple_(*(bindparam(name, type_=getattr(table, name).type) for name in order))
    if way == "before":
        query = query.where(here < there).order_by(*(column.desc() for column in columns))
    else:
        if way != "start":
            query = query.where(here >= there if way == "from" else here > there)
        query = query.order_by(*columns)
    return query.limit(bindparam("most"))


# The first condition is the index's, word for word; by the second SQLite finds in it what it looks for.
IS_PINNED = and_(text("comment.pinned"), Comment.pinned, Comment.published_version.is_not(None))
_PINNED = Prepared(
    select(*_SHOWN)
    .join(Comment, Comment.id == Place.comment_id)
    .where(Comment.thread_id == bindparam("thread_id"), IS_PINNED)
    .order_by(Comment.id)
    .limit(MOST_PINNED)
)


# By their keys (`service.moderation.questions.key_of`), each conversation's off the index that has it in order.
_first = aliased(Place)
_ANSWERS = Prepared(
    select(*_SHOWN)
    .join(_first, and_(_first.thread_id == Place.thread_id, _first.turn == Place.turn))
    .where(
        _first.comment_id.in_(bindparam("ids", expanding=True)),
        Place.thread_id == bindparam("whose"),
        text("place.live > 0"),
        Place.key > _first.key.concat("0"),
        Place.key < _first.key.concat("1"),
    )
    .order_by(Place.turn, Place.key)
)


def _find(session: Session, thread_id: str, comment_id: str) -> Shown | None:
    """A comment of that thread that is shown."""
    row = session.execute(
        select(*_SHOWN).where(Place.comment_id == comment_id, Place.thread_id == thread_id, Place.live > 0)
    ).one_or_none()
    return None if row is None else Shown(*row)


def _above(session: Session, comment_id: str) -> list[Shown]:
    """What stands above it, the conversation's first comment first."""
    rows = session.execute(
        select(*_SHOWN)
        .join(Ancestor, Ancestor.above_id == Place.comment_id)
        .where(Ancestor.comment_id == comment_id)
        .order_by(Place.depth)
    )
    return [Shown(*row) for row in rows]


def _within(asked: PageQuery, above: list[Shown]) -> bool:
    """Whether a comment with these above it is among what was asked for."""
    ids = [shown.id for shown in above]
    if asked.parent is not None:
        if asked.parent not in ids:
            return False
        ids = ids[ids.index(asked.parent) + 1 :]
    return asked.depth is None or len(ids) <= asked.depth


def _cut(found: list[Shown], limit: int, sort: Sort) -> tuple[list[Shown], str | None]:
    page = found[:limit]
    return page, _cursor(sort, _sorts_by(page[-1], sort)) if len(found) > limit else None


def _sorts_by(shown: Shown, sort: Sort) -> Key:
    values: Key = shown.rank, shown.turn, shown.key
    return values[-len(_ORDERS[sort]) :]


def _cursor(sort: Sort, key: Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, *key])).rstrip(b"=").decode("ascii")


def _read_cursor(cursor: str, sort: Sort) -> Key:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts = msgspec.json.decode(raw, type=list[str | int])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidQuery(errors=[unknown_cursor()]) from None
    if not parts or parts[0] != sort or [type(part) for part in parts[1:]] != _SHAPES[sort]:
        raise InvalidQuery(errors=[unknown_cursor()])
    return tuple(parts[1:])
