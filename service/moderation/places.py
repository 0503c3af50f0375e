"""Where comments stand in their threads: kept row by row as they come and go, and made anew a thread at a time.

Readers' pages are read off these rows (`models.Place`), so that a page costs the same in a thread of fifty comments and
of fifty thousand. All of it happens under the thread's lock.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, select, update

from models import DEEPEST, Ancestor, Comment, Place, Thread
from models.database.bulk import Bulk, Work
from models.database.ids import reverse
from models.queries.places import ABOVE, MOVED, PLACES, PUBLISHED_ONCE, Moved, Row
from service.moderation.moves import Move
from service.moderation.questions import Asked, asked_in, follow_questions, key_of, replace_questions
from service.wiring import Services

# Comments that are placed in one transaction, where that is free to choose: a tenth of a second's work.
STEP = 1_000
# Longer keys do not go on from their parent's: PostgreSQL refuses rows of an index above 2,704 bytes.
LONGEST_KEY = 27 * (DEEPEST + 1)
# Rows of one statement: a server gets them as one document.
ROWS_AT_ONCE = 5_000

_place: Any = Place.__table__
_ancestor: Any = Ancestor.__table__
# Columns that a `Placed` has by the same names.
_KEPT = ("parent_id", "depth", "key", "turn", "rank", "live", "replies")
_INSERT_PLACES = Bulk.insert(_place)
_INSERT_ANCESTORS = Bulk.insert(_ancestor)
_ADD = Bulk.update(
    lambda row: (
        update(_place)
        .where(_place.c.comment_id == row["id"])
        .values(
            live=_place.c.live + row["live"],
            replies=_place.c.replies + row["replies"],
            rank=func.coalesce(row["rank"], _place.c.rank),
        )
    ),
    {"id": _place.c.comment_id.type, "live": Integer(), "replies": Integer(), "rank": Integer()},
)
_SHOW = Bulk.update(
    lambda row: update(_ancestor).where(_ancestor.c.comment_id == row["id"]).values(shown=row["shown"]),
    {"id": _ancestor.c.comment_id.type, "shown": _ancestor.c.shown.type},
)
_VOTES = select(Comment.id, Comment.votes).where(Comment.id.in_(bindparam("ids", expanding=True)))


@dataclass(slots=True)
class Placed:
    """A row of `place`, with the ids of the comments above it, the conversation's first one first."""

    id: str
    parent_id: str | None
    key: str
    turn: str
    rank: int
    above: tuple[str, ...]
    live: int = 0
    replies: int = 0

    @property
    def depth(self) -> int:
        return len(self.above)


def place_under(comment_id: str, votes: int, parent: Placed | None, answer: bool | None = None) -> Placed:
    """Where a comment goes that replies to `parent`; beside it, when that one stands as deep as any can.

    `answer`: in a thread of questions, whether the newsroom wrote it.
    """
    if parent is None:
        return Placed(comment_id, None, comment_id, reverse(comment_id), -votes, ())
    above = (*parent.above, parent.id)[:DEEPEST]
    # Clocks of two machines may differ: a reply whose id sorts before its parent's goes right after it.
    key = comment_id if parent.key < comment_id else parent.key + comment_id
    if answer is not None:
        key = key_of(comment_id, above[0], parent.key, answer=answer)
    if len(key) > LONGEST_KEY:
        key = parent.key[: -len(comment_id)] + comment_id
    return Placed(comment_id, above[-1], key, parent.turn, parent.rank, above)


def place_all(rows: Iterable[Row], *, questions: bool = False) -> list[Placed]:
    """Rows of one thread -> their places, parents before their replies. One whose parent is unknown comes first."""
    known = {row.id: row for row in rows}
    below: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in known.values():
        below[row.parent_id if row.parent_id in known else None].append(row)
    places: dict[str, Placed] = {}
    todo = list(below[None])
    for row in todo:
        answer = row.staff if questions else None
        placed = places[row.id] = place_under(row.id, row.votes, places.get(row.parent_id or ""), answer)
        if row.published:
            placed.live = 1
            for above in placed.above:
                places[above].live += 1
            if placed.above:
                places[placed.above[-1]].replies += 1
        todo.extend(below.get(row.id, ()))
    return list(places.values())


