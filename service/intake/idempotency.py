"""The same submission twice is one comment: a key with 24 hours of memory, and the first answer again.

Keys and bodies are kept as keyed hashes only. The address is no part of what is compared: whoever came by a key could
else try addresses with it, and be told by the first answer when one is right.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from models import SubmissionKey
from models.database.prepared import Prepared
from models.submission import SUBMISSION_KEY_LIFE
from service.errors import FieldError, Invalid
from service.privacy.sealing import Keyring

LEAST, MOST = 16, 255

_KEY = "idempotency-key"
_DIGEST = "idempotency-digest"
# Of the form, not of the comment (a retry may come with a fresh token), and the address, which must not be guessed.
_NOT_IN_DIGEST = frozenset({"token", "offer_correction", "email", "login"})


class KeyReused(Invalid):
    code, title = "idempotency_key_reused", "This key was used for another comment"


@dataclass(frozen=True, slots=True)
class Key:
    """A submission's key and digest, under every key of the ring, newest first."""

    lookups: list[bytes] = field(repr=False)
    digests: list[bytes] = field(repr=False)

    def newest_of(self, known: Mapping[bytes, "Known"]) -> "Known | None":
        """What the key stood for last, by whichever key of the ring."""
        found = [known[lookup] for lookup in self.lookups if lookup in known]
        return max(found, key=lambda one: one.created_at, default=None)

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
    created_at: datetime
    expired: bool


_KEYS = Prepared(
    select(SubmissionKey.lookup, SubmissionKey.comment_id, SubmissionKey.digest, SubmissionKey.created_at).where(
        SubmissionKey.site_id == bindparam("site"), SubmissionKey.lookup.in_(bindparam("lookups", expanding=True))
    )
)


def find_keys(connection: Connection, site_id: str, keys: Collection[Key], now: datetime) -> dict[bytes, Known]:
    """lookup -> what it stood for, of those of these keys that the site has seen."""
    lookups = [lookup for key in keys for lookup in key.lookups]
    oldest = now - SUBMISSION_KEY_LIFE
    found = _KEYS.found(connection, {"site": site_id, "lookups": lookups})
    return {
        bytes(lookup): Known(comment_id, bytes(digest), at, at <= oldest) for lookup, comment_id, digest, at in found
    }
