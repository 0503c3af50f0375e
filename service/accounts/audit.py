"""The append-only trail of what people and keys did."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapper, Session

from models import ActorKind, AuditEntry, new_id
from service.accounts.actors import Actor
from service.telemetry import scrub


class TrailChanged(RuntimeError):
    """Code tried to change or remove an entry of the trail."""


def audit(
    session: Session,
    actor: Actor | None,
    action: str,
    *,
    now: datetime,
    site_id: str = "",
    target: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Appends who (None: an operator or the service itself) did what to which id, in the caller's transaction.

    `action` as "noun.verb" (`comment.reveal_email`), 60 characters at most; `target` an id. Details are JSON
    values; text in them is scrubbed as log lines are, so a moderator's note that quotes an address is safe.
    """
    session.add(
        AuditEntry(
            id=new_id(),
            site_id=site_id,
            actor_kind=ActorKind.SYSTEM.value if actor is None else actor.kind.value,
            actor_id=None if actor is None else actor.id,
            action=action,
            target=target,
            details=_scrubbed(dict(details or {})),
            created_at=now,
        )
    )


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(key): _scrubbed(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(inner) for inner in value]
    return value


def _refuse(_mapper: Mapper[Any], _connection: Any, _entry: AuditEntry) -> None:
    raise TrailChanged("the audit trail is only ever appended to")


event.listen(AuditEntry, "before_update", _refuse)
event.listen(AuditEntry, "before_delete", _refuse)
