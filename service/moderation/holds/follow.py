"""What becomes of a comment that was set aside when it is moved: part of the move's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from models import SetAside, Status
from models.database.bulk import Bulk, Work
from service.moderation.moves import Action, Move

_aside: Any = SetAside.__table__
_IS_OPEN = _aside.c.ended_at.is_(None)
_END = Bulk.update(
    lambda row: (
        update(_aside)
        .where(_aside.c.comment_id == row["id"], _IS_OPEN)
        .values(ended_at=row["at"], ended_kind=row["kind"], ended_by=row["by"], decision_id=row["decision"])
    ),
    {
        "id": _aside.c.comment_id.type,
        "at": _aside.c.ended_at.type,
        "kind": _aside.c.ended_kind.type,
        "by": _aside.c.ended_by.type,
        "decision": _aside.c.decision_id.type,
    },
)


def ended(moves: Sequence[Move], now: datetime) -> Work:
    """Ends what the moves decide, where it is run: with the comments' rows locked, and before `follow`.

    An edit leaves it where it was: nobody's writer takes a question back. So does whoever has only looked, or has cut a
    passage.
    """
    rows = [
        {
            "id": move.standing.id,
            "at": now,
            "kind": move.cause.kind,
            "by": move.cause.actor_id,
            "decision": move.decision_id,
        }
        for move in moves
        if _known(move) and not _stays(move)
    ]
    return [(_END, rows)]


def follow(connection: Connection, moves: Sequence[Move]) -> list[Move]:
    """Opens again what the moves take back; the moves, those that leave a comment set aside marked so."""
    aside: set[str] = set()
    staying = [move.standing.id for move in moves if _known(move) and _stays(move)]
    if staying:
        rows = connection.execute(select(_aside.c.comment_id).where(_aside.c.comment_id.in_(staying), _IS_OPEN))
        aside.update(rows.scalars())
    for move in filter(_known, moves):
        if move.cause.undoes is not None and move.after.status is Status.PENDING:
            opened = connection.execute(
                update(_aside)
                .where(_aside.c.comment_id == move.standing.id, _aside.c.decision_id == move.cause.undoes)
                .values(ended_at=None, ended_kind=None, ended_by=None, decision_id=None, answer=None)
            )
            if opened.rowcount:
                aside.add(move.standing.id)
    return [replace(move, aside=True) if move.standing.id in aside else move for move in moves]


def _stays(move: Move) -> bool:
    to, old = move.after.status, move.standing.status
    if to is Status.RECEIVED:
        return True
    return to is Status.PENDING and (old is Status.RECEIVED or (old is to and move.cause.action is not Action.PENDING))


def _known(move: Move) -> bool:
    """What nobody has ever moved was never set aside: the worker asks for nothing here."""
    return move.standing.revision > 0
