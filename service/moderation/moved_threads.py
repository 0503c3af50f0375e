"""What the row of a thread says of the comments in it: its version, how many are published, and which page it stands
under, as readers see it, where the newsroom has not said so."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, case, func, null, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models import Comment, Thread
from models.database.bulk import Bulk, run_together
from service.moderation.moves import Move
from service.moderation.places import follow

_thread: Any = Thread.__table__
_naming = aliased(Comment)


def _told(column: InstrumentedAttribute[str | None]) -> ColumnElement[str]:
    """What the first published comment of a thread says of its page, of those that say anything; an index has them in
    order. Only a post that is published counts: what was refused, or taken down since, names no page."""
    first = (
        select(column)
        .where(
            _naming.thread_id == _thread.c.id,
            _naming.published_version.is_not(None),
            _naming.page_url.is_not(None),
        )
        .order_by(_naming.id)
        .limit(1)
        .correlate(_thread)
        .scalar_subquery()
    )
    return func.coalesce(first, "")


# What a thread's row says of its page, to be set in an update.
PAGE = {"url": _told(_naming.page_url), "title": _told(_naming.page_title)}

_MOVE_THREAD = Bulk.update(
    lambda row: (
        update(_thread)
        .where(_thread.c.id == row["id"])
        .values(
            version=_thread.c.version + 1,
            # Places that were right stay right: `follow` sees to it, or says that they are lost.
            placed_version=case(
                (row["lost"], null()),
                (_thread.c.placed_version == _thread.c.version, _thread.c.version + 1),
                else_=_thread.c.placed_version,
            ),
            published_count=_thread.c.published_count + row["delta"],
            **{name: case((row["named"], told), else_=_thread.c[name]) for name, told in PAGE.items()},
        )
    ),
    {"id": _thread.c.id.type, "delta": _thread.c.published_count.type, "lost": Boolean(), "named": Boolean()},
)
# Which there are, whether the places there are right, whether their page may have to be named, and whether they are
# threads of questions.
LOCK_THREADS = Bulk.select(
    lambda row: (
        select(
            _thread.c.id,
            _thread.c.version == _thread.c.placed_version,
            ~_thread.c.verified & or_(row["taken"], _thread.c.published_count == 0, _thread.c.url == ""),
            _thread.c.questions,
        )
        .where(_thread.c.id == row["id"])
        .order_by(_thread.c.id)
        .with_for_update(of=_thread, key_share=True)
    ),
    {"id": _thread.c.id.type, "taken": Boolean()},
)


def seen_threads(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """The threads in which something changes for the public, and whether something is taken from it."""
    taken = {move.standing.thread_id for move in moves if move.published_delta < 0}
    return [{"id": id_, "taken": id_ in taken} for id_ in {move.standing.thread_id for move in moves if move.visible}]


def follow_threads(connection: Connection, moves: Sequence[Move], threads: Sequence[Any]) -> None:
    """Counts and places again what changed for the public, and renews the documents of these threads, which are locked
    and as `LOCK_THREADS` found them."""
    if not threads:
        return
    deltas: defaultdict[str, int] = defaultdict(int)
    for move in moves:
        if move.visible:
            deltas[move.standing.thread_id] += move.published_delta
    placed = {row[0] for row in threads if row[1]}
    questions = {row[0] for row in threads if row[3]}
    there = [move for move in moves if move.visible and move.standing.thread_id in placed]
    places, lost = follow(connection, there, questions)
    rows = [
        {"id": id_, "delta": deltas[id_], "lost": id_ in lost, "named": bool(named)} for id_, _, named, _ in threads
    ]
    run_together(connection, [(_MOVE_THREAD, rows), *places])


def renew(thread: Thread) -> None:
    """What the public sees of this thread, whose row is locked, has changed, and nothing in it has moved: documents
    built before this are stale."""
    if thread.placed_version == thread.version:
        thread.placed_version += 1
    thread.version += 1


def make_anew(thread: Thread) -> None:
    """The places of this thread, whose row is locked, are to be in another order, and with that its documents."""
    thread.version += 1
    thread.placed_version = None
