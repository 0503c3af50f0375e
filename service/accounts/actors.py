"""Roles, scopes and actors: who somebody is, and what they may do where."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from redis import Redis
from sqlalchemy import Connection, LargeBinary, select
from sqlalchemy.orm import Session

from models import ActorKind, ApiKey, DeskSession, Membership, Moderator
from models.database.base import UtcTime
from models.database.bulk import Bulk, Rows, find_together
from service.clock import Clock
from service.errors import Forbidden, NotFound, Unauthorized
from service.privacy.sealing import Keyring
from service.settings import Settings

# What each role may do, and all that the one before it may.
ROLES = ("viewer", "moderator", "admin")
SCOPES = ("read", "submit", "cms", "moderate", "admin")
# What a key of a scope may do as if it were a person; `submit` and `cms` are for their own routes only.
ROLE_OF_SCOPE = {"read": "viewer", "moderate": "moderator", "admin": "admin"}
SCOPES_IN = {"moderate": {"moderate", "read"}, "admin": set(SCOPES)}


# A working day without a click ends a session.
IDLE = timedelta(hours=8)

# One row a role, or one without.
SIGNED_IN = Bulk.select(
    lambda given: (
        select(Moderator.id, Moderator.name, DeskSession.seen_at, Membership.site_id, Membership.role)
        .join(DeskSession, DeskSession.moderator_id == Moderator.id)
        .outerjoin(Membership, Membership.moderator_id == Moderator.id)
        .where(
            DeskSession.lookup == given["lookup"],
            DeskSession.expires_at > given["now"],
            DeskSession.seen_at > given["idle"],
            Moderator.disabled_at.is_(None),
        )
    ),
    {"lookup": LargeBinary(), "now": UtcTime(), "idle": UtcTime()},
)
WORKING_KEY = Bulk.select(
    lambda given: select(ApiKey.id, ApiKey.site_id, ApiKey.scope, ApiKey.used_at).where(
        ApiKey.lookup == given["lookup"], ApiKey.revoked_at.is_(None)
    ),
    {"lookup": LargeBinary()},
)


class SignInNeeded(Unauthorized):
    """Nobody is signed in, or the session or key is no longer good. Pages send the caller to their sign-in."""

    code = "sign_in_needed"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="rejoinder"'})


class Parts(Protocol):
    """The pieces of the running service that this room needs; `service.wiring.Services` has them."""

    @property
    def settings(self) -> Settings: ...
    @property
    def redis(self) -> Redis: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def clock(self) -> Clock: ...
    def read(self) -> AbstractContextManager[Session]: ...
    def look_up(self) -> AbstractContextManager[Connection]: ...
    def write(self) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in moderator or an API key. `sites` has a role for each site id; "" stands for every site."""

    kind: ActorKind
    id: str
    name: str
    sites: Mapping[str, str]
    scope: str | None = None
    # Of a browser's session: what a page's forms have to send back.
    csrf: str | None = field(default=None, repr=False)
    # Of a session or key: what its row is found by, to be asked once more where the actor acts.
    lookup: bytes | None = field(default=None, repr=False, compare=False)

    def can(self, level: str, site_id: str) -> bool:
        """Whether they are at least a viewer, moderator or admin there, or a key with that scope (`key:cms`)."""
        if level.startswith("key:"):
            scope = self.scope or ""
            allowed = SCOPES_IN.get(scope, {scope})
            return site_id in self.sites and level.removeprefix("key:") in allowed
        return _rank(self.role_at(site_id)) >= ROLES.index(level)

    def role_at(self, site_id: str) -> str | None:
        """The role on that site: the higher of the site's own and the one on every site."""
        return max(self.sites.get(site_id), self.sites.get(""), key=_rank)

    def can_somewhere(self, level: str) -> bool:
        return any(self.can(level, site_id) for site_id in self.sites)

    def site_ids(self, level: str) -> list[str] | None:
        """Ids of the sites where they have the level; None: on every site."""
        if "" in self.sites and self.can(level, ""):
            return None
        return [site_id for site_id in self.sites if site_id and self.can(level, site_id)]

    def require(self, level: str, site_id: str) -> None:
        """Raises NotFound for another site's thing (it could as well not be there), Forbidden for a role too low."""
        if self.can(level, site_id):
            return
        if site_id in self.sites or "" in self.sites:
            raise Forbidden(f"This needs the role {level}." if level in ROLES else "This key has another scope.")
        raise NotFound()

    @property
    def role(self) -> str | None:
        """The highest role on any site."""
        return max(self.sites.values(), key=_rank, default=None)


