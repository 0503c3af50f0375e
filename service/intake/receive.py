"""One comment's way in: checked, counted, committed, answered. The order of the steps is the contract's."""

from collections.abc import Collection
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from service.accounts.logins.keys import material_of
from service.database_errors import again_when_contended
from service.errors import Unavailable
from service.intake.arrivals import Arrival, Received, make_arrival
from service.intake.cors import check_origin
from service.intake.group_commit.committer import GroupCommit
from service.intake.idempotency import key_of
from service.intake.known_sites import KnownSite, KnownSites
from service.intake.rate_limits import limits_of
from service.intake.submission.address_syntax import disposable
from service.intake.submission.fields import read_submission
from service.intake.submission.form_tokens import intake_facts, read_token
from service.intake.submission.logins import Login, SiteKey, login_in, read_login
from service.intake.submission.page_addresses import own_page
from service.intake.submission.raw import RawSubmission
from service.intake.submission.web_addresses import is_origin_of
from service.privacy.logins import chain_of_subject, login_keys_of, open_login_key, uses_of
from service.privacy.prefixes import prefix_hashes
from service.queue.limits import Limiter
from service.wiring import Services

EXTENSION = "rejoinder.intake"
ANSWER_SECONDS = 15.0


class Intake:
    """What lives as long as the application: the sites it knows, the limiter, the group commit."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.sites = KnownSites(services)
        self.limiter = Limiter(services.redis)
        self.commits = GroupCommit(services, self.limiter)


def current_intake() -> Intake:
    intake: Intake = current_app.extensions[EXTENSION]
    return intake


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from. `ip` is None where the server cannot tell."""

    ip: str | None = field(repr=False)
    origin: str | None
    own_origins: Collection[str]
    referer: str | None = field(default=None, repr=False)
    request_id: str = ""
    traceparent: str = ""

    def page_of(self, origins: Collection[str]) -> str | None:
        """The page of the site that the browser says it shows: whole where it tells more than the origin."""
        if self.origin is None or not is_origin_of(self.origin, origins):
            return None
        # The page of our own that frames a form is not the article's.
        framed = is_origin_of(self.origin, self.own_origins)
        own = None if self.referer is None or framed else own_page(self.referer, origins)
        return own or self.origin


def receive(intake: Intake, slug: str, raw: RawSubmission, caller: Caller, key_header: str | None = None) -> Received:
    """Takes one comment; when this returns, it is committed.

    Raises UnknownSite, ForeignOrigin, Invalid (fields, unknown parent, a key with another body), ThreadClosed,
    SentTooOften, Unavailable. The same key with the same body gets the first answer again, before any limit.
    """
    arrival = check(intake, intake.sites.read(slug), raw, caller, key_header)
    answer = arrival.wait_in_thread()
    intake.commits.put(arrival)
    try:
        return answer.result(timeout=ANSWER_SECONDS)
    except TooSlow:
        raise too_slow() from None


def check(intake: Intake, site: KnownSite, raw: RawSubmission, caller: Caller, key_header: str | None) -> Arrival:
    """All that can be said of a comment without asking anybody, and its rows. Raises ForeignOrigin, Invalid."""
    services = intake.services
    now, keyring = services.clock.now(), services.keyring
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    login = None
    if (given := login_in(raw)) is not None:
        login = _login(services, site, given, now)
        typed, raw = raw, login.fill(raw)
    else:
        typed = raw
    submission = read_submission(raw, site.settings, site.origins, caller.page_of(site.origins))
    token = read_token(keyring, site.id, submission.token, now, max_age=site.settings.form_token_max_age)
    prefixes = [] if caller.ip is None else prefix_hashes(keyring, caller.ip, now)
    rate, address = services.settings.submit_limit, submission.email.normal
    arrival = make_arrival(
        submission,
        keyring,
        site,
        prefix_hashes=prefixes,
        facts=intake_facts(submission, token, disposable=disposable(submission.email.domain)),
        key=key_of(keyring, key_header, token.nonce if raw.form else None, typed.values),
        limits=limits_of(keyring, rate, prefix_hash=prefixes[0] if prefixes else None, address=address),
        now=now,
    )
    if login is not None:
        _sign_in(services, arrival, login, now)
    arrival.request_id, arrival.traceparent = caller.request_id, caller.traceparent
    return arrival


def _login(services: Services, site: KnownSite, given: object, now: datetime) -> Login:
    with services.read() as session:
        kept = [(key, open_login_key(services.keyring, key)) for key in login_keys_of(session, site.id)]
    keys = [SiteKey(key.kid, key.algorithm, material_of(key.algorithm, text)) for key, text in kept]
    return read_login(given, keys, site.slug, now)


@again_when_contended
def _sign_in(services: Services, arrival: Arrival, login: Login, now: datetime) -> None:
    keyring = services.keyring
    with services.write() as session:
        chain_id = chain_of_subject(session, keyring, site_id=arrival.site.id, subject=login.subject, now=now)
    arrival.sign_in(chain_id, uses_of(keyring, login.use), login.expires_at)


def too_slow() -> Unavailable:
    """Nobody knows what became of the comment: who comes again with the same key gets the answer."""
    return Unavailable("This takes longer than it should.", retry_after=5)
