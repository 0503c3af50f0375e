"""How many comments one network, and one address from it, may send."""

from datetime import datetime

from service.errors import TooMany
from service.privacy.addresses import ban_form
from service.privacy.prefixes import prefix_hash
from service.privacy.sealing import Keyring
from service.queue.limits import Limiter
from service.settings import Rate


class SentTooOften(TooMany):
    code, title = "too_many_comments", "That was a lot of comments in a short time"


def take_from_limits(
    limiter: Limiter,
    keyring: Keyring,
    rate: Rate | None,
    *,
    site_id: str,
    ip: str | None,
    address: str | None,
    now: datetime,
) -> None:
    """Counts one comment of this IP prefix, and of this address from this prefix. Raises SentTooOften.

    Never by the address alone: somebody else's comments would then be counted, and could be felt.
    """
    if rate is None:
        return
    prefix = prefix_hash(keyring, ip, now) if ip is not None else b"unknown"
    wanted = [(f"p:{prefix.hex()}", rate)]
    if address is not None:
        _, pair = keyring.index("limit-pair", prefix + ban_form(address).encode())
        wanted.append((f"a:{pair.hex()}", rate))
    wait = limiter.take(wanted, tag=site_id)
    if wait is not None:
        raise SentTooOften("Please wait a little before the next one.", retry_after=int(wait) + 1)
