"""The one transaction that writes moves, and what Redis is told once it is committed.

Nothing else moves a comment: its status, revision and versions are written here.

Rows are written in id order (comments, then threads), so that two writers never wait for each other in a ring.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec.structs import replace
from redis import Redis
from redis.client import Pipeline
from sqlalchemy import Boolean, Connection, Select, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Decision, Status
from models.database.bulk import Bulk, Columns, Rows, Work, run_together
from models.database.prepared import Prepared
from service.moderation import listed
from service.moderation.complaints.settling import follow as follow_complaints
from service.moderation.holds.follow import ended
from service.moderation.holds.follow import follow as follow_holds
from service.moderation.holds.unsaid import unsaid_hold
from service.moderation.mail_requests import WANTS_PROOF, asks_for_proof, request_mails
from service.moderation.moved_threads import LOCK_THREADS, follow_threads, seen_threads
from service.moderation.moves import Action, Move, NewText, Standing
from service.queue import backlog
from service.queue.redis_guard import RedisUnavailable, guarded
from service.queue.wakes import CHANNEL, wake_message
from service.redis_keys import key
from service.telemetry import COMMENTS, DECISION_SECONDS

# What is not a column of the same name.
_WORKED_OUT = {
    "wants_proof": WANTS_PROOF.label("wants_proof"),
    "appealed": Comment.appealed_at.is_not(None).label("appealed"),
}
# To be selected for a `Standing`, in the order of its fields: `Standing(*row)`.
STANDING: tuple[Any, ...] = tuple(
    _WORKED_OUT[name] if name in _WORKED_OUT else getattr(Comment, name) for name in Standing.__struct_fields__
)

_ID = {"id": Comment.__table__.c.id.type}


def _standings_of(row: Columns) -> Select[*tuple[Any, ...]]:
    return select(*STANDING).where(Comment.id == row["id"]).order_by(Comment.id)


_STANDINGS = Bulk.select(_standings_of, _ID)
_LOCKED_STANDINGS = Bulk.select(lambda row: _standings_of(row).with_for_update(of=Comment, key_share=True), _ID)
# No row for an id means: somebody was faster.
_FENCES = Prepared(
    select(Comment.id, Comment.revision, Comment.status, Comment.open_reports, Comment.appealed_at.is_not(None))
    .where(Comment.id.in_(bindparam("ids", expanding=True)))
    .order_by(Comment.id)
    .with_for_update(key_share=True)
)
_comment: Any = Comment.__table__
_version: Any = CommentVersion.__table__
_DECIDES_NOTHING = frozenset({Action.EDIT, Action.REJUDGE})
_MOVE = Bulk.update(
    lambda row: (
        update(_comment)
        .where(_comment.c.id == row["id"], _comment.c.revision == row["revision"], _comment.c.status == row["from"])
        .values(
            status=row["to"],
            revision=row["revision"] + 1,
            published_version=row["published"],
            was_published=row["was_published"],
            # Null for what decides nothing: then the last decision's time stays.
            decided_at=func.coalesce(row["decided_at"], _comment.c.decided_at),
            reviewed_at=row["reviewed_at"],
            dead_at=row["dead_at"],
            solo_failures=0,
            language=case((row["relisted"], row["language"]), else_=_comment.c.language),
            nearness=case((row["relisted"], row["nearness"]), else_=_comment.c.nearness),
            listed_version=case((row["relisted"], row["listed"]), else_=_comment.c.listed_version),
        )
    ),
    {
        "id": _comment.c.id.type,
        "revision": _comment.c.revision.type,
        "from": _comment.c.status.type,
        "to": _comment.c.status.type,
        "published": _comment.c.published_version.type,
        "was_published": _comment.c.was_published.type,
        "decided_at": _comment.c.decided_at.type,
        "reviewed_at": _comment.c.reviewed_at.type,
        "dead_at": _comment.c.dead_at.type,
        "relisted": Boolean(),
        "language": _comment.c.language.type,
        "listed": _comment.c.listed_version.type,
        "nearness": _comment.c.nearness.type,
    },
)
_MOVE_VERSION = Bulk.update(
    lambda row: (
        update(_version)
        .where(_version.c.comment_id == row["id"], _version.c.n == row["n"])
        .values(status=row["status"])
    ),
    {"id": _version.c.comment_id.type, "n": _version.c.n.type, "status": _version.c.status.type},
)
_INSERT_DECISIONS = Bulk.insert(Decision.__table__)


class ForbiddenMove(RuntimeError):
    """A bug of the caller: a move that the table does not list, or that lacks its text or has one that it needs not."""


def standings(session: Session, comment_ids: Collection[str], *, lock: bool = False) -> dict[str, Standing]:
    """How these comments stand, by id; unknown ids are missing. `lock` holds the rows until the transaction ends."""
    if not comment_ids:
        return {}
    # The statement goes past the session, which would write by itself what was added to it.
    session.flush()
    query, rows = locked_standings(comment_ids)
    return standings_in((query if lock else _STANDINGS).found(session.connection(), rows))


def locked_standings(comment_ids: Iterable[str]) -> tuple[Bulk, Rows]:
    """The select that locks these comments' rows, to be run beside others; `standings_in` reads what it finds."""
    return _LOCKED_STANDINGS, [{"id": comment_id} for comment_id in dict.fromkeys(comment_ids)]