def find_again(actors: Iterable[Actor], now: datetime) -> list[tuple[Actor, Bulk, Rows]]:
    """What to ask in the transaction in which these act: whether each is still who they were found to be. Whoever came
    by no session or key is not asked for."""
    asked: dict[bytes, tuple[Actor, Bulk, Rows]] = {}
    for actor in actors:
        if actor.lookup is None:
            continue
        is_key = actor.kind is ActorKind.API_KEY
        rows = [{"lookup": actor.lookup}] if is_key else [session_row(actor.lookup, now)]
        asked[actor.lookup] = actor, WORKING_KEY if is_key else SIGNED_IN, rows
    return list(asked.values())


def refuse_changed(actor: Actor, found: Sequence[Sequence[Any]]) -> None:
    """Raises SignInNeeded for an actor of whom `find_again` has found nothing, Forbidden where the roles are others."""
    if not found:
        raise SignInNeeded()
    if actor.kind is ActorKind.API_KEY:
        sites = {site_id: ROLE_OF_SCOPE.get(scope, "") for _, site_id, scope, _ in found}
    else:
        sites = sites_of(found)
    if sites != actor.sites:
        raise Forbidden("Your roles have changed meanwhile.")


def refuse_shut_out(session: Session, actor: Actor | None, now: datetime) -> None:
    """Raises SignInNeeded, Forbidden where the actor was shut out since the request began, or has other roles: asked in
    the transaction that acts, behind its locks, for which a shut-out may not have waited. None is the operator."""
    callers = find_again([] if actor is None else [actor], now)
    for (caller, _, _), rows in zip(
        callers, find_together(session.connection(), [each[1:] for each in callers]), strict=True
    ):
        refuse_changed(caller, rows)


def session_row(lookup: bytes, now: datetime) -> dict[str, Any]:
    """What `SIGNED_IN` is asked for."""
    return {"lookup": lookup, "now": now, "idle": now - IDLE}


def sites_of(rows: Iterable[Sequence[Any]]) -> dict[str, str]:
    """The roles in what `SIGNED_IN` finds."""
    return {site_id: role for *_, site_id, role in rows if site_id is not None}


def fresh_actor(session: Session, actor: Actor | None) -> Actor | None:
    """The actor with the roles of now, which stay so until the transaction ends; None, the operator, is let through.

    A request's caller is found before its body has come in, and that can take as long as the sender likes. Until then
    the account may be closed, the role taken or the key revoked: verbs call this inside the transaction that acts.

    Accounts are locked before keys, and of each kind a verb that locks several locks them by id, this one among them.
    Raises SignInNeeded for an account that was closed and a key that was revoked.
    """
    if actor is None:
        return None
    if actor.kind is ActorKind.API_KEY:
        key = session.execute(
            select(ApiKey.site_id, ApiKey.scope)
            .where(ApiKey.id == actor.id, ApiKey.revoked_at.is_(None))
            .with_for_update(read=True)
        ).one_or_none()
        if key is None:
            raise SignInNeeded("This key was revoked.")
        return replace(actor, sites={key.site_id: ROLE_OF_SCOPE.get(key.scope, "")}, scope=key.scope)
    name = session.scalar(
        select(Moderator.name)
        .where(Moderator.id == actor.id, Moderator.disabled_at.is_(None))
        .with_for_update(read=True)
    )
    if name is None:
        raise SignInNeeded("This account was closed.")
    # A statement of its own: what the lock waited for is not in the snapshot of the one that waited.
    roles = select(Membership.site_id, Membership.role).where(Membership.moderator_id == actor.id)
    return replace(actor, name=name, sites=dict(session.execute(roles).all()))


def _rank(role: str | None) -> int:
    return ROLES.index(role) if role in ROLES else -1
