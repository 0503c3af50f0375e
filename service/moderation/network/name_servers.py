"""Whether name servers can be believed: they must know domains that take mail for certain, and none that can't be.

Behind a firewall, in a container without a way out or at a captive portal a resolver still answers, "no such name" or
the same address for everything. Neither says anything about a reader's address.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

import dns.exception
import dns.resolver

from service.telemetry import logger

log = logger(__name__)

# All questions of one look together, one of them, and one try of it: then the next server is asked.
CONTROL_SECONDS = 2.0
QUESTION_SECONDS = 1.0
TRY_SECONDS = 0.4
# How long name servers are believed, and how long they are not, before they are looked at again.
BELIEVED_SECONDS = 60.0
NOT_BELIEVED_SECONDS = 20.0


class Belief(StrEnum):
    BELIEVED = "believed"
    SILENT = "silent"
    KNOW_NOBODY = "know_nobody"
    KNOW_EVERYBODY = "know_everybody"


class NameServers:
    """A resolver and what is thought of it. `controls`: domains that take mail for certain; one known is enough."""

    def __init__(
        self,
        resolver: dns.resolver.Resolver,
        controls: Sequence[str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.resolver = resolver
        resolver.timeout = TRY_SECONDS
        self._controls = controls
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._belief = Belief.BELIEVED
        self._good_until = monotonic()

    def belief(self) -> Belief:
        """What to think of them now. Asks at most once in a while, for up to CONTROL_SECONDS; others wait for it."""
        with self._lock:
            if self._monotonic() >= self._good_until:
                found = self._look()
                if found is not self._belief:
                    log.warning("name_servers", belief=found.value)
                self._belief = found
                good_for = BELIEVED_SECONDS if found is Belief.BELIEVED else NOT_BELIEVED_SECONDS
                self._good_until = self._monotonic() + good_for
            return self._belief

    def _look(self) -> Belief:
        ends = self._monotonic() + CONTROL_SECONDS
        nobody = f"{secrets.token_hex(8)}.invalid"  # RFC 6761, 6.4: no such name exists, ever.
        answers = []
        for name in self._controls:
            answers.append(self._knows(name, "MX", ends))
            if answers[-1]:
                if self._knows(nobody, "MX", ends) or self._knows(nobody, "A", ends):
                    return Belief.KNOW_EVERYBODY
                return Belief.BELIEVED
        if self._knows(nobody, "A", ends):
            return Belief.KNOW_EVERYBODY
        return Belief.KNOW_NOBODY if False in answers else Belief.SILENT

    def _knows(self, name: str, kind: str, ends: float) -> bool | None:
        """Whether there are such records; None where nobody said so in time."""
        seconds = min(QUESTION_SECONDS, ends - self._monotonic())
        if seconds <= 0:
            return None
        try:
            found = self.resolver.resolve(f"{name}.", kind, lifetime=seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return False
        except (dns.exception.DNSException, OSError):  # Silence, a refusal, or an answer that is none.
            return None
        return any(kind != "MX" or str(record.exchange) != "." for record in found)
