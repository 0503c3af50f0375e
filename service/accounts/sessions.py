"""Signed-in browsers: the cookie holds a random token, the database its hash and how long it lasts."""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from flask import Response
from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from models import ActorKind, DeskSession, SignInLink
from service.accounts.actors import IDLE, SIGNED_IN, Actor, Parts, session_row, sites_of
from service.accounts.tokens import DEVICE_LIFE, lookup_of, new_token
from service.errors import Unavailable

# A week ends every session, and `IDLE` without a click.
LONGEST = timedelta(days=7)
# `seen_at` moves in steps, so that reading a page is seldom a write.
SEEN_STEP = timedelta(minutes=5)


def cookie_name(secure: bool) -> str:
    """`__Host-` binds the cookie to this very host, without a domain, over TLS (RFC 6265bis, 4.1.3.2)."""
    return "__Host-rejoinder" if secure else "rejoinder"


def device_cookie_name(secure: bool) -> str:
    """Of the cookie that a browser is known by when it comes to sign in again."""
    return "__Host-rejoinder-device" if secure else "rejoinder-device"


def start_session(session: Session, *, moderator_id: str, now: datetime, replaces: str = "") -> str:
    """A new session's token, for the cookie. The browser's earlier session (`replaces`: its token) ends."""
    token = new_token()
    if replaces:
        session.execute(delete(DeskSession).where(DeskSession.lookup == lookup_of(replaces)))
    session.add(
        DeskSession(
            lookup=lookup_of(token), moderator_id=moderator_id, created_at=now, seen_at=now, expires_at=now + LONGEST
        )
    )
    return token


def end_session(session: Session, token: str) -> None:
    """Signs this browser out; the cookie is worth nothing from then on."""
    session.execute(delete(DeskSession).where(DeskSession.lookup == lookup_of(token)))


def end_all_sessions(session: Session, moderator_id: str) -> None:
    """Signs a moderator out everywhere: after a new password, or when the account is closed."""
    session.execute(delete(DeskSession).where(DeskSession.moderator_id == moderator_id))


def end_unused_links(session: Session, moderator_id: str) -> None:
    """No sign-in link made until now lets anybody in: after a new password or other roles, or with the account."""
    session.execute(delete(SignInLink).where(SignInLink.moderator_id == moderator_id, SignInLink.used_at.is_(None)))


def sweep_sessions(session: Session, now: datetime) -> None:
    """Deletes sessions that are over."""
    over = or_(DeskSession.expires_at <= now, DeskSession.seen_at <= now - IDLE)
    session.execute(delete(DeskSession).where(over).execution_options(synchronize_session=False))


def session_actor(parts: Parts, token: str) -> Actor | None:
    """The moderator behind a cookie, or None for a session that is over and an account that was closed."""
    now, lookup = parts.clock.now(), lookup_of(token)
    with parts.look_up() as connection:
        rows = SIGNED_IN.found(connection, [session_row(lookup, now)])
    if not rows:
        return None
    moderator_id, name, seen_at, *_ = rows[0]
    if now - seen_at >= SEEN_STEP:
        _note_seen(parts, lookup, now)
    return Actor(ActorKind.MODERATOR, moderator_id, name, sites_of(rows), csrf=_csrf(token), lookup=lookup)


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Gives the browser its session. It ends with the browser, or when the service says so."""
    response.set_cookie(cookie_name(secure), token, path="/", secure=secure, httponly=True, samesite="Lax")


def set_device_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Lets the browser be known at its next sign-in. It opens nothing, and stays when somebody signs out."""
    response.set_cookie(
        device_cookie_name(secure),
        token,
        max_age=DEVICE_LIFE,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def clear_cookie(response: Response, *, secure: bool) -> None:
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="Lax")


def _csrf(token: str) -> str:
    """The session's synchroniser token: made from the cookie's token, which cannot be told from it."""
    return urlsafe_b64encode(hmac.digest(token.encode(), b"csrf", "sha256")).decode().rstrip("=")


def _note_seen(parts: Parts, lookup: bytes, now: datetime) -> None:
    try:
        with parts.write() as session:
            session.execute(update(DeskSession).where(DeskSession.lookup == lookup).values(seen_at=now))
    except Unavailable:
        return  # Only a note: reading the desk must go on while the database takes no writes.
