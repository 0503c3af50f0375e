"""Who is asking: the client's IP address, behind the proxies that are ours."""

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from service.privacy.prefixes import network_of
from service.settings import Network
from service.telemetry import logger

log = logger(__name__)
# Whether this process has said that a proxy which is not ours forwards to it.
_told: set[str] = set()


def client_ip(environ: Mapping[str, Any], trusted: Collection[Network]) -> str | None:
    """The address that asked: X-Forwarded-For read from the right up to the first hop that is not ours.

    `environ`: a request as WSGI has it (PEP 3333), a header that came more than once joined by commas. What stands left
    of that hop the client may have made up. None when the server could not tell (a unix socket without a proxy's word).
    """
    hop = _ip(environ.get("REMOTE_ADDR") or "")
    # A unix socket has no address: whoever may open it is the proxy.
    if hop is not None and not _is_in(hop, trusted):
        if not _told and environ.get("HTTP_X_FORWARDED_FOR"):
            _tell_of(str(hop))
        return str(hop)
    if hop is None and not trusted:
        return None
    for word in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        further = _ip(word.strip())
        if further is None:
            break
        hop = further
        if not _is_in(hop, trusted):
            break
    return None if hop is None else str(hop)


def is_from_proxy(environ: Mapping[str, Any], trusted: Collection[Network]) -> bool:
    """Whether a proxy of ours sent this, so that its headers are the proxy's word."""
    hop = _ip(environ.get("REMOTE_ADDR") or "")
    return bool(trusted) if hop is None else _is_in(hop, trusted)


def _tell_of(peer: str) -> None:
    """Once a process: readers behind a proxy that is not listed count as one. It may be a reader too, who made the
    header up, so that no more than the network is named."""
    _told.add(peer)
    log.warning(
        "forwarded_by_a_stranger",
        network=str(network_of(peer)),
        advice="if this is your proxy, name its network in REJOINDER_TRUSTED_PROXIES: all readers behind it are one",
    )


@lru_cache(maxsize=1024)
def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: bare, `1.2.3.4:80`, `[::1]:80`; IPv4 in IPv6 counts as IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Collection[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
