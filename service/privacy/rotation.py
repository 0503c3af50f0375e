"""Seals and indexes everything anew under the newest key: in small batches, to be stopped and run again at will."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from models import AddressRecord, LinkKey, LoginKey, OutsideCheck, Receipt
from service.privacy.addresses import BAN_FOLDING, folded_columns, keyed_columns, open_address
from service.privacy.key_checks import forget_unused_keys, remember_ring
from service.privacy.links import open_link_key, sealed_link_key
from service.privacy.logins import open_login_key, seal_login_key
from service.privacy.outside_check_secrets import open_secret, seal_secret
from service.privacy.sealing import Keyring, SealBroken

# Small, so that SQLite's one writer is never held for long: 200 rows take some 20 ms.
BATCH = 200

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(slots=True)
class Rotated:
    """Rows sealed anew, and rows that no key of the ring opens (they stay as they are).

    `checks`: outside checks' secrets. `link_keys`: what links in mails are signed with. `login_keys`: what sites
    sign logins with.
    """

    addresses: int = 0
    receipts: int = 0
    checks: int = 0
    link_keys: int = 0
    login_keys: int = 0
    broken: int = 0


def rotate(
    read: Transaction,
    write: Transaction,
    keyring: Keyring,
    now: datetime,
    *,
    batch: int = BATCH,
    progress: Callable[[Rotated], None] | None = None,
) -> Rotated:
    """Re-seals and re-indexes everything sealed under the newest key; returns the counts of this run.

    Safe beside a running service whose ring has the newest key too: opening and sealing happen outside of the
    writing transaction, and a row is written only if nobody touched it meanwhile. It can be stopped at any point
    and run again: what is done has the newest key's id. A row that does not open is counted and left alone.
    """
    done = Rotated()
    with write() as session:
        remember_ring(session, keyring, now)
    for table, count, seal_anew in _TABLES:
        after = ""
        while True:
            with read() as session:
                rows = list(session.scalars(_next(table, keyring.newest, after, batch)))
            if not rows:
                break
            changes = []
            for row in rows:
                try:
                    changes.append((_same(row), seal_anew(keyring, row)))
                except SealBroken:
                    done.broken += 1
            with write() as session:
                written = sum(_write(session, table, same, values) for same, values in changes)
            setattr(done, count, getattr(done, count) + written)
            after = getattr(rows[-1], _id_of(table).key)
            if progress:
                progress(done)
    fold_anew(read, write, keyring, batch=batch)
    with write() as session:
        forget_unused_keys(session, keyring)
    return done


def fold_anew(read: Transaction, write: Transaction, keyring: Keyring, *, batch: int = BATCH) -> int:
    """Indexes the addresses anew that an earlier version of `ban_form` folded; returns how many, 0 when all are done.

    Seals and keys stay. It can be stopped, run again and run beside the service as `rotate` can. Rows that do not open
    are left alone.
    """
    done, after = 0, ""
    earlier = select(AddressRecord).where(AddressRecord.ban_folding < BAN_FOLDING).order_by(AddressRecord.id)
    while True:
        with read() as session:
            rows = list(session.scalars(earlier.where(AddressRecord.id > after).limit(batch)))
        if not rows:
            return done
        changes = []
        for row in rows:
            with suppress(SealBroken):
                changes.append((_same(row), folded_columns(keyring, row)))
        with write() as session:
            done += sum(_write(session, AddressRecord, same, values) for same, values in changes)
        after = rows[-1].id


def folded_earlier(session: Session) -> int:
    """How many addresses an earlier version of `ban_form` folded."""
    return session.scalar(select(func.count()).where(AddressRecord.ban_folding < BAN_FOLDING)) or 0


def _id_of(table: type[Any]) -> Any:
    return {Receipt: Receipt.comment_id, LinkKey: LinkKey.purpose}.get(table) or table.id


def _next(table: type[Any], newest: str, after: str, batch: int) -> Any:
    key = _id_of(table)
    return select(table).where(table.key_id != newest, key > after).order_by(key).limit(batch)


def _same(row: AddressRecord | Receipt | OutsideCheck | LinkKey | LoginKey) -> ColumnElement[bool]:
    """The row as it was read: erased or changed meanwhile, it is not written."""
    table = type(row)
    key = _id_of(table)
    same: ColumnElement[bool] = (key == getattr(row, key.key)) & (table.sealed == row.sealed)
    return same


def _write(session: Session, table: type[Any], same: ColumnElement[bool], values: dict[str, Any]) -> int:
    changed = update(table).where(same).values(values).returning(table.key_id)
    return len(session.execute(changed.execution_options(synchronize_session=False)).all())


def _address_anew(keyring: Keyring, record: AddressRecord) -> dict[str, Any]:
    return keyed_columns(
        keyring,
        site_id=record.site_id,
        purpose=record.purpose,
        row_id=record.id,
        exact=open_address(keyring, record),
    )


def _receipt_anew(keyring: Keyring, receipt: Receipt) -> dict[str, Any]:
    text = keyring.open("receipt", receipt.site_id, receipt.comment_id, receipt.sealed)
    key_id, lookup = keyring.index("receipt", text)
    sealed = keyring.seal("receipt", receipt.site_id, receipt.comment_id, text)
    return {"sealed": sealed, "lookup": lookup, "key_id": key_id}


def _check_anew(keyring: Keyring, check: OutsideCheck) -> dict[str, Any]:
    secret = open_secret(keyring, check)
    return dict(seal_secret(keyring, site_id=check.site_id, check_id=check.id, secret=secret))


def _link_key_anew(keyring: Keyring, found: LinkKey) -> dict[str, Any]:
    return sealed_link_key(keyring, found.purpose, open_link_key(keyring, found))


def _login_key_anew(keyring: Keyring, key: LoginKey) -> dict[str, Any]:
    return dict(seal_login_key(keyring, site_id=key.site_id, row_id=key.id, text=open_login_key(keyring, key)))


# Table, which count of Rotated its rows are, and its columns that are made under a key.
_TABLES: tuple[tuple[type[Any], str, Callable[[Keyring, Any], dict[str, Any]]], ...] = (
    (AddressRecord, "addresses", _address_anew),
    (Receipt, "receipts", _receipt_anew),
    (OutsideCheck, "checks", _check_anew),
    (LinkKey, "link_keys", _link_key_anew),
    (LoginKey, "login_keys", _login_key_anew),
)
