"""Escalated: somebody is asked by a time, answers, and decides or gives the comment back.

An administrator of the site may answer, and the moderator whom the escalation names. That is all: who is an editor or a
lawyer, the service does not know, and a newsroom that wants one of its lawyers to answer names them.
"""

from datetime import datetime, timedelta

from models import AsideKind, EscalateTo, SetAside
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit, audit_all
from service.database_errors import again_when_contended
from service.errors import FieldError, Forbidden, Invalid, NotFound
from service.moderation.decisions import DecisionRequest, entry_of, move_asked, refuse_leased
from service.moderation.record import count_moves, send_hints, write
from service.moderation.set_aside.hold import check_moderator, check_time, put_back, site_of
from service.moderation.set_aside.rows import end, open_one, put_aside, standing_of
from service.queue import backlog
from service.wiring import Services

# By when an answer is due, where nobody says.
DUE_IN = timedelta(days=1)


class NotAsked(Forbidden):
    """Neither an administrator of the site nor the moderator whom the escalation names."""

    code, title = "not_asked", "Somebody else is asked"


def may_answer(actor: Actor, site_id: str, for_id: str | None) -> bool:
    """Whether the answer to an escalation that names `for_id` is theirs to give."""
    return actor.can("admin", site_id) or (for_id == actor.id and actor.can("moderator", site_id))


def may_take_back(actor: Actor, site_id: str, by_id: str | None) -> bool:
    """Whether they may end, without an answer, what `by_id` has escalated."""
    return actor.can("admin", site_id) or (by_id == actor.id and actor.can("moderator", site_id))


@again_when_contended
def escalate(
    services: Services,
    actor: Actor,
    comment_id: str,
    asked: EscalateTo,
    note: str,
    *,
    due_at: datetime | None = None,
    for_id: str | None = None,
    expected_revision: int | None = None,
) -> SetAside:
    """Asks them; without a time, within a day. A hold ends with it.

    Raises NotFound, Invalid, NotWaiting, IsEscalated, and as decisions do AlreadyDecided and LeasedElsewhere.
    """
    now = services.clock.now()
    check_time("due_at", due_at, now)
    if not note.strip():
        raise Invalid(errors=[FieldError("note", "missing", "Say what you want to know.")])
    holder = backlog.holders(services.redis, site_of(services, comment_id), [comment_id]).get(comment_id)
    with services.write() as session:
        standing = standing_of(session, comment_id, expected_revision)
        actor.require("moderator", standing.site_id)
        refuse_leased(holder, actor, standing.site_id)
        check_moderator(session, for_id, standing.site_id)
        row = put_aside(
            session,
            actor,
            standing,
            AsideKind.ESCALATED,
            now=now,
            due_at=due_at or now + DUE_IN,
            for_id=for_id,
            note=note.strip(),
            asked=asked,
        )
        details = {"to": asked.value, "due_at": row.due_at and row.due_at.isoformat(), "for": for_id}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "comment.escalate", now=now, site_id=standing.site_id, target=comment_id, details=details)
    backlog.drop(services.redis, standing.site_id, [comment_id])
    return row


@again_when_contended
def answer(
    services: Services,
    actor: Actor,
    comment_id: str,
    text: str,
    *,
    action: str | None = None,
    reason: str | None = None,
    expected_revision: int | None = None,
) -> SetAside:
    """Answers, and decides in the same transaction; without an action the comment goes back to the list that all share.

    Raises NotFound where nobody is asked, NotAsked, Invalid, and with an action what a decision is refused with.
    """
    now = services.clock.now()
    mails = services.settings.sends_mail
    if not text.strip():
        raise Invalid(errors=[FieldError("answer", "missing", "Say what you think of it.")])
    holders = backlog.holders(services.redis, site_of(services, comment_id), [comment_id])
    with services.write() as session:
        standing = standing_of(session, comment_id, expected_revision, waits=False)
        actor.require("moderator", standing.site_id)
        row = open_one(session, comment_id)
        if row is None or row.kind is not AsideKind.ESCALATED:
            raise NotFound("Nobody is asked about this comment.")
        if not may_answer(actor, standing.site_id, row.for_id):
            raise NotAsked("An administrator answers, or the moderator who is named.")
        moves = []
        if action is not None:
            wanted = DecisionRequest(comment_id, action, actor, reason, text.strip(), expected_revision)
            unseen = services.settings.approve_without_revision
            move = move_asked(session, wanted, standing, holders, unseen=unseen)
            moves = write(session, [move], now=now, mails=mails, held=True)
            audit_all(session, [entry_of(actor, move)], now=now)
            session.refresh(row)
            row.answer = text.strip()
        else:
            end(row, actor, now, text.strip())
        details = {"to": row.asked and row.asked.value, "action": action}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "comment.answer", now=now, site_id=standing.site_id, target=comment_id, details=details)
    if moves:
        send_hints(services.redis, moves, mails=mails)
        count_moves(moves, now)
    else:
        put_back(services, [comment_id])
    return row


@again_when_contended
def take_back(services: Services, actor: Actor, comment_id: str) -> None:
    """Ends an escalation without an answer: whoever asked, or an administrator. Raises NotFound, Forbidden."""
    now = services.clock.now()
    with services.write() as session:
        standing = standing_of(session, comment_id, waits=False)
        actor.require("moderator", standing.site_id)
        row = open_one(session, comment_id)
        if row is None or row.kind is not AsideKind.ESCALATED:
            raise NotFound("Nobody is asked about this comment.")
        if not may_take_back(actor, standing.site_id, row.by_id):
            raise Forbidden("Whoever asked takes it back, or an administrator.")
        end(row, actor, now)
        refuse_shut_out(session, actor, now)
        audit(session, actor, "comment.unescalate", now=now, site_id=standing.site_id, target=comment_id)
    put_back(services, [comment_id])
