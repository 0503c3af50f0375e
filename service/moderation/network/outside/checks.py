"""Asking the outside checks: which comments, which checks, once each, and not at all while a check keeps failing."""

import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AddressPurpose,
    CheckKind,
    Comment,
    CommentVersion,
    OutsideCheck,
    Site,
    Status,
    Thread,
)
from moderation_rules import Verdict
from moderation_rules.policy.layers import layers_of
from moderation_rules.registry import RULES
from service.circuit_breaker import CircuitBreaker
from service.moderation.facts.gather import JudgeInput
from service.moderation.network.outside import akismet, site_check
from service.moderation.network.outside.types import CheckedComment, CheckFailed, CheckResult, FailureCode
from service.moderation.network.slow_lane import NetworkQuestion
from service.moderation.policies.site_policy import SitePolicy
from service.moderation.watchdog.watchdog import WatchedThread
from service.outgoing import Outgoing, OutgoingFailed
from service.privacy.addresses import address_of, open_address
from service.privacy.outside_check_secrets import open_secret
from service.privacy.sealing import SealBroken
from service.settings import Settings
from service.telemetry import OUTSIDE_CHECKS, OUTSIDE_RESTING, OUTSIDE_SECONDS, logger
from service.wiring import Services

log = logger(__name__)

FACT = "outside"
LARGEST_ANSWER = 8 * 1024
FAILURES_TO_REST = 5
REST_SECONDS = 30.0
# What the site's own rules refuse is not shown to others.
_REFUSED = frozenset({Verdict.REJECT, Verdict.SPAM})


@cache
def _certificates() -> ssl.SSLContext:
    """The machine's authorities; to load them takes longer than to ask."""
    return ssl.create_default_context()


def client(settings: Settings) -> Outgoing:
    """The guarded client for outside checks."""
    return Outgoing(allowed=settings.outgoing_networks, largest=LARGEST_ANSWER, tls=_certificates())


class _Key(NamedTuple):
    """Asked once: this text by this check as it is set up now."""

    check_id: str
    changed_at: datetime
    comment_id: str
    version: int


class OutsideChecks:
    """Makes questions for the slow lane. One object a worker: it knows which checks are failing."""

    def __init__(self, services: Services, outgoing: Outgoing | None = None) -> None:
        self._services = services
        self._outgoing = outgoing
        self._lock = threading.RLock()
        # By check: since when it is set up as it is, and its breaker.
        self._breakers: dict[str, tuple[datetime, CircuitBreaker]] = {}

    def questions(self, session: Session, cases: Sequence[JudgeInput]) -> dict[str, list[NetworkQuestion]]:
        """By comment, what its site's checks are to be asked. Costs nothing where no policy asks for it."""
        policies = {case.standing.site_id: case.policy for case in cases}
        sites = [site_id for site_id, policy in policies.items() if asks(policy)]
        if not sites:
            return {}
        checks: dict[str, list[tuple[str, datetime]]] = {}
        for site_id, check_id, changed_at in session.execute(
            select(OutsideCheck.site_id, OutsideCheck.id, OutsideCheck.changed_at)
            .where(OutsideCheck.site_id.in_(sites))
            .order_by(OutsideCheck.name)
        ):
            checks.setdefault(site_id, []).append((check_id, changed_at))
        found: dict[str, list[NetworkQuestion]] = {}
        for case in cases:
            standing = case.standing
            if standing.site_id in checks and _worth_asking(case):
                keys = [_Key(*check, standing.id, standing.current_version) for check in checks[standing.site_id]]
                found[standing.id] = [
                    NetworkQuestion("outside", key, partial(self.ask, key), group=standing.site_id) for key in keys
                ]
        return found

    def ask(self, key: _Key) -> CheckResult | None:
        """Asks one check about one text; None: no answer. Everything is read afresh: what was withdrawn or changed
        since is not sent, and the secret and the address are open for this request only."""
        with self._services.read() as session:
            check = session.get(OutsideCheck, key.check_id)
            if check is None:
                self._forget(key.check_id)
                return None
            if check.changed_at != key.changed_at:
                return None
            asked = _asked(session, key.comment_id, key.version)
            if asked is None:
                return None
            address = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=asked.id)
        kind = check.kind.value
        breaker = self._breaker(check)
        if not breaker.allows():
            OUTSIDE_CHECKS.labels(kind, "resting").inc()
            return None
        began = time.monotonic()
        try:
            if check.sends_address and address is not None:
                asked = replace(asked, address=open_address(self._services.keyring, address))
            said = send(self._services, check, asked, self._outgoing)
        except (OutgoingFailed, CheckFailed) as error:
            self._failed(breaker, check, error.code)
            return None
        except SealBroken:
            self._failed(breaker, check, "sealed")
            return None
        finally:
            OUTSIDE_SECONDS.labels(kind).observe(time.monotonic() - began)
        OUTSIDE_CHECKS.labels(kind, said.verdict).inc()
        if breaker.succeeded():
            OUTSIDE_RESTING.dec()
            log.info("outside_check_answers_again", site=check.site_id, check=check.name)
        return said

    def _breaker(self, check: OutsideCheck) -> CircuitBreaker:
        with self._lock:
            known = self._breakers.get(check.id)
            if known is not None and known[0] == check.changed_at:
                return known[1]
            # Set up otherwise, it gets another chance at once.
            self._forget(check.id)
            breaker = CircuitBreaker(failures=FAILURES_TO_REST, pause=REST_SECONDS)
            self._breakers[check.id] = check.changed_at, breaker
            return breaker

    def _forget(self, check_id: str) -> None:
        with self._lock:
            known = self._breakers.pop(check_id, None)
        if known is not None and known[1].open:
            OUTSIDE_RESTING.dec()

    def _failed(self, breaker: CircuitBreaker, check: OutsideCheck, code: FailureCode) -> None:
        OUTSIDE_CHECKS.labels(check.kind.value, code).inc()
        if breaker.failed():
            OUTSIDE_RESTING.inc()
            log.warning("outside_check_rests", site=check.site_id, check=check.name, error=code, seconds=REST_SECONDS)
        elif not breaker.open:
            log.warning("outside_check_failed", site=check.site_id, check=check.name, error=code)


