"""Decisions of people, in one transaction: the revision is the fence, leases are courtesy, refusals are answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from models import Comment, Decision, Moderator, Site, Status, new_id
from models.database.bulk import find_together
from service.accounts.actors import Actor, find_again, refuse_changed
from service.accounts.audit import Entry, audit_rows
from service.database_errors import again_when_contended
from service.errors import Conflict, Invalid, NotFound, PreconditionRequired, Refused
from service.moderation.complaints.own_decisions import refuse_own
from service.moderation.decision_keys import DecisionKeyReused, Recalled, RequestKey, recall, refusing_reuse, remembered
from service.moderation.moves import (
    TO,
    Action,
    Cause,
    Move,
    Standing,
    after,
    kept,
    rounds,
)
from service.moderation.reasons import check_reason
from service.moderation.record import count_moves, locked_standings, send_hints, standings_in, write
from service.queue import backlog
from service.wiring import Services

# What a moderator may ask for; undoing has a door of its own (`service.moderation.undoing`), and so has its writer.
ASKED = frozenset({*TO, Action.KEEP})


class AlreadyDecided(Conflict):
    """The comment has moved since the caller read it; `extra` says who moved it, to what and when."""

    code, title = "decided", "Somebody has decided this meanwhile"


class LeasedElsewhere(Conflict):
    """Another moderator holds a live lease; `extra` says until when."""

    code, title = "leased", "Another moderator is looking at this"


class CommentGone(Conflict):
    """Withdrawn by its writer or erased: no decision can bring it back."""

    code, title = "gone", "This comment was withdrawn"


class RevisionRequired(PreconditionRequired):
    """An approval that does not say which text it is for: nobody publishes what they have not read."""

    code, title = "revision_required", "Say which revision is approved"


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """One decision asked for. `expected_revision`: the one the caller saw; None decides whatever is there, but does
    not publish it."""

    comment_id: str
    action: str
    actor: Actor
    reason: str | None = None
    note: str | None = None
    expected_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: status and revision after the decision, or the refusal in `problem`."""

    comment_id: str
    decision_id: str | None = None
    status: Status | None = None
    revision: int | None = None
    problem: Refused | None = None


@again_when_contended
def apply_decisions(
    services: Services, wanted: Sequence[DecisionRequest], key: RequestKey | None = None
) -> list[Outcome]:
    """Decides each item or says why not, in the order asked; one refused item does not hold up the others.

    A comment of a site that the actor may not moderate is `not_found`, like one that never was. With a `key` that has
    decided before, the answer is the one of then. Raises Unavailable when the database is, DecisionKeyReused for a key
    of other decisions, SignInNeeded or Forbidden for an actor who was shut out since, or has other roles.
    """
    if not wanted:
        return []
    try:
        return _apply(services, wanted, key)
    except DecisionKeyReused:
        # The key is there already: looked at closely, it may be too old to count.
        return _apply(services, wanted, key, known=True)


def _apply(
    services: Services, wanted: Sequence[DecisionRequest], key: RequestKey | None, *, known: bool = False
) -> list[Outcome]:
    now = services.clock.now()
    mails = services.settings.sends_mail
    held = _held(services, wanted)
    outcomes: list[Outcome | Move] = []
    with services.write() as session:
        found = _locked(session.connection(), wanted, now)
        for item in wanted:
            standing = found.get(item.comment_id)
            made = _decide(session, item, standing, held, unseen=services.settings.approve_without_revision)
            if isinstance(made, Move):
                # A second decision on the same comment in one batch meets the first one's revision.
                found[item.comment_id] = made.standing_after
            outcomes.append(made)
        if key is not None and (known or _may_be_repeated(wanted, outcomes)):
            first = recall(session, key, now)
            if first is not None:
                return [_recalled(one) for one in first]
        moves = [made for made in outcomes if isinstance(made, Move)]
        answered = [outcome_of(made) if isinstance(made, Move) else made for made in outcomes]
        beside = audit_rows(
            [entry_of(item.actor, made) for item, made in zip(wanted, outcomes, strict=True) if isinstance(made, Move)],
            now=now,
        )
        if key is not None:
            beside = [*beside, *remembered(key, [_kept(outcome) for outcome in answered], now)]
        last: dict[str, Move] = {}
        # A row takes one move a statement: a second move of the same comment waits for the next round.
        with refusing_reuse():
            for n, batch in enumerate(rounds(moves)):
                written = write(session, batch, now=now, mails=mails, held=True, beside=() if n else beside)
                last |= {move.standing.id: move for move in written}
    send_hints(services.redis, last.values(), mails=mails)
    count_moves(moves, now)
    return answered


def _locked(connection: Connection, wanted: Sequence[DecisionRequest], now: datetime) -> dict[str, Standing]:
    """How the comments stand, their rows locked. Raises SignInNeeded, Forbidden where an actor was shut out, or has
    other roles: asked behind the locks, for which a shut-out may not have waited."""
    callers = find_again((item.actor for item in wanted), now)
    asked = [locked_standings(item.comment_id for item in wanted), *((query, rows) for _, query, rows in callers)]
    standing, *found = find_together(connection, asked)
    for (actor, _, _), rows in zip(callers, found, strict=True):
        refuse_changed(actor, rows)
    return standings_in(standing)


def refuse_stale(session: Session, standing: Standing, expected_revision: int | None) -> None:
    """Raises CommentGone for a comment that is withdrawn, AlreadyDecided where it moved since the caller read it."""
    if standing.status in (Status.WITHDRAWN, Status.ERASED):
        raise CommentGone()
    if expected_revision is not None and expected_revision != standing.revision:
        raise already_decided(session, standing)