def standings_in(found: Iterable[Sequence[Any]]) -> dict[str, Standing]:
    return {row[0]: Standing(*row) for row in found}


def write(
    session: Session,
    moves: Iterable[Move],
    *,
    now: datetime,
    mails: bool,
    held: bool = False,
    beside: Work = (),
) -> list[Move]:
    """Writes the moves whose comment still stands where the move begins; returns those, in id order.

    `held`: this transaction holds the rows already, by `standings(…, lock=True)`, and the moves begin where they stand,
    so nobody can have outrun them. `beside`: rows of other tables than a move's, written in the same round trip, if
    any move is.

    Everything of a move is in this transaction: status, text, version, decision, thread, and (where `mails`) the mail
    that a writer asked for. A move that is missing from the answer lost a race and has left no trace. Raises
    ForbiddenMove, before anything is written.
    """
    wanted = sorted(moves, key=lambda move: move.standing.id)
    if not wanted:
        return []
    for move in wanted:
        _refuse_forbidden(move)
    # Before the transaction begins, with the first use of its connection: on SQLite all other writers wait for it.
    made = [(move, _comment_row(move, now), _version_row(move), _decision_row(move, now)) for move in wanted]
    connection = session.connection()
    moves = wanted if held else _still_there(connection, wanted)
    if not moves:
        return []
    if len(moves) < len(wanted):
        left = {move.decision_id for move in moves}
        made = [rows for rows in made if rows[0].decision_id in left]
    moved = (_MOVE, [row for _, row, _, _ in made])
    if any(move.text is not None for move in moves):
        # A new text changes rows of the same tables.
        run_together(connection, [moved])
        moved = (_MOVE, [])
        for move in moves:
            if move.text is not None:
                _store_text(connection, move, move.text, now)
    versions, decisions = [row for _, _, row, _ in made], [row for _, _, _, row in made]
    threads = run_together(
        connection,
        [
            moved,
            (_MOVE_VERSION, versions),
            (_INSERT_DECISIONS, decisions),
            *listed.moved_entries(moves),
            *ended(moves, now),
            *beside,
        ],
        read=(LOCK_THREADS, seen_threads(moves)),
    )
    listed.follow(connection, moves)
    moves = follow_complaints(connection, follow_holds(connection, moves), now)
    follow_threads(connection, moves, threads)
    if mails:
        request_mails(session, moves, now)
    return moves


def _refuse_forbidden(move: Move) -> None:
    if not move.allowed:
        text = "without" if move.text is None else "with"
        raise ForbiddenMove(
            f"{move.cause.action} from {move.standing.status} to {move.after.status}, {text} a new text"
        )


def _still_there(connection: Connection, wanted: Sequence[Move]) -> list[Move]:
    """Those of the moves that nobody outran, their rows locked."""
    found = _FENCES.found(connection, {"ids": [move.standing.id for move in wanted]})
    fences = {row[0]: (row[1], row[2]) for row in found}
    there = [move for move in wanted if fences.get(move.standing.id) == (move.standing.revision, move.standing.status)]
    # A reader may have reported it since: that moves nothing.
    complaints = {row[0]: (row[3], bool(row[4])) for row in found if row[3] or row[4]}
    return [_with(move, *complaints[move.standing.id]) if move.standing.id in complaints else move for move in there]


def _with(move: Move, open_reports: int, appealed: bool) -> Move:
    seen = {"complained": True, "open_reports": open_reports, "appealed": appealed}
    return replace(move, standing=replace(move.standing, **seen))


def _store_text(connection: Connection, move: Move, text: NewText, now: datetime) -> None:
    n = move.after.version_n
    connection.execute(insert(_version), version_row(move.standing.id, n, text, now))
    connection.execute(
        update(_comment)
        .where(_comment.c.id == move.standing.id)
        .values(
            current_version=n,
            fingerprint=text.fingerprint,
            sketch=text.sketch,
            # By its writer, and nobody else.
            edited_at=now if move.cause.action is Action.EDIT else _comment.c.edited_at,
            # It goes onto the stream again, after the commit.
            sent_at=now,
        )
    )


