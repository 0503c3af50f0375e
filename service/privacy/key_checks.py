"""Which secrets the database was written with: a wrong one is told at start, an old one when it may go."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    AddressRecord,
    Ban,
    BanKind,
    Comment,
    KeyCheck,
    LinkKey,
    OutsideCheck,
    ProofLink,
    Receipt,
    SubmissionKey,
)
from models.submission import SUBMISSION_KEY_LIFE
from service.errors import Misconfigured
from service.privacy.sealing import Keyring

# A process that has not been started anew yet still writes under the key before.
RESTARTING = timedelta(hours=1)


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


def sealing_key_ids(session: Session) -> list[str]:
    """The ids of the secrets that anything here is sealed under."""
    return sorted(key_id for key_id, rows in _sealed_under(session).items() if rows)


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
    """Drops the notes on keys that are in the ring no more and that nothing is sealed under.

    Those in the ring say until when each wrote what carries no key's id.
    """
    kept = {*_sealed_under(session), *keyring.key_ids}
    session.execute(delete(KeyCheck).where(KeyCheck.key_id.not_in(kept)))


class KeyUse(NamedTuple):
    """What still needs an older key: rows that a rotation seals anew, and until when what ends by itself does."""

    sealed: int
    until: datetime | None


def keys_in_use(session: Session, keyring: Keyring, now: datetime) -> dict[str, KeyUse]:
    """key id -> what still needs it, for every key but the newest that anything needs.

    Links in mails, keys of repeated submissions and hashed networks carry no key id and are not rotated: they end by
    themselves, within days or, for a banned network, a month. Each counts for the key that wrote when it was made.
    """
    sealed = _sealed_under(session)
    used = {key_id: KeyUse(rows, None) for key_id, rows in sealed.items() if key_id != keyring.newest}
    for key_id, since, until in _written_by(session, keyring):
        ends = []
        for made_at, last, lasts in _ending(now):
            query = last.where(made_at < until)
            found = session.scalar(query if since is None else query.where(made_at >= since))
            if found is not None:
                ends.append(found + lasts)
        if ends:
            used[key_id] = KeyUse(sealed[key_id], max(ends))
    return used


def oldest_key_in_use(session: Session, keyring: Keyring, now: datetime) -> str | None:
    """The id of the oldest secret of the ring that must stay, or None when all but the newest may go."""
    used = keys_in_use(session, keyring, now)
    return next((key_id for key_id in reversed(keyring.key_ids) if key_id in used), None)


def _written_by(session: Session, keyring: Keyring) -> list[tuple[str, datetime | None, datetime]]:
    """(id, since when, until when) for each older key of the ring that can have written here.

    Where there is no note since when (None), the key stands for all before: of the oldest always, of others where an
    earlier version has dropped it.
    """
    noted = session.scalars(select(KeyCheck).where(KeyCheck.key_id.in_(keyring.key_ids)))
    since = {note.key_id: note.created_at for note in noted}
    until, spans = since.get(keyring.newest), []
    for key_id in keyring.key_ids[1:]:
        if until is not None:
            start = None if key_id == keyring.key_ids[-1] else since.get(key_id)
            spans.append((key_id, start, until + RESTARTING))
        until = since.get(key_id, until)
    return spans


def _ending(now: datetime) -> Sequence[tuple[Any, Select[Any], timedelta]]:
    """(when it was made, the last of them, how long that lasts) of all that a key made and that ends by itself."""
    return (
        (
            ProofLink.created_at,
            # A used one still opens the page with its other buttons.
            select(func.max(ProofLink.expires_at)).where(ProofLink.expires_at > now),
            timedelta(),
        ),
        (
            SubmissionKey.created_at,
            select(func.max(SubmissionKey.created_at)).where(SubmissionKey.created_at > now - SUBMISSION_KEY_LIFE),
            SUBMISSION_KEY_LIFE,
        ),
        (
            Comment.created_at,
            select(func.max(Ban.expires_at))
            .join(Comment, Comment.id == Ban.comment_id)
            .where(Ban.kind == BanKind.PREFIX, Ban.lifted_at.is_(None), Ban.expires_at > now),
            timedelta(),
        ),
    )


def _sealed_under(session: Session) -> Counter[str]:
    counts: Counter[str] = Counter()
    for column in (AddressRecord.key_id, Receipt.key_id, OutsideCheck.key_id, LinkKey.key_id):
        for key_id, rows in session.execute(select(column, func.count()).group_by(column)):
            counts[key_id] += rows
    return counts
