"""Decisions taken back, in one transaction: each comment stands as before its decision, and a new one says so."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CommentVersion, Decision, Status, new_id
from models.queries.comments import judgements_of
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit_rows
from service.database_errors import again_when_contended
from service.errors import NotFound, Refused
from service.moderation.complaints.own_decisions import refuse_own_undo
from service.moderation.decisions import (
    CommentGone,
    Outcome,
    already_decided,
    entry_of,
    outcome_of,
    refuse_leased,
)
from service.moderation.moves import (
    Action,
    Cause,
    Move,
    Standing,
    before,
    carried,
    last_judgement,
    new_text,
    retold,
)
from service.moderation.record import count_moves, send_hints, standings, write
from service.queue import backlog
from service.wiring import Services


def undo(services: Services, decision_id: str, actor: Actor) -> Outcome:
    """Takes one decision back. Raises what `undo_all` answers."""
    (outcome,) = undo_all(services, [decision_id], actor)
    if outcome.problem is not None:
        raise outcome.problem
    return outcome


@again_when_contended
def undo_all(services: Services, decision_ids: Sequence[str], actor: Actor) -> list[Outcome]:
    """Takes each of these different decisions back or says why not, in the order asked; one that is refused does not
    hold up the others.

    Refusals: NotFound (also for another site's), AlreadyDecided if the comment has moved since or its writer made the
    move, LeasedElsewhere if another moderator holds it, OwnDecision where a colleague has settled an appeal against the
    actor's own decision, CommentGone. Undoing what a policy did first leads to a person, not back to the policy. Raises
    Unavailable when the database is, SignInNeeded or Forbidden for an actor who was shut out since, or has other roles.
    """
    if not decision_ids:
        return []
    now = services.clock.now()
    mails = services.settings.sends_mail
    with services.read() as session:
        query = select(Decision.id, Decision.site_id, Decision.comment_id).where(Decision.id.in_(decision_ids))
        places = {row[0]: (row[1], row[2]) for row in session.execute(query)}
    reached = {place for place in places.values() if actor.can("moderator", place[0])}
    # Asked for before the transaction: no network inside one.
    held: dict[str, backlog.Holder] = {}
    for site_id in {site_id for site_id, _ in reached}:
        held |= backlog.holders(services.redis, site_id, [place[1] for place in reached if place[0] == site_id])
    outcomes: list[Outcome | Move] = []
    with services.write() as session:
        found = standings(session, {comment_id for _, comment_id in reached}, lock=True)
        refuse_shut_out(session, actor, now)
        made = {one.id: one for one in session.scalars(select(Decision).where(Decision.id.in_(list(places))))}
        for decision_id in decision_ids:
            undone = _undone(session, made.get(decision_id), found, held, actor)
            if isinstance(undone, Move):
                # So that no comment has two moves: what was decided before is behind this one.
                found[undone.standing.id] = undone.standing_after
            outcomes.append(undone)
        moves = [undone for undone in outcomes if isinstance(undone, Move)]
        beside = audit_rows([entry_of(actor, move) for move in moves], now=now)
        written = write(session, moves, now=now, mails=mails, held=True, beside=beside)
    send_hints(services.redis, written, mails=mails)
    count_moves(moves, now)
    return [outcome_of(one) if isinstance(one, Move) else one for one in outcomes]


def _undone(
    session: Session,
    decision: Decision | None,
    found: dict[str, Standing],
    held: dict[str, backlog.Holder],
    actor: Actor,
) -> Outcome | Move:
    try:
        return _undoing(session, decision, found, held, actor)
    except Refused as refusal:
        return Outcome("", problem=refusal)


def _undoing(
    session: Session,
    decision: Decision | None,
    found: dict[str, Standing],
    held: dict[str, backlog.Holder],
    actor: Actor,
) -> Move:
    if decision is None:
        raise NotFound("There is no such decision.")
    actor.require("moderator", decision.site_id)
    standing = found[decision.comment_id]
    if standing.status in (Status.WITHDRAWN, Status.ERASED):
        raise CommentGone()
    if standing.revision != decision.revision:
        raise already_decided(session, standing)
    if decision.action == Action.EDIT:
        raise already_decided(session, standing, "Its writer has edited it: what there is to decide is the new text.")
    refuse_leased(held.get(standing.id), actor, standing.site_id)
    refuse_own_undo(session, standing, decision.id, actor.id)
    return _taken_back(session, decision, standing, actor)


def _taken_back(session: Session, decision: Decision, standing: Standing, actor: Actor) -> Move:
    cause = Cause(Action.UNDO, actor.kind, actor.id, undoes=decision.id)
    if decision.action != Action.REDACT:
        return Move(new_id(), standing, before(decision), cause)
    # The text comes back as a version of its own: numbers of versions are given once.
    cut = session.get_one(CommentVersion, (standing.id, decision.version_n))
    whole = session.get_one(CommentVersion, (standing.id, cut.redacts))
    cause = carried(cause, last_judgement(session.scalars(judgements_of([standing.id])), whole.n))
    # What it had itself been cut from, it still is.
    text = new_text(whole.text, redacts=whole.redacts)
    return Move(new_id(), standing, retold(standing, cut.n, cut.status), cause, text=text)
