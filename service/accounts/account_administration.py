"""What administrators do with accounts: list them, add, change and close them, make sign-in links; and to whom.

An actor of None is the operator at the command line, who may do all of it. An administrator sees the accounts with
a role on a site of theirs, or on every site; they change only those whose roles are all on sites that they
administer: whoever can make a sign-in link for an account can do whatever it may do. Sites are meant by id, and
`ALL_SITES` stands for every site. Each verb is one transaction with its entries in the trail, and decides by what its
actor may do then: an actor who was closed or revoked meanwhile gets SignInNeeded.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Membership, Moderator
from service.accounts.actors import Actor, Parts, fresh_actor
from service.accounts.audit import audit
from service.accounts.moderators import ALL_SITES, AlreadyThere, add_moderator, check_name, close_account, set_roles
from service.accounts.passwords import check_new_password, hash_password
from service.accounts.sessions import end_all_sessions, end_unused_links
from service.accounts.sign_in import last_seen, make_link
from service.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class RolesElsewhere(Forbidden):
    code, title = "roles_elsewhere", "This account has roles on other sites, too"


class LastAdmin(Conflict):
    code, title = "last_admin", "This is the last administrator of every site"


class AccountClosed(Conflict):
    code, title = "account_closed", "This account is closed"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as one administrator sees it.

    `roles`: by site, as far as they administer it; `elsewhere`: whether there are others. `changeable`: whether they
    may change it. `seen_at`: the last sign of it, to some minutes while it is signed in; None for never.
    """

    id: str
    name: str
    roles: Mapping[str, str]
    elsewhere: bool
    changeable: bool
    created_at: datetime
    seen_at: datetime | None
    closed_at: datetime | None


def accounts(session: Session, actor: Actor | None, *, site_id: str | None = None) -> list[Account]:
    """The accounts that the actor sees (of one site: with a role there or on every site), open ones first, by name."""
    reached = _reached(actor)
    if reached == []:
        return []
    if site_id is not None:
        reached = [site_id]
    wanted = select(Moderator)
    if reached is not None:
        here = select(Membership.moderator_id).where(Membership.site_id.in_([*reached, ALL_SITES]))
        wanted = wanted.where(Moderator.id.in_(here))
    found = session.scalars(wanted).all()
    seen = last_seen(session, [moderator.id for moderator in found])
    roles = _roles(session, [moderator.id for moderator in found])
    views = [_view(actor, one, roles.get(one.id, {}), seen.get(one.id)) for one in found]
    return sorted(views, key=lambda one: (one.closed_at is not None, one.name.casefold(), one.id))


def add(
    parts: Parts,
    actor: Actor | None,
    *,
    address: str,
    role: str,
    sites: Sequence[str],
    name: str = "",
    password: str | None = None,
) -> tuple[Account, str]:
    """A new account with the role on these sites, and the token of a link that signs it in once.

    Raises Invalid, NotFound, Forbidden for sites that the actor doesn't administer, AlreadyThere.
    """
    now = parts.clock.now()
    if not sites:
        raise _no_sites()
    try:
        with parts.write() as session:
            actor = fresh_actor(session, actor)
            _require_all(actor, sites)
            made = add_moderator(
                session,
                parts.keyring,
                now=now,
                address=address,
                role=role,
                sites=_set_apart(sites),
                name=name,
                password=password,
            )
            _note(session, actor, "moderator.add", made.id, {at: {"role": role} for at in sites}, now)
            token = make_link(session, moderator_id=made.id, now=now)
            session.flush()
            return _one(session, actor, made), token
    except AlreadyThere:
        # An administrator of one site could try out addresses; it can't be hidden from them, but it is not forgotten.
        if actor is not None and not actor.can("admin", ALL_SITES):
            with parts.write() as session:
                _note(session, actor, "moderator.add_refused", None, {at: {"role": role} for at in sites}, now)
        raise


