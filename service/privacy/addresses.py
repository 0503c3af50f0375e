"""E-mail addresses: two normal forms, one sealed record each, found by two keyed indexes."""

import re
import unicodedata
from datetime import datetime
from typing import Any, Literal

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, new_id
from service.privacy.sealing import Keyring, SealBroken

By = Literal["exact", "ban"]

# Characters, four for each that is left of them in NFC: to bring a longer text into that form could take seconds.
MAX_TYPED = 4 * 254
# Which `ban_form` new rows are indexed by. Rows of an earlier one are found by both, until they are indexed anew.
BAN_FOLDING = 2
# One mailbox has all of these, whatever dots are in its name.
# Source: https://support.google.com/mail/answer/7436150, https://support.google.com/mail/answer/10313
_GMAIL = frozenset({"gmail.com", "googlemail.com"})

# An encoded word (RFC 2047), a route through another host (`user%other`, `other!user`, `@relay:user`), a command's
# option, a pipe, a file, and what makes a list or a group of one address.
_LEADS_ELSEWHERE = re.compile(r"=\?|[%!@:;,<>()\[\]\\\"\s\x00-\x20\x7f]|^[-/|]")


class NotAnAddress(ValueError):
    """The text is no e-mail address. Does not quote it."""

    def __init__(self) -> None:
        super().__init__("not an e-mail address")


def exact_form(address: str) -> str:
    """email-validator's normal form: NFC, the domain in lower case and Unicode, the local part's case kept.

    The case stays because RFC 5321 (2.4) lets a mail server tell `Bob@` from `bob@`: this form decides whose
    submissions are one person's, so it never makes two mailboxes one. Idempotent. No DNS. Raises NotAnAddress.
    """
    if len(address) > MAX_TYPED:
        raise NotAnAddress
    try:
        return validate_email(address, check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError):
        # `from None`: the cause quotes the address.
        raise NotAnAddress from None


def leads_elsewhere(address: str) -> bool:
    """Whether a program on the way may take this valid address for another one, for two, or for no address at all.

    Such a mail goes past limits, bans and "never write to me", which are kept under the address as it is written.
    Whatever becomes such an address by NFKC counts too. Providers give out none.
    """
    local = address.rpartition("@")[0]
    return any(_LEADS_ELSEWHERE.search(form) for form in (local, unicodedata.normalize("NFKC", local)))


def ban_form(exact: str) -> str:
    """The lossy form of an exact one: NFKC, case folded, without `+tag`; at Gmail without dots. Idempotent.

    Falls back to `exact` where that would leave no local part or a second `@`: such forms would make one of
    many people. It finds too much rather than too little, so use it to hold, to limit and to leave alone
    (bans, mails a day, "never write to me"), never to prove.

    A change here is a new `BAN_FOLDING`.
    """
    form = _first_ban_form(exact)
    local, _, host = form.rpartition("@")
    if host not in _GMAIL or not (letters := local.replace(".", "")):
        return form
    return f"{letters}@gmail.com"


def _first_ban_form(exact: str) -> str:
    """The form of version 1, which knows nothing of providers."""
    local, _, domain = exact.rpartition("@")
    folded = _fold(local).split("+", 1)[0]
    host = _fold(domain)
    if not folded or not host or "@" in folded or "@" in host:
        return exact
    return f"{folded}@{host}"


def _fold(text: str) -> str:
    """NFKC and case folding until nothing changes: each can undo the other's work once (Unicode 3.13, D147)."""
    while True:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            return text
        text = folded


def address_row(
    keyring: Keyring,
    *,
    site_id: str,
    purpose: AddressPurpose,
    owner_id: str,
    address: str,
    now: datetime,
) -> dict[str, Any]:
    """The columns of a new AddressRecord, for a Core insert. `address` must be in its exact form already.

    Indexes are bound to the site: two sites' rows with one address have nothing in common.
    """
    row_id = new_id()
    return {
        "id": row_id,
        "site_id": site_id,
        "purpose": purpose,
        "owner_id": owner_id,
        "created_at": now,
    } | keyed_columns(keyring, site_id=site_id, purpose=purpose, row_id=row_id, exact=address)


