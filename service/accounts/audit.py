"""The append-only trail of what people and keys did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapper, Session

from models import ActorKind, AuditEntry, new_id
from models.database.bulk import Bulk, Work, run_together
from service.accounts.actors import Actor
from service.telemetry import scrub

_INSERT = Bulk.insert(AuditEntry.__table__)


class TrailChanged(RuntimeError):
    """Code tried to change or remove an entry of the trail."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who (None: an operator or the service itself) did what to which id; see `audit`."""

    actor: Actor | None
    action: str
    site_id: str = ""
    target: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


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
    session.add(AuditEntry(**_row(Entry(actor, action, site_id, target, details or {}), now)))


def audit_rows(entries: Sequence[Entry], *, now: datetime) -> Work:
    """Appends all of these, where it is run: for whoever writes other rows in the same statement."""
    return [(_INSERT, [_row(entry, now) for entry in entries])]


def audit_all(session: Session, entries: Sequence[Entry], *, now: datetime) -> None:
    """Appends all of these in one statement."""
    run_together(session.connection(), audit_rows(entries, now=now))


def _row(entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "site_id": entry.site_id,
        "actor_kind": ActorKind.SYSTEM.value if entry.actor is None else entry.actor.kind.value,
        "actor_id": None if entry.actor is None else entry.actor.id,
        "action": entry.action,
        "target": entry.target,
        "details": _scrubbed(dict(entry.details)),
        "created_at": now,
    }


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
