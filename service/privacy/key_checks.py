"""Which secrets the database was written with: a wrong one is told at start, an old one when it may go."""

from collections import Counter
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import AddressRecord, KeyCheck, OutsideCheck, ProofLink, Receipt, SubmissionKey
from models.submission import SUBMISSION_KEY_LIFE
from service.errors import Misconfigured
from service.privacy.sealing import Keyring


def check_ring(session: Session, keyring: Keyring) -> None:
    """Raises Misconfigured when something here is sealed under a secret that the ring does not have. Writes nothing.

    To be called at start: with a wrong secret every look-up would just find nothing, and bans would not hold.
    """
    missing = sorted(set(_sealed_under(session)) - set(keyring.key_ids))
    if missing:
        raise Misconfigured(
            f"the database holds what was sealed under a secret (id {', '.join(missing)}) that is not in "
            f"REJOINDER_SECRET_KEYS (it has {', '.join(keyring.key_ids)}): put the earlier secret back, after the new "
            "one, and run `rejoinder keys rotate` before it goes"
        )


def remember_ring(session: Session, keyring: Keyring, now: datetime) -> None:
    """Notes since when the newest key writes here; needs a writing transaction. Repeats change nothing."""
    if session.get(KeyCheck, keyring.newest) is not None:
        return
    try:
        with session.begin_nested():
            session.add(KeyCheck(key_id=keyring.newest, created_at=now))
    except IntegrityError:
        return  # Another process started at the same moment, with the same ring.


def forget_unused_keys(session: Session, keyring: Keyring) -> None:
    """Drops the notes on keys that nothing is sealed under any more, but for the newest."""
    kept = {*_sealed_under(session), keyring.newest}
    session.execute(delete(KeyCheck).where(KeyCheck.key_id.not_in(kept)))


def keys_in_use(session: Session, keyring: Keyring) -> dict[str, int]:
    """key id -> how many rows a rotation would seal anew, for every key but the newest that has any."""
    counts = _sealed_under(session)
    counts.pop(keyring.newest, None)
    return dict(counts)


def older_key_until(session: Session, keyring: Keyring, now: datetime) -> datetime | None:
    """Until when the key before the newest is needed by what ends by itself; None where nothing needs it.

    Links in mails and keys of repeated submissions carry no key id and are not rotated: they expire within days. One
    that is older than the newest key was made under the key before it. IP prefixes need an old key only for bans of a
    network, which last 30 days at most; they are not looked at.
    """
    since = session.scalar(select(KeyCheck.created_at).where(KeyCheck.key_id == keyring.newest))
    if since is None or len(keyring.key_ids) < 2:
        return None
    link = session.scalar(
        select(func.max(ProofLink.expires_at)).where(
            ProofLink.created_at < since, ProofLink.expires_at > now, ProofLink.used_at.is_(None)
        )
    )
    repeat = session.scalar(
        select(func.max(SubmissionKey.created_at)).where(
            SubmissionKey.created_at < since, SubmissionKey.created_at > now - SUBMISSION_KEY_LIFE
        )
    )
    ends = [link, repeat + SUBMISSION_KEY_LIFE if repeat else None]
    return max((end for end in ends if end is not None), default=None)


def oldest_key_in_use(session: Session, keyring: Keyring, now: datetime) -> str | None:
    """The id of the oldest secret of the ring that must stay, or None when all but the newest may go."""
    used = set(keys_in_use(session, keyring))
    if older_key_until(session, keyring, now) is not None:
        used.add(keyring.key_ids[1])
    return next((key_id for key_id in reversed(keyring.key_ids) if key_id in used), None)


def _sealed_under(session: Session) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column in (AddressRecord.key_id, Receipt.key_id, OutsideCheck.key_id):
        for key_id, rows in session.execute(select(column, func.count()).group_by(column)):
            counts[key_id] += rows
    return counts