def keyed_columns(
    keyring: Keyring, *, site_id: str, purpose: AddressPurpose, row_id: str, exact: str
) -> dict[str, Any]:
    """The columns of an AddressRecord that are made under a key, from an exact form."""
    key_id, exact_index = keyring.index("address-exact", _at(site_id, exact))
    _, ban_index = keyring.index("address-ban", _at(site_id, ban_form(exact)))
    return {
        "sealed": keyring.seal(f"address-{purpose.value}", site_id, row_id, exact),
        "exact_index": exact_index,
        "ban_index": ban_index,
        "ban_folding": BAN_FOLDING,
        "key_id": key_id,
    }


def folded_columns(keyring: Keyring, record: AddressRecord) -> dict[str, Any]:
    """The columns of a record of an earlier `BAN_FOLDING` that change with it, under the record's own key.

    Raises SealBroken.
    """
    exact = open_address(keyring, record)
    indexes = keyring.indexes("address-ban", _at(record.site_id, ban_form(exact)))
    ban_index = dict(zip(keyring.key_ids, indexes, strict=True)).get(record.key_id)
    if ban_index is None:
        raise SealBroken("indexed under a key that is not in the ring")
    return {"ban_index": ban_index, "ban_folding": BAN_FOLDING}


def record_address(
    session: Session,
    keyring: Keyring,
    *,
    site_id: str,
    purpose: AddressPurpose,
    owner_id: str,
    address: str,
    now: datetime,
) -> AddressRecord:
    """Keeps the address, sealed, for `owner_id`: see AddressPurpose for whose id that is. Raises NotAnAddress."""
    exact = exact_form(address)
    row = address_row(keyring, site_id=site_id, purpose=purpose, owner_id=owner_id, address=exact, now=now)
    record = AddressRecord(**row)
    session.add(record)
    return record


def open_address(keyring: Keyring, record: AddressRecord) -> str:
    """The address in plain, in its exact form. Raises SealBroken.

    To send a mail, to ask about its domain or an outside check, to seal or index it anew, or for an administrator who
    gave a reason and is written into the audit trail.
    """
    return keyring.open(f"address-{record.purpose.value}", record.site_id, record.id, record.sealed)


def address_of(session: Session, *, purpose: AddressPurpose, owner_id: str) -> AddressRecord | None:
    """The owner's newest record of this purpose."""
    return session.scalar(
        select(AddressRecord)
        .where(AddressRecord.owner_id == owner_id, AddressRecord.purpose == purpose)
        .order_by(AddressRecord.id.desc())
        .limit(1)
    )


def address_indexes(keyring: Keyring, *, site_id: str, address: str, by: By = "exact") -> list[bytes]:
    """What AddressRecord's `exact_index` or `ban_index` holds for this address, under each key. Raises NotAnAddress."""
    return indexes_of_exact(keyring, site_id=site_id, exact=exact_form(address), by=by)


def indexes_of_exact(keyring: Keyring, *, site_id: str, exact: str, by: By = "exact") -> list[bytes]:
    """`address_indexes` for an address that is in its exact form already."""
    forms = [exact] if by == "exact" else dict.fromkeys([ban_form(exact), _first_ban_form(exact)])
    return [index for form in forms for index in keyring.indexes(f"address-{by}", _at(site_id, form))]


def find_owners(
    session: Session,
    keyring: Keyring,
    *,
    site_id: str,
    purpose: AddressPurpose,
    address: str,
    by: By = "exact",
) -> list[str]:
    """Ids of the owners whose record of this purpose has the address, oldest record first. Raises NotAnAddress."""
    column = AddressRecord.exact_index if by == "exact" else AddressRecord.ban_index
    found = session.scalars(
        select(AddressRecord.owner_id)
        .where(
            AddressRecord.site_id == site_id,
            AddressRecord.purpose == purpose,
            column.in_(address_indexes(keyring, site_id=site_id, address=address, by=by)),
        )
        .order_by(AddressRecord.id)
    )
    return list(dict.fromkeys(found))


def forget_addresses(session: Session, *, owner_id: str, purpose: AddressPurpose | None = None) -> int:
    """Deletes the owner's records (of one purpose, or all); returns how many there were."""
    wanted = delete(AddressRecord).where(AddressRecord.owner_id == owner_id)
    if purpose is not None:
        wanted = wanted.where(AddressRecord.purpose == purpose)
    result = session.execute(wanted.returning(AddressRecord.id).execution_options(synchronize_session=False))
    return len(result.all())


def _at(site_id: str, form: str) -> str:
    return f"{site_id}|{form}"
