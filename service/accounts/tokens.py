"""Random tokens that are shown once and kept as a hash: session cookies, sign-in links, API keys. And what a browser
keeps to be known by: signed, and kept nowhere here."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from service.privacy.sealing import Keyring

# How long a browser is known for an account after its last sign-in.
DEVICE_LIFE = timedelta(days=180)
_DEVICE = "known-device"


def new_token() -> str:
    """256 random bits as 43 characters that are safe in a path and a header."""
    return secrets.token_urlsafe(32)


def lookup_of(token: str) -> bytes:
    """What a row keeps of a token: SHA-256, 32 bytes. A slow or keyed hash has nothing to add to 256 random bits."""
    # A lone surrogate has no UTF-8; whoever sends one finds nothing.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_device(keyring: Keyring, account: bytes, now: datetime) -> str:
    """What a browser that has signed in is known by: `<seconds>.<random>.<signature>`, good for this account only.

    `account`: the index its address is found by, which the token does not show.
    """
    told = f"{int(now.timestamp())}.{secrets.token_hex(16)}"
    return f"{told}.{keyring.index(_DEVICE, _signed(told, account))[1].hex()}"


def device_id(keyring: Keyring, token: str, accounts: Iterable[bytes], now: datetime) -> str | None:
    """The random part of a device's token; None for one that is not signed for any of `accounts`, or is too old.

    `accounts`: the indexes of one address under each secret of the ring.
    """
    told, _, signature = token.rpartition(".")
    made, _, random = told.partition(".")
    if len(token) > 100 or not (token.isascii() and made.isdecimal() and random):
        return None
    # A minute for the clocks of two machines.
    if not -60 <= now.timestamp() - int(made) <= DEVICE_LIFE.total_seconds():
        return None
    given = signature.encode()
    good = [
        hmac.compare_digest(index.hex().encode(), given)
        for account in accounts
        for index in keyring.indexes(_DEVICE, _signed(told, account))
    ]
    return random if any(good) else None


def _signed(told: str, account: bytes) -> str:
    return f"{told}|{account.hex()}"
