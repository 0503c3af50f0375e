"""Facts that only the network knows: what to ask for a batch, and what the answers make of its cases."""

from collections.abc import Hashable, Sequence
from functools import partial

import dns.resolver
from sqlalchemy.orm import Session

from service.moderation.facts.gather import JudgeInput
from service.moderation.network.mail_domains import Lookup, dns_lookup, domains_of
from service.moderation.network.name_servers import NameServers
from service.moderation.network.outside.checks import FACT as OUTSIDE
from service.moderation.network.outside.checks import OutsideChecks
from service.moderation.network.slow_lane import NetworkQuestion, SlowLane
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

UNREACHABLE = "unreachable_email"


class NetworkFacts:
    """A worker's own, with its slow lane. `lookup`: None where nobody asks name servers."""

    def __init__(
        self, services: Services, lane: SlowLane, *, lookup: Lookup | None, outside: OutsideChecks | None = None
    ) -> None:
        self.lane = lane
        self._services = services
        self._lookup = lookup
        self._outside = outside or OutsideChecks(services)

    def questions(self, session: Session, cases: Sequence[JudgeInput]) -> dict[str, list[NetworkQuestion]]:
        """By comment, what has to be asked before it is judged; comments without a question are missing."""
        found = self._outside.questions(session, cases)
        if self._lookup is not None:
            asked = [
                case.standing.id for case in cases if UNREACHABLE not in case.known and case.policy.needs(UNREACHABLE)
            ]
            for comment_id, domain in (domains_of(session, self._services.keyring, asked) if asked else {}).items():
                question = NetworkQuestion("domain", domain, partial(self._lookup, domain))
                found.setdefault(comment_id, []).append(question)
        return found

    def apply_answers(self, case: JudgeInput, questions: Sequence[NetworkQuestion], item: Hashable) -> bool:
        """Adds to the case what is known. False: something holds it back, and `item` has been set aside.

        What comes out of the lane has been asked, answer or not, and goes on; but for a text that was edited while it
        waited, or it would never be asked about. With the lane full the case goes on at once.
        """
        held = [question for question in questions if self.lane.holds_back(question, item)]
        if held and self.lane.set_aside(item, held):
            return False
        said = [(question.kind, self.lane.known(question)[1]) for question in questions]
        could_not: set[str] = set()
        for kind, answer in said:
            if kind == "domain" and answer is not None:
                case.known[UNREACHABLE] = not answer
            elif kind == "domain":
                could_not.add(UNREACHABLE)
        checks = [answer for kind, answer in said if kind == OUTSIDE]
        if checks:
            answered = [answer for answer in checks if answer is not None]
            case.known[OUTSIDE] = tuple(answer.fact for answer in answered)
            # Who calls it spam has said enough; "ham" of one says nothing for another that could not be asked.
            if len(answered) < len(checks) and all(answer.verdict == "ham" for answer in answered):
                could_not.add(OUTSIDE)
        if could_not:
            case.known["could_not"] = frozenset(could_not)
        return True


def name_servers(services: Services) -> Lookup | None:
    """How to look domains up; None where that is switched off or the machine has no name servers."""
    if not services.settings.dns:
        return None
    try:
        return dns_lookup(NameServers(dns.resolver.Resolver(), services.settings.dns_controls))
    except dns.resolver.NoResolverConfiguration:
        log.warning("no_name_servers")
        return None
