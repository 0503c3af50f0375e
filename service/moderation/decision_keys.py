"""The same request for decisions twice is decided once: a key with 24 hours of memory, and the first answer again.

Kept in the transaction that decides, so that there is an answer where and only where there were decisions: a request
of which every item was refused has changed nothing and is looked at anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, cast

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import DecisionKey
from models.database.bulk import Bulk, Work
from models.decision import DECISION_KEY_LIFE
from models.queries.upkeep.decision_keys import actors_with_old_keys, old_keys_of
from service.errors import FieldError, Invalid, Refused
from service.wiring import Services

LEAST, MOST = 16, 255
# Of one actor, in one transaction.
DROPPED_AT_ONCE = 500

_key: Any = DecisionKey.__table__
_INSERT = Bulk.insert(_key)
_FORGET = Bulk.update(
    lambda row: delete(_key).where(_key.c.actor_id == row["actor_id"], _key.c.created_at <= row["until"]),
    {"actor_id": _key.c.actor_id.type, "until": _key.c.created_at.type},
)


class DecisionKeyReused(Invalid):
    """The key came before with other decisions."""

    code, title = "decision_key_reused", "This key was used for other decisions"


class Recalled(Refused):
    """A refusal that stood in the first answer to a repeated request, word for word."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail", "")))
        self.document = dict(document)

    def problem(self) -> dict[str, Any]:
        return self.document


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Whose request, under which key, for what."""

    actor_id: str
    lookup: bytes = field(repr=False)
    digest: bytes = field(repr=False)


def request_key(actor_id: str, header: str | None, body: bytes) -> RequestKey | None:
    """The key of a request; None where it brings none. Raises Invalid for one that is too short or unprintable."""
    if header is None:
        return None
    given = header.strip()
    if not LEAST <= len(given) <= MOST or not given.isascii() or not given.isprintable():
        message = f"An Idempotency-Key has {LEAST} to {MOST} printable ASCII characters."
        raise Invalid(errors=[FieldError("Idempotency-Key", "bad_key", message)])
    return RequestKey(actor_id, _hash(given.encode()), _hash(body))


def recall(session: Session, key: RequestKey, now: datetime) -> list[Mapping[str, Any]] | None:
    """What came of the same request before, item by item; None for nothing within 24 hours.

    To be asked once the comments are locked: of two that come at once, the second then sees what the first has kept.
    Raises DecisionKeyReused for another body.
    """
    known = session.get(DecisionKey, (key.actor_id, key.lookup))
    if known is None:
        return None
    if known.created_at <= now - DECISION_KEY_LIFE:
        # Now: what `remembered` writes may be one statement, in which the old row would stand in the new one's way.
        session.delete(known)
        session.flush()
        return None
    if known.digest != key.digest:
        raise DecisionKeyReused("Send other decisions with another key.")
    return cast(list[Mapping[str, Any]], known.outcomes)


def remembered(key: RequestKey, outcomes: Sequence[Mapping[str, Any]], now: datetime) -> Work:
    """Keeps what came of the request, and drops what the same caller's keys are too old for, where it is run.

    To be run within `refusing_reuse`.
    """
    row = {
        "actor_id": key.actor_id,
        "lookup": key.lookup,
        "digest": key.digest,
        "outcomes": list(outcomes),
        "created_at": now,
    }
    return [(_FORGET, [{"actor_id": key.actor_id, "until": now - DECISION_KEY_LIFE}]), (_INSERT, [row])]


@contextmanager
def refusing_reuse() -> Iterator[None]:
    """Raises DecisionKeyReused where other decisions with the same key were faster to be written."""
    try:
        yield
    except IntegrityError as error:
        # Both databases name the table.
        if DecisionKey.__tablename__ not in str(error.orig):
            raise
        raise DecisionKeyReused("Send other decisions with another key.") from None


def forget_old(services: Services) -> int:
    """Drops keys that are too old, also of accounts that decide nothing any more; how many. Some at a time."""
    before = services.clock.now() - DECISION_KEY_LIFE
    dropped = 0
    with services.read() as session:
        actors = list(session.scalars(actors_with_old_keys(before)))
    for actor_id in actors:
        with services.write() as session:
            old = list(session.scalars(old_keys_of(actor_id, before).limit(DROPPED_AT_ONCE)))
            session.execute(delete(DecisionKey).where(DecisionKey.actor_id == actor_id, DecisionKey.lookup.in_(old)))
        dropped += len(old)
    return dropped


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
