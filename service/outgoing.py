"""The one client for web addresses that somebody else chose (today: outside checks).

A name is resolved once, and the connection goes to an address that was looked at: not to this machine, its
neighbours or a cloud's metadata service, whatever the name says a moment later.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import SplitResult, urlsplit

import dns.exception
import dns.resolver

TIMEOUT_SECONDS = 2.0
LARGEST_BODY = 64 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Code = Literal[
    "bad_url", "not_allowed", "no_such_host", "timeout", "unreachable", "tls_failed", "too_large", "bad_answer"
]
# A host name and the seconds that are left -> its addresses.
Resolve = Callable[[str, float], Sequence[str]]


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# What leads to no public server. Python's `is_global` differs by version. Sources: the IANA registries of special
# purposes, https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry (as of
# 2025-10-09); of a block that is kept for protocols all of it, whatever a part of it may do.
_SPECIAL = _networks(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32"),
    *("::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
    *("fc00::/7", "fe80::/10"),
    # Teredo, benchmarking, AMT, AS112, ORCHID and DRIP are in the first; then documentation, 6to4, AS112.
    *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16"),
    # Multicast, which has registries of its own; IPv4-compatible (RFC 4291, 2.5.5.1), IPv4-translated (RFC 2765, 2.1),
    # site-local (RFC 3879) and 6bone (RFC 3701): withdrawn, and routed by some still.
    *("224.0.0.0/4", "ff00::/8", "::/96", "::ffff:0:0:0/96", "fec0::/10", "3ffe::/16"),
    # Azure's own services, in every virtual network there.
    "168.63.129.16/32",
)
# All that IANA gives out (https://www.iana.org/assignments/ipv6-unicast-address-assignments): nobody public is outside.
_UNICAST = ipaddress.IPv6Network("2000::/3")
# Prefixes before an IPv4 address, with the bit it begins at (RFC 4291, 2.5.5; RFC 2765; RFC 6052; RFC 3056; RFC 4380).
_CARRIERS = tuple(
    (ipaddress.IPv6Network(text), at)
    for text, at in (
        *(("::/96", 96), ("::ffff:0:0:0/96", 96), ("64:ff9b::/96", 96), ("64:ff9b:1::/48", 96)),
        *(("2002::/16", 16), ("2001::/32", 32)),
    )
)
_TEREDO = ipaddress.IPv6Network("2001::/32")
# The middle of an ISATAP address (RFC 5214, 6.1), with either value of its universal bit.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})

_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_WEB_PORTS = frozenset({80, 443})
_DEFAULT_PORT = {"http": 80, "https": 443}


class OutgoingFailed(Exception):
    """The request was not made or got no usable answer. Only a code: a web address may carry a secret."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code: Code = code


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """Header names are in lower case; of a repeated header the last counts. The body is as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The guarded client. `allowed`: networks an operator opened although they are not public.

    `timeout` is for everything together, from the name to the last byte.
    """

    allowed: Collection[Network] = ()
    timeout: float = TIMEOUT_SECONDS
    largest: int = LARGEST_BODY
    resolve: Resolve | None = None
    tls: ssl.SSLContext | None = None

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> OutgoingResponse:
        """One request to http(s)://host, path and query in ASCII; a redirect is an answer and is never followed.

        Host, User-Agent, Accept-Encoding and Connection are ours. Proxies of the environment do not count.
        Raises OutgoingFailed.
        """
        deadline = time.monotonic() + self.timeout
        parts, host, port = _checked(url)
        addresses = self._addresses(host, deadline)
        stream = self._connect(parts.scheme, host, addresses, port, deadline)
        try:
            return self._exchange(stream, method, parts, host, port, headers or {}, body)
        except TimeoutError:
            raise OutgoingFailed("timeout") from None
        except http.client.HTTPException:
            raise OutgoingFailed("bad_answer") from None
        except OSError:
            raise OutgoingFailed("unreachable") from None
        finally:
            stream.end()

    def check(self, url: str) -> None:
        """Raises OutgoingFailed for what `request` would refuse before it asks any name server."""
        _, host, _ = _checked(url)
        if _is_address(host) and not self.may_reach(host):
            raise OutgoingFailed("not_allowed")

    def may_reach(self, address: str) -> bool:
        """Whether a connection to this IP address is allowed: a public one, or in an opened network."""
        found = _plain(ipaddress.ip_address(address))
        # Where a translator or a tunnel stands, what it carries counts as well.
        return self._is_open(found) and all(self._is_open(carried) for carried in _carried(found))

    def _is_open(self, address: Address) -> bool:
        if _is_in(address, self.allowed):
            return True
        public = address.version == 4 or address in _UNICAST
        return public and not _is_in(address, _SPECIAL)

    def _addresses(self, host: str, deadline: float) -> Sequence[str]:
        found = [host] if _is_address(host) else (self.resolve or _resolve)(host, _left(deadline))
        if not found:
            raise OutgoingFailed("no_such_host")
        # All of them: a name that mixes public and private addresses is up to something.
        if not all(self.may_reach(address) for address in found):
            raise OutgoingFailed("not_allowed")
        return found

    def _connect(self, scheme: str, host: str, addresses: Sequence[str], port: int, deadline: float) -> "_Stream":
        connected: socket.socket | None = None
        for address in addresses:
            try:
                connected = socket.create_connection((address, port), timeout=_left(deadline))
                break
            except OSError:
                continue  # The next address may be better; if time is up, the next turn says so.
        if connected is None:
            _left(deadline)
            raise OutgoingFailed("unreachable")
        if scheme == "http":
            return _Stream(connected, deadline)
        try:
            connected.settimeout(_left(deadline))
            context = self.tls or ssl.create_default_context()
            # The name, not the address: for SNI and for the certificate.
            return _Stream(context.wrap_socket(connected, server_hostname=host), deadline)
        except TimeoutError:
            connected.close()
            raise OutgoingFailed("timeout") from None
        except OSError:
            connected.close()
            raise OutgoingFailed("tls_failed") from None

    def _exchange(
        self,
        stream: "_Stream",
        method: str,
        parts: SplitResult,
        host: str,
        port: int,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> OutgoingResponse:
        named = f"[{host}]" if ":" in host else host
        own = {
            "Host": named if port == _DEFAULT_PORT[parts.scheme] else f"{named}:{port}",
            "User-Agent": "Rejoinder",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        connection = http.client.HTTPConnection(host, port)
        # Already connected, to an address that was looked at; the rest of HTTPConnection needs no more of a socket.
        connection.sock = cast(socket.socket, stream)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in own.items():
                connection.putheader(name, value)
            for name, value in headers.items():
                if name.title() not in own and name.lower() != "content-length":
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
        except ValueError:
            raise OutgoingFailed("bad_url") from None
        response = connection.getresponse()
        content = response.read(self.largest + 1)
        if len(content) > self.largest:
            raise OutgoingFailed("too_large")
        if response.length:
            raise OutgoingFailed("bad_answer")  # It ended before its Content-Length.
        return OutgoingResponse(
            response.status, {name.lower(): value for name, value in response.getheaders()}, content
        )


class _Stream:
    """As much of a socket as http.client uses; every read and write gets only the time that is left."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._deadline))

    def close(self) -> None:
        # http.client closes its socket before it reads a body that ends with the connection; `end` is the end.
        pass

    def end(self) -> None:
        self._socket.close()


class _Reader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        # A server that drips a byte a second must not hold us longer than one that says nothing.
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutgoingFailed("timeout")
    return left


def _checked(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").rstrip(".")
    except (ValueError, UnicodeError):
        raise OutgoingFailed("bad_url") from None
    # The raw text: urlsplit drops line breaks and tabs without a word.
    if _UNSAFE_IN_URL.search(url) or parts.scheme not in _DEFAULT_PORT or not host or parts.username is not None:
        raise OutgoingFailed("bad_url")
    port = port or _DEFAULT_PORT[parts.scheme]
    # Mail, databases and the like listen below 1024: nothing to post to.
    if port not in _WEB_PORTS and port < 1024:
        raise OutgoingFailed("not_allowed")
    return parts, host, port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _plain(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_in(address: Address, networks: Collection[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _carried(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to, through a translator or a tunnel."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback or address.is_unspecified:
        return []
    number = int(address)
    found = [(number >> (96 - at)) & 0xFFFFFFFF for network, at in _CARRIERS if address in network]
    if address in _TEREDO:
        found.append(~number & 0xFFFFFFFF)
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(number & 0xFFFFFFFF)
    return [ipaddress.IPv4Address(one) for one in found]


def _resolve(host: str, seconds: float) -> Sequence[str]:
    try:
        return list(dns.resolver.resolve_name(host, lifetime=seconds).addresses())
    except dns.resolver.LifetimeTimeout:
        raise OutgoingFailed("timeout") from None
    except dns.exception.DNSException:
        raise OutgoingFailed("no_such_host") from None
