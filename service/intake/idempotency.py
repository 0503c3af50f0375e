"""The same submission twice is one comment: a key with 24 hours of memory, and the first answer again.

Keys and bodies are kept as keyed hashes only. The address is no part of what is compared: whoever came by a key could
else try addresses with it, and be told by the first answer when one is right.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import SubmissionKey
from models.submission import SUBMISSION_KEY_LIFE
from service.errors import FieldError, Invalid
from service.privacy.sealing import Keyring

LEAST, MOST = 16, 255

_KEY = "idempotency-key"
_DIGEST = "idempotency-digest"
# Of the form, not of the comment (a retry may come with a fresh token), and the address, which must not be guessed.
_NOT_IN_DIGEST = frozenset({"token", "offer_correction", "email"})


class KeyReused(Invalid):
    code, title = "idempotency_key_reused", "This key was used for another comment"


@dataclass(frozen=True, slots=True)
class Key:
    """A submission's key and digest, under every key of the ring, newest first."""

    lookups: list[bytes] = field(repr=False)
    digests: list[bytes] = field(repr=False)

    def refuse_other_body(self, digest: bytes) -> None:
        """Raises KeyReused unless the key came with this body before, whatever the address."""
        if digest not in self.digests:
            raise KeyReused("Send another comment with another key.")


def key_of(keyring: Keyring, header: str | None, nonce: str | None, values: Mapping[str, Any]) -> Key | None:
    """The key of a submission, from the header or, for plain forms, from the token's nonce. Raises Invalid.

    `values`: the fields as they came; the digest is over all but a few, so that blanks and order of JSON do not matter.
    """
    if header is not None:
        header = header.strip()
        if not LEAST <= len(header) <= MOST or not header.isascii() or not header.isprintable():
            message = f"An Idempotency-Key has {LEAST} to {MOST} printable ASCII characters."
            raise Invalid(errors=[FieldError("Idempotency-Key", "bad_key", message)])
        name = f"key:{header}"
    elif nonce is not None:
        name = f"nonce:{nonce}"
    else:
        return None
    fields = {name: value for name, value in values.items() if name not in _NOT_IN_DIGEST}
    # ASCII: half a surrogate pair in a field that nobody reads must not fail here.
    body = json.dumps(fields, sort_keys=True, ensure_ascii=True)
    return Key(keyring.indexes(_KEY, name), keyring.indexes(_DIGEST, body))


@dataclass(frozen=True, slots=True)
class Known:
    """What a key stood for: the comment it made, unless it is older than 24 hours."""

    comment_id: str
    digest: bytes = field(repr=False)
    expired: bool


def known(session: Session, site_id: str, key: Key, now: datetime) -> Known | None:
    row = session.execute(
        select(SubmissionKey.comment_id, SubmissionKey.digest, SubmissionKey.created_at)
        .where(SubmissionKey.site_id == site_id, SubmissionKey.lookup.in_(key.lookups))
        .order_by(SubmissionKey.created_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Known(row[0], row[1], row[2] <= now - SUBMISSION_KEY_LIFE)


class KeyLocks:
    """One at a time for each key: the second of two at once waits here, and then finds the first's answer.

    Only within this process; across processes the table's primary key decides.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[bytes, tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, name: bytes) -> Iterator[None]:
        with self._lock:
            lock, users = self._locks.get(name, (threading.Lock(), 0))
            self._locks[name] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._locks[name]
                if users == 1:
                    del self._locks[name]
                else:
                    self._locks[name] = lock, users - 1
