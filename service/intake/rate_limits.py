"""How many comments one network, and one address from it, may send."""

from collections.abc import Sequence

from service.errors import TooMany
from service.privacy.addresses import ban_form
from service.privacy.sealing import Keyring
from service.queue.limits import Limiter
from service.settings import Rate

# (who, how many): see `Limiter.take`.
Limits = list[tuple[str, Rate]]


class SentTooOften(TooMany):
    code, title = "too_many_comments", "That was a lot of comments in a short time"


def limits_of(keyring: Keyring, rate: Rate | None, *, prefix_hash: bytes | None, address: str | None) -> Limits:
    """What one comment of this IP prefix, and of this address from this prefix, is counted in.

    Never by the address alone: somebody else's comments would then be counted, and could be felt.
    """
    if rate is None:
        return []
    prefix = prefix_hash or b"unknown"
    limits = [(f"p:{prefix.hex()}", rate)]
    if address is not None:
        _, pair = keyring.index("limit-pair", prefix + ban_form(address).encode())
        limits.append((f"a:{pair.hex()}", rate))
    return limits


def take_from_limits(limiter: Limiter, limits: Limits, *, site_id: str) -> None:
    """Counts one comment. Raises SentTooOften."""
    for refused in take_each(limiter, [(site_id, limits)]):
        if refused is not None:
            raise refused


def take_each(limiter: Limiter, wanted: Sequence[tuple[str, Limits]]) -> list[SentTooOften | None]:
    """Counts the comments one after the other, in one round trip: (site's id, limits) -> whether it is refused."""
    waits = limiter.take_each([(limits, site_id) for site_id, limits in wanted])
    return [None if wait is None else _after(wait) for wait in waits]


def _after(seconds: float) -> SentTooOften:
    return SentTooOften("Please wait a little before the next one.", retry_after=int(seconds) + 1)
