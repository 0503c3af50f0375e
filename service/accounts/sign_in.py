"""Signing in: by password, throttled, or by a link that works once. An unknown account gets the same answer."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import ActorKind, AuditEntry, DeskSession, Moderator, SignInLink
from service.accounts.actors import Actor, Parts
from service.accounts.audit import audit
from service.accounts.moderators import ALL_SITES, account_form, find_moderator
from service.accounts.passwords import hash_password, needs_new_hash, password_matches
from service.accounts.sessions import end_session, start_session, sweep_sessions
from service.accounts.throttle import attempt, succeeded
from service.accounts.tokens import lookup_of, new_token
from service.errors import TooMany, Unauthorized
from service.privacy.addresses import NotAnAddress

LINK_LIFE = timedelta(minutes=15)
# What the trail calls a sign-in.
STARTED = "session.start"


class SignInRefused(Unauthorized):
    """Wrong password, no such account, no password, closed: the answer does not tell which."""

    code, title = "sign_in_refused", "Address and password do not match"


class SignInLinkSpent(Unauthorized):
    code, title = "sign_in_link_spent", "This sign-in link was used before or is too old"


class TooManyAttempts(TooMany):
    code, title = "too_many_attempts", "Too many attempts"


def sign_in(parts: Parts, *, address: str, password: str, ip: str | None, replaces: str = "") -> str:
    """A new session's token for the cookie. `replaces`: the token in the browser's cookie, which ends.

    Every attempt is counted first and costs one argon2 verification, outside of any transaction. Raises
    SignInRefused, TooManyAttempts (with Retry-After; the same for known and unknown addresses), Unavailable.
    """
    form = _form(address)
    wait = attempt(parts.redis, parts.keyring, address=form, ip=ip)
    if wait is not None:
        raise TooManyAttempts("Please wait a while, or ask an administrator for a sign-in link.", retry_after=wait)
    with parts.read() as session:
        found = find_moderator(session, parts.keyring, form)
        moderator = found if found is not None and found.disabled_at is None else None
        known = None if moderator is None else moderator.password_hash
    if not password_matches(password, known) or moderator is None or known is None:
        raise SignInRefused("Please check both. Capital letters count in the password.")
    succeeded(parts.redis, parts.keyring, address=form, ip=ip)
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
        return _started(session, parts.clock.now(), moderator.id, moderator.name, "password", replaces)


def make_link(session: Session, *, moderator_id: str, now: datetime) -> str:
    """The token of a link that signs this moderator in once, within 15 minutes. Only its hash is kept."""
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
        moderator = session.scalar(select(Moderator).where(Moderator.id == link.scalar_subquery()).with_for_update())
        # One statement decides, so that of two who follow it at once only one gets in.
        used = session.execute(
            update(SignInLink)
            .where(SignInLink.lookup == lookup_of(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
            .values(used_at=now)
            .returning(SignInLink.moderator_id)
        ).scalar_one_or_none()
        if used is None or moderator is None or moderator.disabled_at is not None:
            raise SignInLinkSpent("Please ask for a new one: links work once, for 15 minutes.")
        return _started(session, now, moderator.id, moderator.name, "link", replaces)


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


def _started(session: Session, now: datetime, moderator_id: str, name: str, how: str, replaces: str) -> str:
    sweep_sessions(session, now)
    token = start_session(session, moderator_id=moderator_id, now=now, replaces=replaces)
    audit(session, Actor(ActorKind.MODERATOR, moderator_id, name, {}), STARTED, now=now, details={"by": how})
    return token


def _form(address: str) -> str:
    """The account's form, or for what is no address a text that finds nobody but is counted all the same."""
    try:
        return account_form(address)
    except NotAnAddress:
        return "\0" + address.strip().lower()[:320]
