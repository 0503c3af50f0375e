"""Whether mail can reach the domain of an address: the domain is taken out of the seal, name servers are asked."""

from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.resolver
from email_validator import EmailUndeliverableError
from email_validator.deliverability import validate_email_deliverability
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord
from service.moderation.network.name_servers import CONTROL_SECONDS, Belief, NameServers
from service.privacy.addresses import open_address
from service.privacy.sealing import Keyring, SealBroken
from service.telemetry import DNS_LOOKUPS

# With the time to look at the name servers themselves.
LOOKUP_SECONDS = 5.0


class Lookup(Protocol):
    """Whether mail to this domain can arrive; None where nobody could say. Blocks; LOOKUP_SECONDS at most."""

    def __call__(self, domain: str) -> bool | None: ...


def dns_lookup(servers: NameServers) -> Lookup:
    """Asks for MX, then A and AAAA (RFC 5321, 5; null MX by RFC 7505), as email-validator does.

    A name server that cannot be reached, is slow, or is not to be believed says nothing.
    """
    asked = servers.resolver
    asked.lifetime = (LOOKUP_SECONDS - CONTROL_SECONDS) / 3  # Up to three questions.

    def look_up(domain: str) -> bool | None:
        belief = servers.belief()
        if belief is not Belief.BELIEVED:
            DNS_LOOKUPS.labels(belief.value).inc()
            return None
        found = _ask(domain)
        DNS_LOOKUPS.labels({True: "reachable", False: "unreachable", None: "no_answer"}[found]).inc()
        return found

    def _ask(domain: str) -> bool | None:
        try:
            answer = validate_email_deliverability(domain, domain, dns_resolver=asked)
        except EmailUndeliverableError as error:
            # It calls every surprise undeliverable; only what the name servers said counts.
            said = error.__cause__ is None or isinstance(error.__cause__, dns.resolver.NXDOMAIN | dns.resolver.NoAnswer)
            return False if said else None
        return None if "unknown-deliverability" in answer else True

    return look_up


def domains_of(session: Session, keyring: Keyring, comment_ids: Sequence[str]) -> dict[str, str]:
    """Comment id -> the domain of its address, for the slow lane's look-up; what cannot be opened is left out.

    Stays in memory: nothing made from it may be stored or logged but whether mail could arrive there.
    """
    records = session.scalars(
        select(AddressRecord).where(
            AddressRecord.owner_id.in_(comment_ids), AddressRecord.purpose == AddressPurpose.SUBMISSION
        )
    )
    found: dict[str, str] = {}
    for record in records:
        try:
            found[record.owner_id] = open_address(keyring, record).rpartition("@")[2]
        except SealBroken:
            continue  # `doctor` reports a missing key; a comment can be judged without this fact.
    return found