def _decide(
    session: Session,
    item: DecisionRequest,
    standing: Standing | None,
    held: dict[str, backlog.Holder],
    *,
    unseen: bool,
) -> Outcome | Move:
    try:
        return move_asked(session, item, standing, held, unseen=unseen)
    except Refused as refusal:
        return Outcome(item.comment_id, problem=refusal)


def move_asked(
    session: Session,
    item: DecisionRequest,
    standing: Standing | None,
    held: dict[str, backlog.Holder],
    *,
    unseen: bool,
) -> Move:
    """The move that a decision makes, not written yet. `held`: live leases. Raises what `apply_decisions` answers."""
    if standing is None:
        raise NotFound("There is no such comment.")
    item.actor.require("moderator", standing.site_id)
    if item.action not in ASKED:
        raise Invalid(f"A decision is one of {', '.join(sorted(ASKED))}.")
    action = Action(item.action)
    if item.reason:
        check_reason(session.get_one(Site, standing.site_id).settings, item.reason)
    if standing.status in (Status.WITHDRAWN, Status.ERASED):
        raise CommentGone()
    if action is Action.APPROVE and item.expected_revision is None and not unseen:
        raise RevisionRequired("Send the revision of the queue's entry as expected_revision.")
    if item.expected_revision is not None and item.expected_revision != standing.revision:
        raise already_decided(session, standing)
    refuse_leased(held.get(standing.id), item.actor, standing.site_id)
    refuse_own(session, standing, action, item.actor.id)
    return Move(
        decision_id=new_id(),
        standing=standing,
        after=kept(standing) if action is Action.KEEP else after(standing, TO[action]),
        cause=Cause(action, item.actor.kind, item.actor.id, item.reason or None, item.note or None),
    )


def _may_be_repeated(wanted: Sequence[DecisionRequest], outcomes: Sequence[Outcome | Move]) -> bool:
    """Whether the same request can have come before: what it decided then has left the revision that it expects."""
    return any(
        item.expected_revision is None or not isinstance(made, Move)
        for item, made in zip(wanted, outcomes, strict=True)
    )


def refuse_leased(holder: backlog.Holder | None, actor: Actor, site_id: str) -> None:
    """An administrator passes through: whoever takes the whole queue does not keep it."""
    if holder is not None and holder.moderator_id != actor.id and not actor.can("admin", site_id):
        raise LeasedElsewhere(extra={"lease": {"until": holder.until}})


def _held(services: Services, wanted: Sequence[DecisionRequest]) -> dict[str, backlog.Holder]:
    """Live leases among these comments, asked for before the transaction: no network inside one."""
    held: dict[str, backlog.Holder] = {}
    for site_id, comment_ids in _sites_of(services, wanted).items():
        held |= backlog.holders(services.redis, site_id, comment_ids)
    return held


def _sites_of(services: Services, wanted: Sequence[DecisionRequest]) -> dict[str, list[str]]:
    """Site -> the comments whose leases are to be asked for there. Who decides on one site alone decides there."""
    actors = {item.actor.id: item.actor for item in wanted}.values()
    sites = {site_id for actor in actors for site_id in actor.sites}
    comment_ids = list(dict.fromkeys(item.comment_id for item in wanted))
    if len(sites) == 1 and "" not in sites:
        return {sites.pop(): comment_ids}
    found: dict[str, list[str]] = {}
    with services.read() as session:
        query = select(Comment.id, Comment.site_id).where(Comment.id.in_(comment_ids))
        for comment_id, site_id in session.execute(query):
            found.setdefault(site_id, []).append(comment_id)
    return found


def already_decided(session: Session, standing: Standing, detail: str = "") -> AlreadyDecided:
    """The conflict with who moved the comment last, to what and when."""
    last = session.execute(
        select(Decision.actor_kind, Moderator.name, Decision.policy_version, Decision.created_at, Decision.action)
        .outerjoin(Moderator, Moderator.id == Decision.actor_id)
        .where(Decision.comment_id == standing.id)
        .order_by(Decision.revision.desc())
        .limit(1)
    ).one_or_none()
    extra: dict[str, object] = {"current": {"status": standing.status.value, "revision": standing.revision}}
    if last is not None:
        kind, name, policy, at, action = last
        extra["decided"] = {
            "by": {"kind": kind.value, "name": name or policy},
            "action": action,
            "at": at,
        }
    return AlreadyDecided(detail, extra=extra)


def entry_of(actor: Actor, move: Move) -> Entry:
    """What the audit trail keeps of a decision."""
    return Entry(
        actor,
        action=f"comment.{move.cause.action.value}",
        target=move.standing.id,
        site_id=move.standing.site_id,
        details={"decision": move.decision_id, "from": move.standing.status.value, "to": move.after.status.value},
    )


def _kept(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON keeps it."""
    if outcome.problem is not None:
        return {"comment_id": outcome.comment_id, "problem": msgspec.to_builtins(outcome.problem.problem())}
    return {
        "comment_id": outcome.comment_id,
        "decision_id": outcome.decision_id,
        "status": outcome.status,
        "revision": outcome.revision,
    }


def _recalled(kept: Mapping[str, Any]) -> Outcome:
    problem = kept.get("problem")
    if problem is None:
        return Outcome(kept["comment_id"], kept["decision_id"], Status(kept["status"]), kept["revision"])
    if problem["code"] == NotFound.code:
        return Outcome(kept["comment_id"], problem=NotFound("There is no such comment."))
    return Outcome(kept["comment_id"], problem=Recalled(problem))


def outcome_of(move: Move) -> Outcome:
    return Outcome(move.standing.id, move.decision_id, move.after.status, move.revision)
