"""Seals and indexes everything anew under the newest key: in small batches, to be stopped and run again at will."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from models import AddressRecord, Receipt
from service.privacy.addresses import keyed_columns, open_address
from service.privacy.key_checks import forget_unused_keys, remember_ring
from service.privacy.sealing import Keyring, SealBroken

# Small, so that SQLite's one writer is never held for long: 200 rows take some 20 ms.
BATCH = 200

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(slots=True)
class Rotated:
    """Rows sealed anew, and rows that no key of the ring opens (they stay as they are)."""

    addresses: int = 0
    receipts: int = 0
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
    """Re-seals and re-indexes address records and receipts under the newest key; returns the counts of this run.

    Safe beside a running service whose ring has the newest key too: opening and sealing happen outside of the
    writing transaction, and a row is written only if nobody touched it meanwhile. It can be stopped at any point
    and run again: what is done has the newest key's id. A row that does not open is counted and left alone.
    """
    done = Rotated()
    with write() as session:
        remember_ring(session, keyring, now)
    for table, seal_anew in ((AddressRecord, _address_anew), (Receipt, _receipt_anew)):
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
            if table is AddressRecord:
                done.addresses += written
            else:
                done.receipts += written
            after = _key(rows[-1])
            if progress:
                progress(done)
    with write() as session:
        forget_unused_keys(session, keyring)
    return done


def _next(table: type[Any], newest: str, after: str, batch: int) -> Any:
    key = AddressRecord.id if table is AddressRecord else Receipt.comment_id
    return select(table).where(table.key_id != newest, key > after).order_by(key).limit(batch)


def _key(row: AddressRecord | Receipt) -> str:
    return row.id if isinstance(row, AddressRecord) else row.comment_id


def _same(row: AddressRecord | Receipt) -> ColumnElement[bool]:
    """The row as it was read: erased or changed meanwhile, it is not written."""
    if isinstance(row, AddressRecord):
        return (AddressRecord.id == row.id) & (AddressRecord.sealed == row.sealed)
    return (Receipt.comment_id == row.comment_id) & (Receipt.sealed == row.sealed)


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
