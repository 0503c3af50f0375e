"""Signing in: by password, throttled, or by a link that works once. An unknown account gets the same answer.

A browser that has signed in keeps a signed note of it (its device token), and is let try while strangers have to wait.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import ActorKind, AddressPurpose, AddressRecord, AuditEntry, DeskSession, Moderator, SignInLink
from service.accounts.actors import Actor, Parts
from service.accounts.audit import audit
from service.accounts.moderators import ALL_SITES, account_form, find_moderator
from service.accounts.passwords import hash_password, needs_new_hash, password_matches
from service.accounts.sessions import end_session, end_unused_links, start_session, sweep_sessions
from service.accounts.throttle import LIMITS, Attempt, attempt, succeeded
from service.accounts.tokens import device_id, lookup_of, new_device, new_token
from service.errors import TooMany, Unauthorized, Unavailable
from service.privacy.addresses import NotAnAddress, address_indexes
from service.privacy.sealing import Keyring

LINK_LIFE = timedelta(minutes=15)
# What the trail calls a sign-in.
STARTED = "session.start"
# And that an account's strangers, one of its networks or one of its devices have used up their attempts.
THROTTLED = "session.throttled"


class SignInRefused(Unauthorized):
    """Wrong password, no such account, no password, closed: the answer does not tell which."""

    code, title = "sign_in_refused", "Address and password do not match"


class SignInLinkSpent(Unauthorized):
    code, title = "sign_in_link_spent", "This sign-in link was used before or is too old"


class TooManyAttempts(TooMany):
    code, title = "too_many_attempts", "Too many attempts"


def sign_in(parts: Parts, *, address: str, password: str, ip: str | None, replaces: str = "", device: str = "") -> str:
    """A new session's token for the cookie. `replaces`: the token in the browser's cookie, which ends; `device`: its
    device token.

    Every attempt is counted first and costs one argon2 verification, outside of any transaction. Raises
    SignInRefused, TooManyAttempts (with Retry-After; the same for known and unknown addresses), Unavailable.
    """
    form = _form(address)
    known_as = _known_as(parts, form, device)
    tried = attempt(parts.redis, parts.keyring, address=form, ip=ip, device=known_as)
    if tried.wait is not None:
        detail = "Please wait a while, or ask an administrator for a sign-in link."
        raise TooManyAttempts(detail, retry_after=tried.wait)
    with parts.read() as session:
        found = find_moderator(session, parts.keyring, form)
        moderator = found if found is not None and found.disabled_at is None else None
        known = None if moderator is None else moderator.password_hash
    if not password_matches(password, known) or moderator is None or known is None:
        if tried.used_up:
            _note_throttled(parts, tried, None if moderator is None else moderator.id)
        raise SignInRefused("Please check both. Capital letters count in the password.")
    succeeded(parts.redis, parts.keyring, address=form, ip=ip, device=known_as)
    better = hash_password(password) if needs_new_hash(known) else known
    with parts.write() as session:
        # The account may have been closed, or its password changed, while the hash was made.
        same = session.execute(
            update(Moderator)
            .where(Moderator.id == moderator.id, Moderator.password_hash == known, Moderator.disabled_at.is_(None))
            .values(password_hash=better)
            .returning(Moderator.id)
        )
        if same.first() is None:
            raise SignInRefused("Please check both. Capital letters count in the password.")
        told = {"by": "password", "from": f"known {tried.known}" if tried.known else "new"}
        return _started(session, parts.clock.now(), moderator.id, moderator.name, told, replaces)


def remember_device(parts: Parts, token: str) -> str:
    """A device token for the browser that has just been given this session; "" for a session that is no more."""
    with parts.read() as session:
        account = session.scalar(
            select(AddressRecord.exact_index)
            .join(DeskSession, DeskSession.moderator_id == AddressRecord.owner_id)
            .where(AddressRecord.purpose == AddressPurpose.MODERATOR, DeskSession.lookup == lookup_of(token))
        )
    return "" if account is None else new_device(parts.keyring, account, parts.clock.now())


def make_link(session: Session, *, moderator_id: str, now: datetime) -> str:
    """The token of a link that signs this moderator in once, within 15 minutes. Only its hash is kept.

    It takes the place of any that was made before and not used.
    """
    end_unused_links(session, moderator_id)
    token = new_token()
    session.add(
        SignInLink(lookup=lookup_of(token), moderator_id=moderator_id, created_at=now, expires_at=now + LINK_LIFE)
    )
    return token


def sign_in_address(parts: Parts, token: str) -> str:
    """Where a one-time link leads: a page with a button, since scanners and previews follow links."""
    return f"{parts.settings.public_url}/moderate/sign-in/{token}"


def follow_link(parts: Parts, token: str, *, replaces: str = "") -> str:
    """A new session's token for the cookie; the link is spent. To be called on POST only: scanners open links.

    Raises SignInLinkSpent for one that was used, is too old, unknown, or of a closed account.
    """
    now = parts.clock.now()
    with parts.write() as session:
        # The account first, then its link, like whoever closes it or gives it a new password: either is seen whole.
        link = select(SignInLink.moderator_id).where(SignInLink.lookup == lookup_of(token))
        moderator = session.scalar(
            select(Moderator).where(Moderator.id == link.scalar_subquery()).with_for_update(key_share=True)
        )
        # One statement decides, so that of two who follow it at once only one gets in.
        used = session.execute(
            update(SignInLink)
            .where(SignInLink.lookup == lookup_of(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
            .values(used_at=now)
            .returning(SignInLink.moderator_id)
        ).scalar_one_or_none()
        if used is None or moderator is None or moderator.disabled_at is not None:
            raise SignInLinkSpent("Please ask for a new one: links work once, for 15 minutes.")
        return _started(session, now, moderator.id, moderator.name, {"by": "link"}, replaces)


def leave(parts: Parts, token: str) -> None:
    """Signs out: ends the session of the browser with this token in its cookie, if there is one."""
    with parts.write() as session:
        end_session(session, token)


def link_is_good(session: Session, token: str, now: datetime) -> bool:
    """Whether the link would work now: what its page asks before it shows the button."""
    good = select(SignInLink.lookup).where(
        SignInLink.lookup == lookup_of(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    return session.scalar(good) is not None


def last_seen(session: Session, ids: Collection[str]) -> dict[str, datetime]:
    """The last sign of each of these accounts that ever signed in, by id.

    Sessions that are over are deleted; the trail still says when they began.
    """
    live = (
        select(DeskSession.moderator_id, func.max(DeskSession.seen_at))
        .where(DeskSession.moderator_id.in_(ids))
        .group_by(DeskSession.moderator_id)
    )
    begun = (
        select(AuditEntry.actor_id, func.max(AuditEntry.created_at))
        .where(AuditEntry.site_id == ALL_SITES, AuditEntry.action == STARTED, AuditEntry.actor_id.in_(ids))
        .group_by(AuditEntry.actor_id)
    )
    found: dict[str, datetime] = {}
    for moderator_id, at in [*session.execute(live).all(), *session.execute(begun).all()]:
        if moderator_id is not None:
            found[moderator_id] = max(at, found.get(moderator_id, at))
    return found


def _started(
    session: Session, now: datetime, moderator_id: str, name: str, told: Mapping[str, str], replaces: str
) -> str:
    sweep_sessions(session, now)
    token = start_session(session, moderator_id=moderator_id, now=now, replaces=replaces)
    audit(session, Actor(ActorKind.MODERATOR, moderator_id, name, {}), STARTED, now=now, details=told)
    return token


def _note_throttled(parts: Parts, tried: Attempt, moderator_id: str | None) -> None:
    """Once a limit and window, for an address without an account too: the answer must not take longer for one."""
    try:
        with parts.write() as session:
            for limit in tried.used_up:
                attempts, seconds = LIMITS[limit]
                told = {"limit": limit, "attempts": attempts, "seconds": seconds}
                audit(session, None, THROTTLED, now=parts.clock.now(), target=moderator_id, details=told)
    except Unavailable:
        return  # The limit holds, written down or not.


def _known_as(parts: Parts, form: str, device: str) -> str | None:
    """What the browser's device token is counted by; None for a browser that has not signed in to this account."""
    return device_id(parts.keyring, device, _accounts(parts.keyring, form), parts.clock.now()) if device else None


def _accounts(keyring: Keyring, form: str) -> list[bytes]:
    try:
        return address_indexes(keyring, site_id=ALL_SITES, address=form)
    except NotAnAddress:
        return []


def _form(address: str) -> str:
    """The account's form, or for what is no address a text that finds nobody but is counted all the same."""
    try:
        return account_form(address)
    except NotAnAddress:
        return "\0" + address.strip().lower()[:320]
