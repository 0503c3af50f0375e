"""What voters and their networks are called beside a comment: keyed hashes, which on another comment are others."""

from collections.abc import Sequence

from service.privacy.sealing import Keyring

_VOTER, _NETWORK = "voter", "vote-network"


def voters_of(keyring: Keyring, comment_id: str, nonce: str) -> list[bytes]:
    """The names of a form's token, by its nonce, under every key of the ring, newest first: the one of a new row."""
    return keyring.indexes(_VOTER, f"{comment_id}|{nonce}")


def networks_of(keyring: Keyring, comment_id: str, prefixes: Sequence[bytes]) -> list[bytes]:
    """The names of a network, by the hashes of its prefix, newest first. Whatever has no prefix is of one network."""
    beside = comment_id.encode()
    return [found for prefix in prefixes or [b"unknown"] for found in keyring.indexes(_NETWORK, beside + prefix)]
