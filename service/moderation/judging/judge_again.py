"""Dead letters back to the rules: what no worker could judge is judged again, once somebody has mended what failed.

A move like any other, to `received`, by which the comment waits in the outbox as on its first day; the stream is told
after the commit. It says nothing about the text. What fails once more becomes a dead letter once more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from models import Comment, Status, new_id
from models.queries.comments import dead_letters
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import Entry, audit_all
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound
from service.moderation.decisions import LeasedElsewhere, Outcome
from service.moderation.moves import Action, Cause, Move, requeued
from service.moderation.record import count_moves, send_hints, standings, write
from service.moderation.watchdog import suspects
from service.queue import backlog, stream
from service.wiring import Services

# Of one transaction, for which the worker may have to wait; and of one request.
AT_ONCE = 100
MOST = 1_000


class NoDeadLetter(Conflict):
    code, title = "no_dead_letter", "This is not a comment that could not be judged"


@dataclass(frozen=True, slots=True)
class Requeued:
    """How many wait for the rules again, how many stay since a colleague looks at them, and whether more are there."""

    queued: int
    leased: int
    more: bool


def judge_again(services: Services, actor: Actor, site_id: str, comment_id: str) -> Outcome:
    """Gives one dead letter back to the rules.

    Raises Forbidden, NotFound, LeasedElsewhere, and NoDeadLetter where it is none (any more).
    """
    actor.require("moderator", site_id)
    holder = _others(services, actor, site_id, [comment_id]).get(comment_id)
    if holder is not None:
        raise LeasedElsewhere(extra={"lease": {"until": holder.until}})
    moves = _requeue(services, actor, [comment_id])
    if not moves:
        with services.read() as session:
            if session.get(Comment, comment_id) is None:
                raise NotFound("There is no such comment.")
        raise NoDeadLetter("The rules have judged it meanwhile, or somebody has decided.")
    (move,) = moves
    return Outcome(comment_id, move.decision_id, move.after.status, move.revision)


def judge_all_again(services: Services, actor: Actor, site_ids: Collection[str], most: int = MOST) -> Requeued:
    """Gives the dead letters of these sites back to the rules, `most` at a time, but what other moderators look at.

    Raises Forbidden and NotFound as for a site the actor does not moderate.
    """
    for site_id in site_ids:
        actor.require("moderator", site_id)
    queued, leased = 0, set[str]()
    for site_id in sorted(site_ids):
        while True:
            with services.read() as session:
                ids = list(session.scalars(dead_letters(site_id, passing=leased).limit(AT_ONCE)))
            if not ids:
                break
            if queued >= most:
                return Requeued(queued, len(leased), more=True)
            ids = ids[: most - queued]
            held = _others(services, actor, site_id, ids)
            leased |= set(held)
            queued += len(_requeue(services, actor, [comment_id for comment_id in ids if comment_id not in held]))
    return Requeued(queued, len(leased), more=False)


def _others(services: Services, actor: Actor, site_id: str, ids: Sequence[str]) -> dict[str, backlog.Holder]:
    """Who else looks at these; an administrator passes through, as everywhere. Asked outside of any transaction."""
    if actor.can("admin", site_id):
        return {}
    holders = backlog.holders(services.redis, site_id, ids)
    return {comment_id: holder for comment_id, holder in holders.items() if holder.moderator_id != actor.id}


@again_when_contended
def _requeue(services: Services, actor: Actor, ids: Sequence[str]) -> list[Move]:
    """Moves those that are dead letters, and tells the worker."""
    if not ids:
        return []
    now = services.clock.now()
    with services.write() as session:
        found = standings(session, ids, lock=True)
        refuse_shut_out(session, actor, now)
        dead = session.scalars(
            select(Comment.id).where(
                Comment.id.in_(ids), Comment.dead_at.is_not(None), Comment.status == Status.PENDING
            )
        ).all()
        moves = write(
            session,
            [
                Move(new_id(), standing, requeued(standing), Cause(Action.REJUDGE, actor.kind, actor.id))
                for standing in (found[comment_id] for comment_id in dead)
            ],
            now=now,
            mails=False,
            held=True,
        )
        if moves:
            # It goes onto the stream again, after the commit.
            session.execute(update(Comment).where(Comment.id.in_(dead)).values(sent_at=now))
            audit_all(session, [_entry(actor, move) for move in moves], now=now)
    if moves:
        # The rules that workers were lost in are tried like all the others.
        suspects.forget(services.redis, [move.standing.id for move in moves])
        send_hints(services.redis, moves, mails=False)
        stream.send(services.redis, [(move.standing.id, move.revision) for move in moves])
        count_moves(moves, now)
    return moves


def _entry(actor: Actor, move: Move) -> Entry:
    details = {"decision": move.decision_id, "from": move.standing.status.value, "to": move.after.status.value}
    return Entry(actor, "comment.rejudge", target=move.standing.id, site_id=move.standing.site_id, details=details)
