"""Passwords: argon2id, bounded in memory, with the same work for an account that does not exist."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

from service.errors import FieldError, Invalid, Unavailable

SHORTEST = 12
LONGEST = 256

# One hash takes 64 MiB: more at once would let sign-ins push the comments out of memory.
AT_ONCE = 2
PATIENCE_SECONDS = 5.0

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_slots = BoundedSemaphore(AT_ONCE)


class WeakPassword(Invalid):
    code = "weak_password"

    def __init__(self, message: str) -> None:
        super().__init__(message, errors=[FieldError("password", self.code, message)])


def check_new_password(password: str, *names: str) -> None:
    """Raises WeakPassword for one that is too short, too long, or made of the account's own `names`.

    Length is what counts (NIST SP 800-63B, 3.1.1.2); nothing is asked about kinds of characters.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise WeakPassword(f"Please take at least {SHORTEST} characters; a few unrelated words do well.")
    if len(plain) > LONGEST:
        raise WeakPassword(f"Please take at most {LONGEST} characters.")
    if len(set(plain)) < 5 or plain.casefold() in {_normal(name).casefold() for name in names}:
        raise WeakPassword("This password could be guessed; a few unrelated words do well.")


def hash_password(password: str) -> str:
    """The argon2id hash (RFC 9106, the low-memory choice) in its own notation. Takes some 50 ms and 64 MiB.

    Call it outside of a transaction. Raises Unavailable when too many wait for a slot.
    """
    with _slot():
        return _hasher.hash(_normal(password))


def password_matches(password: str, known: str | None) -> bool:
    """Whether the hash is this password's; None (no such account, no password) takes as long and is never right.

    Raises Unavailable when too many wait for a slot.
    """
    with _slot():
        # Made in either case, or the first attempt of a process would tell.
        stand_in = _nobodys()
        try:
            return _hasher.verify(known or stand_in, _normal(password)[:LONGEST]) and known is not None
        except (Argon2Error, InvalidHashError):
            return False


def needs_new_hash(known: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(known)


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of an account that does not exist")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable("Many people are signing in right now.")
    try:
        yield
    finally:
        _slots.release()


def _normal(password: str) -> str:
    """NFKC: the same password typed on two keyboards is one password. A lone surrogate cannot be hashed."""
    # Of four characters NFKC may make one: what is cut off was beyond the longest password in any case.
    return unicodedata.normalize("NFKC", password[: 4 * LONGEST + 64]).encode("utf-8", "replace").decode()