def send(
    services: Services, check: OutsideCheck, asked: CheckedComment, outgoing: Outgoing | None = None
) -> CheckResult:
    """Asks the check. Raises OutgoingFailed, CheckFailed, SealBroken."""
    guarded = replace(outgoing or client(services.settings), timeout=check.timeout)
    secret = open_secret(services.keyring, check)
    if check.kind is CheckKind.AKISMET:
        return CheckResult(check.name, akismet.check(guarded, check.url, secret, asked))
    return CheckResult(check.name, *site_check.check(guarded, check.url, secret, asked, services.clock.now()))


def asks(policy: SitePolicy) -> bool:
    """Whether some rule of the policy wants an outside check, here or in threads under other rules."""
    return policy.needs(FACT)


def asked_for(settings: Mapping[str, Any], today: date) -> bool:
    """What `asks` tells, from what a policy says: to compile one with long lists takes seconds."""
    for layer in (settings, *layers_of(settings)):
        for rule in (rule for rule in RULES if FACT in rule.needs):
            own = layer.get("rules", {}).get(rule.name)
            said: Mapping[str, Any] = own or {}
            on = said.get("enabled", rule.enabled if layer is settings else own is not None)
            if on and date.fromisoformat(said.get("until", "9999-12-31")) >= today:
                return True
    return False


def _worth_asking(case: JudgeInput) -> bool:
    if all(FACT not in rule.needs for rule in case.judge.rules):
        return False
    with WatchedThread() as watched:
        watched.comment_id = case.standing.id
        return case.judge.judge(case.typed, case.facts).verdict not in _REFUSED


def _asked(session: Session, comment_id: str, version: int) -> CheckedComment | None:
    """The comment as it stands; None for one that does not wait for a judge any more, or whose text is another."""
    row = session.execute(
        select(Comment, CommentVersion.text, Thread, Site)
        .join(CommentVersion, CommentVersion.comment_id == Comment.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .join(Site, Site.id == Comment.site_id)
        .where(
            Comment.id == comment_id,
            Comment.status == Status.RECEIVED,
            Comment.current_version == version,
            CommentVersion.n == version,
        )
    ).first()
    if row is None:
        return None
    comment, text, thread, site = row
    url, title = thread.page_for(comment.page_url, comment.page_title)
    return CheckedComment(
        id=comment.id,
        version=version,
        site=site.slug,
        home=f"{site.origins[0]}/",
        thread=thread.key,
        page_url=url,
        page_title=title,
        parent_id=comment.parent_id,
        name=comment.name,
        website=comment.website,
        text=text,
        language=thread.language or site.settings.language,
        created_at=comment.created_at,
    )
