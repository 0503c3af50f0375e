from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord
from service.privacy.addresses import open_address
from service.privacy.sealing import Keyring, SealBroken


def domains_of(session: Session, keyring: Keyring, comment_ids: Sequence[str]) -> dict[str, str]:
    """Comment id -> the domain of its address, for the slow lane's look-up; what cannot be opened is left out.

    Stays in memory: nothing made from it may be stored or logged but whether mail could arrive there.
    """
    records = session.scalars(
        select(AddressRecord).where(
            AddressRecord.owner_id.in_(comment_ids), AddressRecord.purpose == AddressPurpose.SUBMISSION
        )
    )
    found: dict[str, str] = {}
    for record in records:
        try:
            found[record.owner_id] = open_address(keyring, record).rpartition("@")[2]
        except SealBroken:
            continue  # `doctor` reports a missing key; a comment can be judged without this fact.
    return found
