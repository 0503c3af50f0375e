"""The secrets of outside checks: sealed for their row, open for one request."""

from models import OutsideCheck
from service.privacy.sealing import Keyring

PURPOSE = "outside-check"


def seal_secret(keyring: Keyring, *, site_id: str, check_id: str, secret: str) -> dict[str, bytes | str]:
    """The columns of an OutsideCheck that are made under a key."""
    return {"sealed": keyring.seal(PURPOSE, site_id, check_id, secret), "key_id": keyring.newest}


def open_secret(keyring: Keyring, check: OutsideCheck) -> str:
    """The API key or signing secret. Only to ask the check, or to seal it anew. Raises SealBroken."""
    return keyring.open(PURPOSE, check.site_id, check.id, check.sealed)
