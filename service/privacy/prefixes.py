"""IP addresses are kept only as keyed hashes of their network's prefix, under keys that change every 30 days."""

import ipaddress
from datetime import UTC, datetime
from functools import lru_cache

from service.privacy.sealing import Keyring

PERIOD_SECONDS = 30 * 86_400

IPV4_BITS = 24
IPV6_BITS = 48

_PURPOSE = "ip-prefix"


def prefix_hash(keyring: Keyring, ip: str, now: datetime) -> bytes:
    """16 bytes for the /24 or /48 that `ip` is in, as a row of this 30-day period keeps it. Raises ValueError."""
    return keyring.index(_PURPOSE, _message(network_of(ip), _period(now)))[1]


def prefix_hashes(keyring: Keyring, ip: str, now: datetime) -> list[bytes]:
    """All hashes of the prefix in this period and the last one, under every key, the one of a new row first.

    So a row is found for 30 days at least and 60 at most. Raises ValueError for what is no IP address.
    """
    period, network = _period(now), network_of(ip)
    return [found for at in (period, period - 1) for found in keyring.indexes(_PURPOSE, _message(network, at))]


def recognised_since(now: datetime) -> datetime:
    """From when on a prefix is found again by what rows keep of it."""
    return datetime.fromtimestamp((_period(now) - 1) * PERIOD_SECONDS, UTC)


@lru_cache(maxsize=1024)
def network_of(ip: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The /24 or /48 that stands for a household or an office; an IPv4-mapped address counts as IPv4."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = IPV4_BITS if isinstance(address, ipaddress.IPv4Address) else IPV6_BITS
    return ipaddress.ip_network((address, bits), strict=False)


def _period(now: datetime) -> int:
    return int(now.timestamp()) // PERIOD_SECONDS


def _message(network: ipaddress.IPv4Network | ipaddress.IPv6Network, period: int) -> bytes:
    return b"%d|%d|%s" % (period, network.version, network.network_address.packed)
