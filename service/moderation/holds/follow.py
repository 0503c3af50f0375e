"""What becomes of a comment that was set aside when it is moved: part of the move's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from models import SetAside, Status
from service.moderation.moves import Action, Move

_aside: Any = SetAside.__table__
_IS_OPEN = _aside.c.ended_at.is_(None)


def follow(connection: Connection, moves: Sequence[Move], now: datetime) -> list[Move]:
    """Ends what the moves decide, opens again what they take back; the moves, those that leave a comment set aside
    marked so. Called with the comments' rows locked.

    An edit leaves it where it was: nobody's writer takes a question back. So does whoever has only looked, or has cut a
    passage.
    """
    # What nobody has ever moved was never set aside: the worker asks for nothing here.
    known = [move for move in moves if move.standing.revision]
    if not known:
        return list(moves)
    ids = [move.standing.id for move in known]
    rows = connection.execute(select(_aside.c.comment_id).where(_aside.c.comment_id.in_(ids), _IS_OPEN))
    aside = set(rows.scalars())
    for move in known:
        if move.standing.id in aside and not _stays(move):
            aside.discard(move.standing.id)
            _end(connection, move, now)
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


def _end(connection: Connection, move: Move, now: datetime) -> None:
    connection.execute(
        update(_aside)
        .where(_aside.c.comment_id == move.standing.id, _IS_OPEN)
        .values(ended_at=now, ended_kind=move.cause.kind, ended_by=move.cause.actor_id, decision_id=move.decision_id)
    )