def change(
    parts: Parts,
    actor: Actor | None,
    moderator_id: str,
    *,
    name: str | None = None,
    role: str | None = None,
    sites: Sequence[str] | None = None,
    password: str | None = None,
) -> Account:
    """Changes what is given. A role without `sites` counts where the account has one now; `sites` without a role
    keep the one it has. A new password signs the account out everywhere; it and
    other roles end the links that were not used.

    Raises Invalid, NotFound, Forbidden, RolesElsewhere, AccountClosed, LastAdmin.
    """
    now = parts.clock.now()
    name = None if name is None else check_name(name)
    hashed = None
    if password is not None:
        with parts.read() as session:
            known = session.get(Moderator, moderator_id)
        check_new_password(password, name or (known.name if known is not None else ""))
        hashed = hash_password(password)
    with parts.write() as session:
        actor, moderator, roles = _held(session, actor, moderator_id)
        _require_all(actor, sites or ())
        if moderator.disabled_at is not None:
            raise AccountClosed("A closed account stays closed; add a new one.")
        wanted = _wanted_roles(roles, role, sites)
        if _is_admin(roles) and not _is_admin(wanted):
            _require_another_admin(session, moderator.id)
        told: dict[str, dict[str, object]] = {site_id: {} for site_id in {*roles, *wanted}}
        if wanted != roles:
            set_roles(session, moderator, next(iter(wanted.values())), _set_apart(list(wanted)))
            for site_id, said in told.items():
                said |= {"role": wanted.get(site_id), "role_before": roles.get(site_id)}
        if wanted != roles or hashed is not None:
            end_unused_links(session, moderator.id)
        if name is not None and name != moderator.name:
            for said in told.values():
                said |= {"name": name, "name_before": moderator.name}
            moderator.name = name
        if hashed is not None:
            moderator.password_hash = hashed
            end_all_sessions(session, moderator.id)
            for said in told.values():
                said["password"] = "new"
        _note(session, actor, "moderator.set", moderator.id, {at: said for at, said in told.items() if said}, now)
        session.flush()
        return _one(session, actor, moderator)


def close(parts: Parts, actor: Actor | None, moderator_id: str) -> Account:
    """Closes the account: sessions and unused links end at once, its address is forgotten. Closed, it stays so.

    Raises NotFound, RolesElsewhere, LastAdmin.
    """
    now = parts.clock.now()
    with parts.write() as session:
        actor, moderator, roles = _held(session, actor, moderator_id)
        if moderator.disabled_at is None:
            if _is_admin(roles):
                _require_another_admin(session, moderator.id)
            close_account(session, moderator, now)
            _note(session, actor, "moderator.close", moderator.id, {site_id: {} for site_id in roles}, now)
            session.flush()
        return _one(session, actor, moderator)


def let_in(parts: Parts, actor: Actor | None, moderator_id: str) -> tuple[Account, str]:
    """The token of a new link that signs the account in once. Raises NotFound, RolesElsewhere, AccountClosed."""
    now = parts.clock.now()
    with parts.write() as session:
        actor, moderator, roles = _held(session, actor, moderator_id)
        if moderator.disabled_at is not None:
            raise AccountClosed("Nobody can sign in to it any more.")
        token = make_link(session, moderator_id=moderator.id, now=now)
        _note(session, actor, "moderator.link", moderator.id, {site_id: {} for site_id in roles}, now)
        session.flush()
        return _one(session, actor, moderator), token


def _held(session: Session, actor: Actor | None, moderator_id: str) -> tuple[Actor | None, Moderator, dict[str, str]]:
    """The actor as they are now, the account and its roles, for a change. Raises NotFound, RolesElsewhere.

    Every administrator of everything is locked with it, and the actor, in one order: of two who close each other at
    once, the second is not let act any more.
    """
    wanted = [moderator_id] if actor is None else [moderator_id, actor.id]
    admins = select(Membership.moderator_id).where(Membership.site_id == ALL_SITES, Membership.role == "admin")
    locked = session.scalars(
        select(Moderator)
        .where(or_(Moderator.id.in_(wanted), Moderator.id.in_(admins)))
        .order_by(Moderator.id)
        .with_for_update(key_share=True)
    )
    moderator = {one.id: one for one in locked}.get(moderator_id)
    actor = fresh_actor(session, actor)
    roles = _roles(session, [moderator_id]).get(moderator_id, {})
    if moderator is None or not _sees(actor, roles):
        raise NotFound("There is no such moderator.")
    if not _administers(actor, roles):
        raise RolesElsewhere("This is for an administrator of every site.")
    return actor, moderator, roles


