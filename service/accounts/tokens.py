"""Random tokens that are shown once and kept as a hash: session cookies, sign-in links, API keys."""

import secrets
from hashlib import sha256


def new_token() -> str:
    """256 random bits as 43 characters that are safe in a path and a header."""
    return secrets.token_urlsafe(32)


def lookup_of(token: str) -> bytes:
    """What a row keeps of a token: SHA-256, 32 bytes. A slow or keyed hash has nothing to add to 256 random bits."""
    # A lone surrogate has no UTF-8; whoever sends one finds nothing.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
