"""API keys of a site's own programs: shown once, kept as a hash."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from models import ActorKind, ApiKey, Moderator, new_id
from service.accounts.actors import ROLE_OF_SCOPE, SCOPES, WORKING_KEY, Actor, Parts, fresh_actor
from service.accounts.audit import audit
from service.accounts.tokens import lookup_of, new_token
from service.errors import Invalid, NotFound, Unavailable

# `used_at` tells an operator which keys are dead; to the hour is enough, a write for each request is not.
USED_AT_STEP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Maker:
    """The moderator who answers for a key; it goes on working when their account is `closed`."""

    id: str
    name: str
    closed: bool


def add_key(
    session: Session, *, site_id: str, scope: str, now: datetime, made_by: str | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, `rj_<scope>_<256 random bits>`, which is kept nowhere. Raises Invalid for the scope."""
    if scope not in SCOPES:
        raise Invalid(f"A scope is one of {', '.join(SCOPES)}.")
    text = f"rj_{scope}_{new_token()}"
    key = ApiKey(id=new_id(), site_id=site_id, scope=scope, lookup=lookup_of(text), made_by=made_by, created_at=now)
    session.add(key)
    return key, text


def create_key(parts: Parts, actor: Actor | None, *, site_id: str, scope: str) -> tuple[ApiKey, str]:
    """`add_key` in a transaction of its own, written into the trail. `actor` None: an operator.

    Raises SignInNeeded, Forbidden, NotFound for an actor who doesn't administer the site now.
    """
    now = parts.clock.now()
    with parts.write() as session:
        actor = fresh_actor(session, actor)
        if actor is not None:
            actor.require("admin", site_id)
        key, text = add_key(session, site_id=site_id, scope=scope, now=now, made_by=_answers_for(session, actor))
        audit(session, actor, "key.add", now=now, site_id=site_id, target=key.id, details={"scope": scope})
    return key, text


def revoke_key(parts: Parts, actor: Actor | None, *, key_id: str, site_id: str | None = None) -> ApiKey:
    """Ends a key at once; one that was revoked before stays as it is. `site_id` None: of whatever site.

    Raises NotFound, for another site's key too; SignInNeeded, Forbidden for an actor who doesn't administer it now.
    """
    now = parts.clock.now()
    with parts.write() as session:
        if actor is not None and actor.kind is ActorKind.API_KEY:
            # Two keys that revoke each other at once: both rows in one order, for the change, before either is read.
            both = select(ApiKey.id).where(ApiKey.id.in_([actor.id, key_id])).order_by(ApiKey.id)
            session.execute(both.with_for_update(key_share=True)).all()
        actor = fresh_actor(session, actor)
        key = session.get(ApiKey, key_id, with_for_update={"key_share": True})
        if key is None or site_id not in (None, key.site_id):
            raise NotFound("There is no such key.")
        if actor is not None:
            actor.require("admin", key.site_id)
        if key.revoked_at is None:
            key.revoked_at = now
            details = {"scope": key.scope}
            audit(session, actor, "key.revoke", now=now, site_id=key.site_id, target=key.id, details=details)
    return key


def makers_of(session: Session, keys: Iterable[ApiKey]) -> dict[str, Maker]:
    """Who answers for these keys, by the moderator's id."""
    ids = {key.made_by for key in keys if key.made_by}
    found = session.scalars(select(Moderator).where(Moderator.id.in_(ids)))
    return {one.id: Maker(one.id, one.name, one.disabled_at is not None) for one in found}


def working_keys_of(moderator_id: str) -> Select[ApiKey]:
    """The keys that this moderator answers for and that still open something, oldest first: closing ends none."""
    query = select(ApiKey).where(ApiKey.made_by == moderator_id, ApiKey.revoked_at.is_(None))
    return query.order_by(ApiKey.id)


def _answers_for(session: Session, actor: Actor | None) -> str | None:
    if actor is None or actor.kind is ActorKind.MODERATOR:
        return None if actor is None else actor.id
    return session.scalar(select(ApiKey.made_by).where(ApiKey.id == actor.id))


def keys_of(site_id: str, before: str = "") -> Select[ApiKey]:
    """A site's keys, newest first, revoked ones among them; `before`: the id of the last one already seen."""
    query = select(ApiKey).where(ApiKey.site_id == site_id).order_by(ApiKey.id.desc())
    return query.where(ApiKey.id < before) if before else query


def key_name(scope: str) -> str:
    """What a key is called beside what it did."""
    return f"{scope} key"


def key_actor(parts: Parts, text: str) -> Actor | None:
    """The actor behind a key, or None for an unknown or revoked one."""
    if not text.startswith("rj_"):
        return None
    lookup = lookup_of(text)
    with parts.look_up() as connection:
        found = WORKING_KEY.found(connection, [{"lookup": lookup}])
    if not found:
        return None
    ((key_id, site_id, scope, used_at),) = found
    now = parts.clock.now()
    if used_at is None or now - used_at >= USED_AT_STEP:
        _note_use(parts, key_id, now)
    role = ROLE_OF_SCOPE.get(scope, "")
    return Actor(ActorKind.API_KEY, key_id, key_name(scope), {site_id: role}, scope, lookup=lookup)


def _note_use(parts: Parts, key_id: str, now: datetime) -> None:
    try:
        with parts.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=now))
    except Unavailable:
        return  # Only a note: a busy database must not turn a good key away.
