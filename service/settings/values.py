"""How one setting is written: each function reads one kind, or raises Misconfigured with a line that shows how."""

import ipaddress
import re

import idna
import msgspec

from service.errors import Misconfigured

_LIMIT = re.compile(r"^(\d{1,6})/(s|min|hour|day)$")
_PERIODS = {"s": 1.0, "min": 60.0, "hour": 3600.0, "day": 86400.0}

LOG_LEVELS = ("debug", "info", "warning", "error")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Rate(msgspec.Struct, frozen=True):
    """`count` events in `period` seconds."""

    count: int
    period: float


def parse_rate(text: str) -> Rate | None:
    """`5/min` -> Rate(5, 60.0); `off` -> None. Raises Misconfigured for anything else."""
    if text == "off":
        return None
    found = _LIMIT.match(text)
    if not found or int(found[1]) == 0:
        raise Misconfigured(f"REJOINDER_SUBMIT_LIMIT is {text!r}; write it as 5/min, 100/hour or off")
    return Rate(int(found[1]), _PERIODS[found[2]])


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def switch(name: str, text: str) -> bool:
    if text.lower() not in {"on", "off"}:
        raise Misconfigured(f"{name} is {text!r}; write on or off")
    return text.lower() == "on"


def metrics_places(name: str, text: str) -> tuple[bool, tuple[str, int] | None]:
    """Whether readers may have the metrics, and the host and port of a listener of their own."""
    public, listener = False, None
    for word in words(text):
        if word == "public":
            public = True
            continue
        host, _, port = word.rpartition(":")
        if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536 or listener is not None:
            raise Misconfigured(f"{name} is {text!r}; write public, or an address and port as 127.0.0.1:9102, or both")
        listener = host.removeprefix("[").removesuffix("]"), int(port)
    return public, listener


def domains(name: str, text: str) -> tuple[str, ...]:
    try:
        found = tuple(idna.encode(word, uts46=True).decode() for word in words(text))
    except idna.IDNAError:
        found = ()
    if not found:
        raise Misconfigured(f"{name} is {text!r}; write domains, as gmail.com, outlook.com")
    return found


def number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise Misconfigured(f"{name} is {text!r}; write a number above 0")
    return number


def whole_number(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not int(text):
        raise Misconfigured(f"{name} is {text!r}; write a number from 1 to 9999")
    return int(text)


def threshold(name: str, text: str) -> int | None:
    if text.lower() == "off":
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise Misconfigured(f"{name} is {text!r}; write a number, or off")
    return int(text)


def niceness(name: str, text: str) -> int:
    if not re.fullmatch(r"1?[0-9]", text):
        raise Misconfigured(f"{name} is {text!r}; write a number from 0 to 19")
    return int(text)


def log_level(name: str, text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise Misconfigured(f"{name} is {text!r}; write {', '.join(LOG_LEVELS[:-1])} or {LOG_LEVELS[-1]}")
    return text.lower()


def networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in words(text))
    except ValueError as error:
        raise Misconfigured(f"{name}: {error}") from None


def key_prefix(name: str, text: str) -> str:
    # No braces (they would be a cluster's hash tag) and nothing that a pattern gives a meaning.
    if not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", text):
        raise Misconfigured(f"{name} is {text!r}; write up to 64 letters, digits and any of _ . : -, as gazette:")
    return text