def version_row(comment_id: str, n: int, text: NewText, now: datetime) -> dict[str, Any]:
    """The columns of a text; until a move says otherwise, it waits for a judge."""
    return {
        "comment_id": comment_id,
        "n": n,
        "text": text.text,
        "html": text.html,
        "renderer": text.renderer,
        "status": Status.RECEIVED,
        "redacts": text.redacts,
        "created_at": now,
    }


def _comment_row(move: Move, now: datetime) -> dict[str, Any]:
    standing, after = move.standing, move.after
    return {
        "id": standing.id,
        "revision": standing.revision,
        "from": standing.status,
        "to": after.status,
        "published": after.published_version,
        "was_published": move.was_published,
        # Where the editors cut a text, what stood, stands.
        "decided_at": None if move.text is not None or move.cause.action in _DECIDES_NOTHING else now,
        # What the machine has judged since, or a person took back, nobody has reviewed.
        "reviewed_at": now if move.by_person and move.cause.action is not Action.UNDO else None,
        "dead_at": now if move.dead else None,
        "relisted": listed.relisted(move),
        **listed.listed_columns(move),
    }


def _version_row(move: Move) -> dict[str, Any]:
    return {"id": move.standing.id, "n": move.after.version_n, "status": move.after.version_status}


def _decision_row(move: Move, now: datetime) -> dict[str, Any]:
    standing, cause = move.standing, move.cause
    return {
        "id": move.decision_id,
        "comment_id": standing.id,
        "site_id": standing.site_id,
        "version_n": move.after.version_n,
        "revision": move.revision,
        "action": cause.action.value,
        "from_status": standing.status,
        "to_status": move.after.status,
        "actor_kind": cause.kind,
        "actor_id": cause.actor_id,
        "reason": cause.reason,
        "note": cause.note,
        "policy_version": cause.policy_version,
        "score": cause.score,
        "findings": cause.findings or unsaid_hold(move),
        "facts": cause.facts,
        "undoes": cause.undoes,
        "job_id": cause.job_id,
        "published_before": standing.published_version,
        "created_at": now,
    }


def queue_hints(pipe: Pipeline, moves: Collection[Move], *, mails: bool) -> None:
    """Puts on a pipeline what Redis should know after the commit: backlog and wakes."""
    coming: defaultdict[str, list[backlog.Waiting]] = defaultdict(list)
    leaving: defaultdict[str, list[str]] = defaultdict(list)
    for move in moves:
        standing = move.standing
        if move.after.status is Status.PENDING and not move.aside:
            coming[standing.site_id].append((standing.id, standing.priority, standing.created_at))
        elif not standing.fresh:  # Else it was never there.
            leaving[standing.site_id].append(standing.id)
    for site_id, comments in coming.items():
        pipe.zadd(backlog.waiting_key(pipe, site_id), cast(Any, backlog.scores(comments)))
    for site_id, comment_ids in leaving.items():
        backlog.drop_on(pipe, site_id, comment_ids)
    threads = {move.standing.thread_id for move in moves if move.visible}
    deliveries = mails and any(asks_for_proof(move) for move in moves)
    if threads or deliveries:
        pipe.publish(key(pipe, CHANNEL), wake_message(threads, deliveries=deliveries))


def send_hints(redis: Redis, moves: Collection[Move], *, mails: bool) -> bool:
    """`queue_hints` in one round trip. False without Redis: version checks and the sweep find out by themselves."""
    try:
        with guarded(redis, "tell"):
            with redis.pipeline(transaction=False) as pipe:
                queue_hints(pipe, moves, mails=mails)
                if pipe.command_stack:
                    pipe.execute()
    except RedisUnavailable:
        return False
    return True


def count_moves(moves: Iterable[Move], now: datetime) -> None:
    """Counts committed moves by where they lead; for first decisions also how long the comment waited for them.

    What leads to `received` (an edit, a dead letter to be judged again) or leaves it there decides nothing: the comment
    was counted when it came in.
    """
    counts: defaultdict[str, int] = defaultdict(int)
    for move in moves:
        if move.after.status is Status.RECEIVED:
            continue
        counts[move.after.status.value] += 1
        if move.standing.fresh and not move.standing.revision:
            DECISION_SECONDS.observe(max(0.0, (now - move.standing.created_at).total_seconds()))
    for status, count in counts.items():
        COMMENTS.labels(status).inc(count)
