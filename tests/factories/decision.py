from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, Status, new_id
from service.moderation.moves import TO, Action, Cause, Move, after, withdrawal_by_writer
from service.moderation.record import standings, write
from service.wiring import Services

POLICY = "default@test"
_ACTION = {status: action for action, status in TO.items()}


def move_comment(
    services: Services,
    comment_id: str,
    to: Status,
    *,
    kind: ActorKind = ActorKind.POLICY,
    reason: str | None = None,
    findings: Sequence[Mapping[str, Any]] = (),
    facts: Mapping[str, Any] | None = None,
    dead: bool = False,
    nearness: int = 0,
    now: datetime | None = None,
) -> str:
    """Moves a comment with the service's own transaction, for a policy or for somebody; returns the decision's id.

    To WITHDRAWN it is its writer's move, whatever `kind` says; `dead`: a person is asked because no worker could judge
    it. Asks for no mail and tells Redis nothing.
    """
    by_policy: dict[str, Any] = {}
    if kind is ActorKind.POLICY:
        by_policy = {"policy_version": POLICY, "score": 3.0 * len(findings), "findings": findings, "facts": facts or {}}
        by_policy["nearness"] = nearness
    with services.write() as session:
        standing = standings(session, [comment_id], lock=True)[comment_id]
        if to is Status.WITHDRAWN:
            move = withdrawal_by_writer(standing, new_id())
        else:
            cause = Cause(_ACTION[to], kind, reason=reason, **by_policy)
            move = Move(new_id(), standing, after(standing, to), cause, dead)
        assert write(session, [move], now=now or services.clock.now(), mails=False)
    return move.decision_id


def add_decision(
    session: Session, comment: Comment, action: Action, status: Status, *, now: datetime, **columns: Any
) -> Decision:
    """A moderator's decision alone, as if the comment had waited.

    Whatever past a test needs can be told with it: the comment itself stays as it is.
    """
    made: dict[str, Any] = {
        "id": new_id(),
        "comment_id": comment.id,
        "site_id": comment.site_id,
        "version_n": comment.current_version,
        "revision": 1,
        "action": action,
        "from_status": Status.PENDING,
        "to_status": status,
        "actor_kind": ActorKind.MODERATOR,
        "created_at": now,
    }
    decision = Decision(**(made | columns))
    session.add(decision)
    return decision


def finding(
    rule: str, message: str = "", start: int | None = None, end: int | None = None, **more: Any
) -> dict[str, Any]:
    """A finding as a decision keeps it."""
    about = "text" if start is not None else None
    return {
        "rule": rule,
        "version": 1,
        "score": 3.0,
        "field": about,
        "start": start,
        "end": end,
        "message": message,
        "verdict": None,
        "observe": False,
        "could_not_check": False,
        "code": "",
    } | more