def _require_another_admin(session: Session, moderator_id: str) -> None:
    """Raises LastAdmin where no other open account administers every site."""
    others = (
        select(Moderator.id)
        .join(Membership, Membership.moderator_id == Moderator.id)
        .where(
            Membership.site_id == ALL_SITES,
            Membership.role == "admin",
            Moderator.disabled_at.is_(None),
            Moderator.id != moderator_id,
        )
        .limit(1)
    )
    if session.scalar(others) is None:
        raise LastAdmin("Make somebody else an administrator of every site first.")


def _wanted_roles(roles: Mapping[str, str], role: str | None, sites: Sequence[str] | None) -> dict[str, str]:
    if role is None and sites is None:
        return dict(roles)
    places = list(roles) if sites is None else sites
    if not places:
        raise _no_sites()
    held = set(roles.values())
    if role is None and len(held) != 1:
        message = "This account has different roles: say which one it gets."
        raise Invalid(message, errors=[FieldError("role", "missing", message)])
    return dict.fromkeys(places, role or held.pop())


def _no_sites() -> Invalid:
    """No site must never come to mean every site."""
    message = "Say on which sites."
    return Invalid(message, errors=[FieldError("sites", "missing", message)])


def _require_all(actor: Actor | None, sites: Collection[str]) -> None:
    """Raises NotFound or Forbidden for a site that the actor does not administer."""
    if actor is None:
        return
    for site_id in sites:
        if site_id == ALL_SITES and not actor.can("admin", ALL_SITES):
            raise Forbidden("Only an administrator of every site gives a role on every site.")
        actor.require("admin", site_id)


def _set_apart(sites: Sequence[str]) -> list[str]:
    """As `set_roles` has it: no site stands for every site."""
    return [] if ALL_SITES in sites else list(sites)


def _is_admin(roles: Mapping[str, str]) -> bool:
    return roles.get(ALL_SITES) == "admin"


def _reached(actor: Actor | None) -> list[str] | None:
    return None if actor is None else actor.site_ids("admin")


def _sees(actor: Actor | None, roles: Mapping[str, str]) -> bool:
    reached = _reached(actor)
    return reached is None or (bool(reached) and not roles.keys().isdisjoint([*reached, ALL_SITES]))


def _administers(actor: Actor | None, roles: Mapping[str, str]) -> bool:
    """Whether the actor administers wherever the account has a role."""
    return actor is None or all(actor.can("admin", site_id) for site_id in roles)


def _roles(session: Session, ids: Collection[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in session.scalars(select(Membership).where(Membership.moderator_id.in_(ids))):
        found.setdefault(one.moderator_id, {})[one.site_id] = one.role
    return found


def _one(session: Session, actor: Actor | None, moderator: Moderator) -> Account:
    ids = [moderator.id]
    roles, seen = _roles(session, ids), last_seen(session, ids)
    return _view(actor, moderator, roles.get(moderator.id, {}), seen.get(moderator.id))


def _view(actor: Actor | None, moderator: Moderator, roles: Mapping[str, str], seen_at: datetime | None) -> Account:
    shown = {at: role for at, role in roles.items() if at == ALL_SITES or actor is None or actor.can("admin", at)}
    return Account(
        id=moderator.id,
        name=moderator.name,
        roles=shown,
        elsewhere=len(shown) < len(roles),
        changeable=moderator.disabled_at is None and _administers(actor, roles),
        created_at=moderator.created_at,
        seen_at=seen_at,
        closed_at=moderator.disabled_at,
    )


def _note(
    session: Session,
    actor: Actor | None,
    action: str,
    target: str | None,
    told: Mapping[str, Mapping[str, object]],
    now: datetime,
) -> None:
    """One entry for each site (or one for every site) that it concerns: a newsroom reads its own trail only."""
    for site_id, details in sorted(told.items()):
        audit(session, actor, action, now=now, site_id=site_id, target=target, details=details)
