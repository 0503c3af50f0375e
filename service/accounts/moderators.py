"""People of the desk: accounts, roles by site, passwords. Their address is sealed like any other."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Membership, Moderator, Site, new_id
from service.accounts.actors import ROLES
from service.accounts.names import readable
from service.accounts.passwords import check_new_password, hash_password
from service.accounts.sessions import end_all_sessions, end_unused_links
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.privacy.addresses import NotAnAddress, address_indexes, exact_form, forget_addresses, record_address
from service.privacy.sealing import Keyring
from service.telemetry import scrub

ALL_SITES = ""
NAME_MAX = 80
# What one who was given no name is called, with a number that nobody else has.
UNNAMED = "Moderator"
# Of PostgreSQL's advisory locks, the one under which addresses of new accounts are looked up and kept.
_ADDRESSES_LOCK = 7_304_422_052


class AlreadyThere(Conflict):
    code, title = "moderator_exists", "There is already an account with that address"


def account_form(address: str) -> str:
    """The form accounts are found by: exact, and in lower case, since nobody remembers how they typed it.

    Raises NotAnAddress.
    """
    return exact_form(address).lower()


def add_moderator(
    session: Session,
    keyring: Keyring,
    *,
    now: datetime,
    address: str,
    role: str,
    sites: Sequence[str] = (),
    name: str = "",
    password: str | None = None,
) -> Moderator:
    """A new account with a role on each of `sites` (ids), or on every site if none is given. Without a name it gets a
    neutral one: nothing of the address, which colleagues would read.

    Without a password it signs in by one-time links only. Raises Invalid for the address, role, name or password,
    NotFound for a site, AlreadyThere.
    """
    form = _checked(address)
    name = check_name(name) if name else ""
    if session.get_bind().dialect.name == "postgresql":
        # One at a time: two who add the same address could not see each other's. On SQLite a write is alone anyway.
        session.execute(select(func.pg_advisory_xact_lock(_ADDRESSES_LOCK)))
    if find_moderator(session, keyring, form) is not None:
        raise AlreadyThere()
    moderator = Moderator(id=new_id(), name=name or _free_name(session), created_at=now)
    session.add(moderator)
    session.flush()
    record_address(
        session,
        keyring,
        site_id="",
        purpose=AddressPurpose.MODERATOR,
        owner_id=moderator.id,
        address=form,
        now=now,
    )
    set_roles(session, moderator, role, sites)
    if password is not None:
        set_password(session, moderator, password, form)
    return moderator


def find_moderator(session: Session, keyring: Keyring, address: str) -> Moderator | None:
    """The account of this address; None for none (a closed one has no address any more) and for what is no address."""
    try:
        form = account_form(address)
    except NotAnAddress:
        return None
    # One statement whether there is such an account or not: the number of them could be felt.
    return session.scalar(
        select(Moderator)
        .join(AddressRecord, AddressRecord.owner_id == Moderator.id)
        .where(
            AddressRecord.site_id == ALL_SITES,
            AddressRecord.purpose == AddressPurpose.MODERATOR,
            AddressRecord.exact_index.in_(address_indexes(keyring, site_id=ALL_SITES, address=form)),
        )
        .order_by(AddressRecord.id)
        .limit(1)
    )


def set_roles(session: Session, moderator: Moderator, role: str, sites: Sequence[str] = ()) -> None:
    """Gives the role on these sites (ids), or on every site if none is given, in place of what there was."""
    if role not in ROLES:
        raise Invalid(
            f"A role is one of {', '.join(ROLES)}.", errors=[FieldError("role", "unknown", "There is no such role.")]
        )
    known = set(session.scalars(select(Site.id).where(Site.id.in_(sites))))
    if set(sites) - known:
        raise NotFound("There is no such site.")
    session.execute(delete(Membership).where(Membership.moderator_id == moderator.id))
    for site_id in sorted(known) or [ALL_SITES]:
        session.add(Membership(moderator_id=moderator.id, site_id=site_id, role=role))


def set_password(session: Session, moderator: Moderator, password: str, *names: str) -> None:
    """A new password; signs the account out everywhere and ends its unused links. Raises WeakPassword.

    Hashes: takes some 50 ms.
    """
    check_new_password(password, moderator.name, *names)
    moderator.password_hash = hash_password(password)
    end_all_sessions(session, moderator.id)
    end_unused_links(session, moderator.id)


def close_account(session: Session, moderator: Moderator, now: datetime) -> None:
    """Ends the account, its sessions and unused links, and forgets its address; what it decided keeps its id and name.

    Its roles stay on record: they say whose account it was.
    """
    moderator.disabled_at = moderator.disabled_at or now
    moderator.password_hash = None
    end_all_sessions(session, moderator.id)
    end_unused_links(session, moderator.id)
    forget_addresses(session, owner_id=moderator.id, purpose=AddressPurpose.MODERATOR)


def _free_name(session: Session) -> str:
    """A name that no account has or had: what closed ones decided still stands under theirs."""
    taken = set(session.scalars(select(Moderator.name).where(Moderator.name.startswith(UNNAMED))))
    return next(name for n in count(1) if (name := f"{UNNAMED} {n}") not in taken)


def check_name(name: str) -> str:
    """The name on one line, without spaces around it. Colleagues read it: raises Invalid for one that holds an address.

    1 to 80 characters, as `readable` has them.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > NAME_MAX or not readable(plain):
        raise _wrong_name(f"A name has 1 to {NAME_MAX} characters that can be seen.")
    if scrub(plain) != plain:
        raise _wrong_name("Colleagues see this name: please don't use an e-mail address as one.")
    return plain


def _wrong_name(message: str) -> Invalid:
    return Invalid(message, errors=[FieldError("name", "invalid", message)])


def _checked(address: str) -> str:
    try:
        return account_form(address)
    except NotAnAddress:
        message = "This is not an e-mail address."
        raise Invalid(message, errors=[FieldError("email", "invalid", message)]) from None
