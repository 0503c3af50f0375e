"""API keys of a site's own programs: shown once, kept as a hash."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import ActorKind, ApiKey, new_id
from service.accounts.actors import ROLE_OF_SCOPE, SCOPES, Actor, Parts
from service.accounts.tokens import lookup_of, new_token
from service.errors import Invalid, Unavailable

# `used_at` tells an operator which keys are dead; to the hour is enough, a write for each request is not.
USED_AT_STEP = timedelta(hours=1)


def add_key(session: Session, *, site_id: str, scope: str, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its text, `rj_<scope>_<256 random bits>`, which is kept nowhere. Raises Invalid for the scope."""
    if scope not in SCOPES:
        raise Invalid(f"A scope is one of {', '.join(SCOPES)}.")
    text = f"rj_{scope}_{new_token()}"
    key = ApiKey(id=new_id(), site_id=site_id, scope=scope, lookup=lookup_of(text), created_at=now)
    session.add(key)
    return key, text


def revoke_key(session: Session, *, key_id: str, site_id: str, now: datetime) -> bool:
    """Ends a key at once; whether there was one of this site that was still good."""
    revoked = session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.site_id == site_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKey.id)
    )
    return revoked.first() is not None


def key_actor(parts: Parts, text: str) -> Actor | None:
    """The actor behind a key, or None for an unknown or revoked one."""
    if not text.startswith("rj_"):
        return None
    with parts.read() as session:
        key = session.scalar(select(ApiKey).where(ApiKey.lookup == lookup_of(text), ApiKey.revoked_at.is_(None)))
    if key is None:
        return None
    now = parts.clock.now()
    if key.used_at is None or now - key.used_at >= USED_AT_STEP:
        _note_use(parts, key.id, now)
    role = ROLE_OF_SCOPE.get(key.scope, "")
    return Actor(ActorKind.API_KEY, key.id, f"{key.scope} key", {key.site_id: role}, key.scope)


def _note_use(parts: Parts, key_id: str, now: datetime) -> None:
    try:
        with parts.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=now))
    except Unavailable:
        return  # Only a note: a busy database must not turn a good key away.