def place_in_steps(services: Services, thread_id: str) -> None:
    """Makes the places of one thread anew, some at a time, so that nobody waits for long to write.

    Leaves off where they are right, and where the thread moves meanwhile: then it is to be called again.
    """
    with services.read() as session:
        version = session.scalars(select(Thread.version).where(Thread.id == thread_id)).one()
        places, asked = _read_all(session.connection(), thread_id)
    for start in range(0, max(1, len(places)), STEP):
        with services.write() as session:
            connection = session.connection()
            if _wrong_at(connection, thread_id) != version:
                return
            # Of an earlier try, or of another process that does the same.
            _replace(connection, thread_id, places[start : start + STEP], asked)
            if start + STEP >= len(places):
                _trust(connection, thread_id, version)


def place_thread(connection: Connection, thread_id: str) -> None:
    """Makes the places of one thread anew, unless they are right, while nobody else moves it. The caller commits."""
    version = _wrong_at(connection, thread_id)
    if version is not None:
        _replace(connection, thread_id, *_read_all(connection, thread_id))
        _trust(connection, thread_id, version)


def _wrong_at(connection: Connection, thread_id: str) -> int | None:
    """Takes the thread's lock; its version, or None where its places are right."""
    found = connection.execute(
        select(Thread.version, Thread.placed_version).where(Thread.id == thread_id).with_for_update(key_share=True)
    ).one()
    return None if found.version == found.placed_version else int(found.version)


def _read_all(connection: Connection, thread_id: str) -> tuple[list[Placed], Mapping[str, Asked]]:
    """The places of a thread, and of its questions how they stand."""
    questions = bool(connection.scalar(select(Thread.questions).where(Thread.id == thread_id)))
    rows = [Row(*row) for row in connection.execute(PUBLISHED_ONCE, {"thread_id": thread_id})]
    places = place_all(rows, questions=questions)
    if not questions:
        return places, {}
    known = {row.id: row for row in rows}
    firsts = ((known[placed.id], placed.above[0] if placed.above else None) for placed in places)
    return places, asked_in((row.id, first_id, row.published, row.staff) for row, first_id in firsts)


def _replace(connection: Connection, thread_id: str, places: Sequence[Placed], asked: Mapping[str, Asked]) -> None:
    for start in range(0, len(places), STEP):
        some = places[start : start + STEP]
        for table in (_ancestor, _place):
            connection.execute(delete(table).where(table.c.comment_id.in_([placed.id for placed in some])))
        replace_questions(connection, thread_id, {placed.id: placed.rank for placed in some}, asked)
        for bulk, rows in _inserted((thread_id, placed) for placed in some):
            for at in range(0, len(rows), ROWS_AT_ONCE):
                bulk.run(connection, rows[at : at + ROWS_AT_ONCE])


def _trust(connection: Connection, thread_id: str, version: int) -> None:
    connection.execute(update(Thread).where(Thread.id == thread_id).values(placed_version=version))


def follow(connection: Connection, moves: Sequence[Move], questions: Collection[str] = ()) -> tuple[Work, set[str]]:
    """Keeps the places of threads that are locked and right, after `moves` were written there; `questions`: in which
    of these threads readers ask and the newsroom answers.

    Returns what is still to be run for that, and the threads whose places are not right any more: what is to be
    counted there was never placed.
    """
    published = {move.standing.id: move.published_delta for move in moves if move.published_delta}
    if not published:
        return [], set()
    rows = [Moved(*row) for row in MOVED.found(connection, _rows_of(published))]
    appearing = [row for row in rows if not row.placed and published[row.id] > 0]
    lost = {row.thread_id for row in rows if not row.placed and published[row.id] < 0}
    new, unplaced = _place_new(connection, appearing, questions)
    lost |= unplaced
    kept = {row.id for row in rows if row.thread_id not in lost}
    new = {id_: placed for id_, placed in new.items() if id_ in kept}
    counts = _count(connection, {id_: delta for id_, delta in published.items() if id_ in kept}, new)
    threads = {row.id: row.thread_id for row in appearing}
    work = [*_inserted([(threads[id_], placed) for id_, placed in new.items()]), *counts]
    if asked := [row for row in rows if row.thread_id in questions and row.id in kept]:
        above = {id_: placed.above for id_, placed in new.items()}
        above |= {id_: tuple(ids) for id_, ids in _above(connection, [row.id for row in asked if row.placed]).items()}
        work += follow_questions(connection, asked, published, above, {id_: new[id_].rank for id_ in new})
    return work, lost


def find_placed(connection: Connection, comment_ids: Collection[str]) -> dict[str, Placed]:
    """The places of these comments, by id; one that was never published is missing."""
    if not comment_ids:
        return {}
    above = _above(connection, comment_ids)
    return {
        id_: Placed(id_, parent_id, key, turn, rank, tuple(above.get(id_, ())))
        for id_, parent_id, key, turn, rank, _ in PLACES.found(connection, _rows_of(comment_ids))
    }


