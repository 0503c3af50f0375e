"""The slow lane: comments whose facts need the network wait here, and nobody waits behind them.

The one such fact now is whether the address's domain takes mail at all. A name server that cannot be reached, or is
slow, says nothing: the fact stays unknown and the comment is judged without it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import dns.exception
import dns.resolver
from email_validator import EmailUndeliverableError
from email_validator.deliverability import validate_email_deliverability

from service.telemetry import logger

log = logger(__name__)

# Together shorter than CLAIM_SECONDS: a comment is judged before another worker thinks it was forgotten.
LOOKUP_SECONDS = 3.0
QUEUED_SECONDS = 4.0
THREADS = 4
# More waiting than this: newcomers are judged without the fact.
MOST_WAITING = 1000
KNOWN_SECONDS = 3600.0
# A name server that failed is asked again soon, but not for every comment.
UNKNOWN_SECONDS = 60.0
MOST_KNOWN = 20_000


class Lookup(Protocol):
    """Whether mail to this domain can arrive; None where nobody could say. Blocks; LOOKUP_SECONDS at most."""

    def __call__(self, domain: str) -> bool | None: ...


def dns_lookup(resolver: dns.resolver.Resolver | None = None) -> Lookup:
    """Asks for MX, then A and AAAA (RFC 5321, 5; null MX by RFC 7505), as email-validator does.

    Raises dns.resolver.NoResolverConfiguration on a machine without name servers.
    """
    asked = resolver or dns.resolver.Resolver()
    asked.lifetime = LOOKUP_SECONDS / 3  # Up to three questions.

    def look_up(domain: str) -> bool | None:
        try:
            answer = validate_email_deliverability(domain, domain, dns_resolver=asked)
        except EmailUndeliverableError as error:
            # It calls every surprise undeliverable; only what the name servers said counts.
            said = error.__cause__ is None or isinstance(error.__cause__, dns.resolver.NXDOMAIN | dns.resolver.NoAnswer)
            return False if said else None
        return None if "unknown-deliverability" in answer else True

    return look_up


class SlowLane:
    """Looks domains up in a few threads of its own, one look-up a domain, and remembers the answers.

    Domains are part of an address: they live in this process's memory only, never in a log.
    """

    def __init__(
        self, lookup: Lookup, release: Callable[[list[Hashable]], None], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._lookup = lookup
        self._release = release
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[bool | None, float]] = OrderedDict()
        self._waiting: dict[str, list[Hashable]] = {}
        self._count = 0
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="slow-lane")

    def known(self, domain: str) -> tuple[bool, bool | None]:
        """(whether there is an answer, the answer): True reachable, False unreachable, None nobody could say."""
        with self._lock:
            found = self._known.get(domain)
            if found is None or found[1] < self._monotonic():
                return False, None
            self._known.move_to_end(domain)
            return True, found[0]

    def set_aside(self, domain: str, item: Hashable) -> bool:
        """Keeps `item` until the domain is known, then releases it. False: the lane is full, don't wait."""
        with self._lock:
            if self._count >= MOST_WAITING:
                return False
            self._count += 1
            waiting = self._waiting.setdefault(domain, [])
            waiting.append(item)
            if len(waiting) > 1:
                return True
        try:
            self._pool.submit(self._find_out, domain, self._monotonic() + QUEUED_SECONDS)
        except RuntimeError:  # Closed meanwhile.
            self._answer(domain, None)
        return True

    def close(self) -> None:
        """Starts no look-up any more; what waits is released with the answer unknown. Waits for running ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            domains = list(self._waiting)
        for domain in domains:
            self._answer(domain, None)

    def _find_out(self, domain: str, begin_before: float) -> None:
        answer: bool | None = None
        if self._monotonic() < begin_before:
            try:
                answer = self._lookup(domain)
            except Exception as error:
                log.warning("domain_lookup_failed", error=type(error).__name__)
        self._answer(domain, answer)

    def _answer(self, domain: str, answer: bool | None) -> None:
        keep = UNKNOWN_SECONDS if answer is None else KNOWN_SECONDS
        with self._lock:
            self._known[domain] = (answer, self._monotonic() + keep)
            self._known.move_to_end(domain)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            items = self._waiting.pop(domain, [])
            self._count -= len(items)
        if items:
            self._release(items)