def _place_new(
    connection: Connection, rows: Sequence[Moved], questions: Collection[str]
) -> tuple[dict[str, Placed], set[str]]:
    """Where comments go that have no place yet, counted there and not above, by id; and the threads where a comment's
    neighbours are missing."""
    # One that was replied to before it ever appeared: the replies stand elsewhere.
    lost: set[str] = {row.thread_id for row in rows if row.replied}
    places = find_placed(connection, {row.parent_id for row in rows if row.parent_id is not None})
    made: dict[str, Placed] = {}
    # By id, as a reply is made after its parent.
    for row in sorted(rows, key=lambda row: str(row.id)):
        parent = None
        if row.parent_id is not None:
            parent = made.get(row.parent_id) or places.get(row.parent_id)
            if parent is None:
                lost.add(row.thread_id)
                continue
        answer = row.staff if row.thread_id in questions else None
        made[row.id] = place_under(row.id, row.votes, parent, answer)
        made[row.id].live = 1
    return made, lost


def _count(connection: Connection, published: Mapping[str, int], new: Mapping[str, Placed]) -> Work:
    """Adds to the counts of these comments and of all above them, and shows or hides what that brings up or down.

    `new`: those that are still to be inserted, with themselves counted; what comes under them is added there. Returns
    what is to be run for the others.
    """
    above: Mapping[str, Sequence[str]] = {id_: placed.above for id_, placed in new.items()}
    old = [id_ for id_ in published if id_ not in new]
    if old:
        above = {**_above(connection, old), **above}
    live: Counter[str] = Counter()
    replies: Counter[str] = Counter()
    for comment_id, delta in published.items():
        ancestors = above.get(comment_id, ())
        for id_ in ancestors if comment_id in new else (comment_id, *ancestors):
            live[id_] += delta
        if ancestors:
            replies[ancestors[-1]] += delta
    for id_ in live.keys() & new.keys():
        new[id_].live += live.pop(id_)
        new[id_].replies += replies.pop(id_, 0)
    if not live:
        return []
    before = {comment_id: count for comment_id, *_, count in PLACES.found(connection, _rows_of(live))}
    turned = [
        {"id": id_, "shown": count + live[id_] > 0}
        for id_, count in before.items()
        if (count > 0) is not (count + live[id_] > 0)
    ]
    ranks = _ranks_back(connection, above, {str(row["id"]) for row in turned if row["shown"]})
    for id_ in ranks.keys() & new.keys():
        new[id_].rank = ranks[id_]
    added = [{"id": id_, "live": live[id_], "replies": replies[id_], "rank": ranks.get(id_)} for id_ in sorted(live)]
    return [(_ADD, added), (_SHOW, turned)]


def _ranks_back(connection: Connection, above: Mapping[str, Sequence[str]], back: Collection[str]) -> dict[str, int]:
    """The ranks of comments that come back, and of what comes under them: their conversation may have been voted for
    while they were hidden."""
    tops: dict[str, str] = {}
    for comment_id, ancestors in above.items():
        way = (*ancestors, comment_id)
        if not set(way).isdisjoint(back):
            tops |= dict.fromkeys(way, way[0])
    if not tops:
        return {}
    votes = dict(connection.execute(_VOTES, {"ids": sorted(set(tops.values()))}).all())
    return {comment_id: -votes[top] for comment_id, top in tops.items() if top in votes}


def _above(connection: Connection, comment_ids: Collection[str]) -> dict[str, list[str]]:
    """The ids above each of these comments, the conversation's first one first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for comment_id, above_id in ABOVE.found(connection, _rows_of(comment_ids)):
        found[comment_id].append(above_id)
    return found


def _rows_of(comment_ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": comment_id} for comment_id in comment_ids]


def _inserted(places: Iterable[tuple[str, Placed]]) -> Work:
    """What inserts these, each with its thread."""
    places = list(places)
    return [
        (
            _INSERT_PLACES,
            [
                {
                    "comment_id": placed.id,
                    "thread_id": thread_id,
                    **{name: getattr(placed, name) for name in _KEPT},
                }
                for thread_id, placed in places
            ],
        ),
        (
            _INSERT_ANCESTORS,
            [
                {
                    "comment_id": placed.id,
                    "above_id": above_id,
                    "below": placed.depth - at,
                    "key": placed.key,
                    "shown": placed.live > 0,
                }
                for _, placed in places
                for at, above_id in enumerate(placed.above)
            ],
        ),
    ]
