"""What people took back, as lines that outlive the database and hold no address: replayed into an older copy of it.

`KINDS` is the whole list: how each is found in a database, and done again in another. A new way to erase something is
one more entry there, over a row that says since when.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from models import (
    ActorKind,
    AddressPurpose,
    AddressRecord,
    ApiKey,
    Comment,
    Decision,
    Moderator,
    Receipt,
    Report,
    Status,
    new_id,
)
from service.accounts.moderators import close_account
from service.errors import Misconfigured
from service.moderation.addresses.disowning import disown
from service.moderation.complaints.retention import forget_report
from service.moderation.complaints.settling import recount
from service.moderation.holds.unsaid import finding_of
from service.moderation.moves import Action, Cause, Move, withdrawal_by_writer
from service.moderation.moves import hidden as held
from service.moderation.record import standings, write
from service.privacy.links import suppress_mail
from service.privacy.sealing import Keyring

# A transaction that began this long ago may commit now, with its own earlier time.
OVERLAP = timedelta(minutes=15)


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """`id`: of the row; `site` and `index` (hexadecimal): the keyed index of an address, where there is one."""

    kind: str
    id: str
    at: datetime
    site: str = ""
    index: str = ""


def _withdrawn(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(
        select(Comment.id, Comment.decided_at).where(
            Comment.status.in_([Status.WITHDRAWN, Status.ERASED]), Comment.decided_at >= since
        )
    )
    return (Erasure("withdrawn", comment_id, at) for comment_id, at in rows if at is not None)


def _withdraw(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    standing = standings(session, [erasure.id], lock=True).get(erasure.id)
    if standing is None or standing.status in (Status.WITHDRAWN, Status.ERASED):
        return False
    write(session, [withdrawal_by_writer(standing, new_id())], now=erasure.at, mails=False)
    return True


def _taken_down(session: Session, since: datetime) -> Iterator[Erasure]:
    """What was published and a decision has taken from readers, unless it is shown again."""
    rows = session.execute(
        select(Decision.comment_id, Decision.created_at)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(
            Decision.created_at >= since,
            Decision.from_status == Status.APPROVED,
            Decision.to_status.in_([Status.REJECTED, Status.SPAM]),
            Comment.status.in_([Status.REJECTED, Status.SPAM]),
        )
        .order_by(Decision.id)
    )
    return (Erasure("taken_down", comment_id, at) for comment_id, at in rows)


def _hold(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    """Its decision is lost, so that a person decides again; readers don't see it until then."""
    standing = standings(session, [erasure.id], lock=True).get(erasure.id)
    if standing is None or standing.published_version is None or standing.status is not Status.APPROVED:
        return False
    why = finding_of("restore", "what took it down was lost with a restored backup: a person decides again")
    cause = Cause(Action.PENDING, ActorKind.SYSTEM, findings=[why])
    write(session, [Move(new_id(), standing, held(standing), cause)], now=erasure.at, mails=False)
    return True


def _redacted(session: Session, since: datetime) -> Iterator[Erasure]:
    """A passage that was removed and has not come back since."""
    undo = aliased(Decision)
    rows = session.execute(
        select(Decision.comment_id, Decision.created_at)
        .where(
            Decision.created_at >= since,
            Decision.action == Action.REDACT,
            ~exists().where(undo.comment_id == Decision.comment_id, undo.undoes == Decision.id),
        )
        .order_by(Decision.id)
    )
    return (Erasure("redacted", comment_id, at) for comment_id, at in rows)


def _hold_whole(session: Session, keyring: Keyring, erasure: Erasure) -> bool:
    """What was removed, only the lost text said: a person cuts it again, and readers don't see it until then."""
    known = select(Decision.id).where(
        Decision.comment_id == erasure.id, Decision.action == Action.REDACT, Decision.created_at == erasure.at
    )
    return session.scalar(known.limit(1)) is None and _hold(session, keyring, erasure)


def _disowned(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(Comment.id, Comment.disowned_at).where(Comment.disowned_at >= since))
    return (Erasure("disowned", comment_id, at) for comment_id, at in rows if at is not None)


def _disown(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    comment = session.get(Comment, erasure.id, with_for_update={"key_share": True})
    if comment is None or comment.disowned_at is not None:
        return False
    if comment.status in (Status.PENDING, Status.APPROVED, Status.RECEIVED):
        disown(session, erasure.id, erasure.at)
    else:
        comment.disowned_at = erasure.at
    return True


def _revoked(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(Receipt.comment_id, Receipt.revoked_at).where(Receipt.revoked_at >= since))
    return (Erasure("receipt", comment_id, at) for comment_id, at in rows if at is not None)


def _revoke(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    receipt = session.get(Receipt, erasure.id)
    if receipt is None or receipt.revoked_at is not None:
        return False
    receipt.revoked_at = erasure.at
    return True


def _keys_revoked(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(ApiKey.id, ApiKey.revoked_at).where(ApiKey.revoked_at >= since))
    return (Erasure("api_key", key_id, at) for key_id, at in rows if at is not None)


def _revoke_key(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    key = session.get(ApiKey, erasure.id)
    if key is None or key.revoked_at is not None:
        return False
    key.revoked_at = erasure.at
    return True


def _closed(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(Moderator.id, Moderator.disabled_at).where(Moderator.disabled_at >= since))
    return (Erasure("account", moderator_id, at) for moderator_id, at in rows if at is not None)


def _close(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    moderator = session.get(Moderator, erasure.id)
    if moderator is None or moderator.disabled_at is not None:
        return False
    close_account(session, moderator, erasure.at)
    return True


def _suppressed(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(
        select(AddressRecord.id, AddressRecord.created_at, AddressRecord.site_id, AddressRecord.ban_index).where(
            AddressRecord.purpose == AddressPurpose.SUPPRESSION, AddressRecord.created_at >= since
        )
    )
    return (Erasure("no_mail", row_id, at, site_id, index.hex()) for row_id, at, site_id, index in rows)


def _suppress(session: Session, keyring: Keyring, erasure: Erasure) -> bool:
    """By a comment of the copy that came with the address; where there is none, there is nobody to write to either."""
    index = bytes.fromhex(erasure.index)
    mine = (AddressRecord.site_id == erasure.site, AddressRecord.ban_index == index)
    purposes = dict(
        session.execute(
            select(AddressRecord.purpose, AddressRecord.owner_id).where(*mine).order_by(AddressRecord.id)
        ).all()
    )
    comment_id = purposes.get(AddressPurpose.SUBMISSION)
    if comment_id is None or AddressPurpose.SUPPRESSION in purposes:
        return False
    suppress_mail(session, keyring, comment_id, erasure.at)
    return True


def _replies_stopped(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(Comment.id, Comment.replies_stopped_at).where(Comment.replies_stopped_at >= since))
    return (Erasure("no_reply_mail", comment_id, at) for comment_id, at in rows if at is not None)


def _stop_replies(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    comment = session.get(Comment, erasure.id, with_for_update={"key_share": True})
    if comment is None or not comment.wants_replies:
        return False
    comment.wants_replies, comment.replies_stopped_at = False, erasure.at
    return True


def _reports_taken_back(session: Session, since: datetime) -> Iterator[Erasure]:
    rows = session.execute(select(Report.id, Report.taken_back_at).where(Report.taken_back_at >= since))
    return (Erasure("report", report_id, at) for report_id, at in rows if at is not None)


def _take_report_back(session: Session, _keyring: Keyring, erasure: Erasure) -> bool:
    report = session.get(Report, erasure.id)
    if report is None or report.taken_back_at is not None:
        return False
    standings(session, [report.comment_id], lock=True)
    forget_report(session, report, erasure.at)
    recount(session.connection(), [report.comment_id])
    return True


Find = Callable[[Session, datetime], Iterator[Erasure]]
Redo = Callable[[Session, Keyring, Erasure], bool]
KINDS: dict[str, tuple[Find, Redo]] = {
    "withdrawn": (_withdrawn, _withdraw),
    "taken_down": (_taken_down, _hold),
    "redacted": (_redacted, _hold_whole),
    "report": (_reports_taken_back, _take_report_back),
    "disowned": (_disowned, _disown),
    "receipt": (_revoked, _revoke),
    "no_mail": (_suppressed, _suppress),
    "no_reply_mail": (_replies_stopped, _stop_replies),
    "account": (_closed, _close),
    "api_key": (_keys_revoked, _revoke_key),
}


def erased_since(session: Session, since: datetime) -> list[Erasure]:
    """Everything that was taken back at `since` or later, oldest first."""
    found = [erasure for find, _ in KINDS.values() for erasure in find(session, since)]
    return sorted(found, key=lambda erasure: (erasure.at, erasure.kind, erasure.id))


def replay(session: Session, keyring: Keyring, erasures: list[Erasure]) -> int:
    """Does again what is not done in this database; how many. What it does not hold needs none. May be repeated."""
    return sum(KINDS[erasure.kind][1](session, keyring, erasure) for erasure in erasures)


def read_log(path: Path) -> list[Erasure]:
    """The lines of a log, without a last one that `is_cut_off`. Raises Misconfigured for any other that is wrong."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise Misconfigured(f"the log of erasures {path} cannot be read: {error.strerror}") from None
    found = []
    for n, line in enumerate(lines[:-1], 1):
        try:
            erasure = msgspec.json.decode(line, type=Erasure)
        except msgspec.MsgspecError:
            raise Misconfigured(f"line {n} of {path} is damaged; nothing was changed") from None
        if erasure.kind not in KINDS:
            raise Misconfigured(f"line {n} of {path} is of a newer Rejoinder; restore with that version")
        found.append(erasure)
    return found


def is_cut_off(path: Path) -> bool:
    """Whether the log ends within a line: its disk was full, or whoever wrote it was killed."""
    try:
        text = path.read_bytes()
    except OSError:
        return False
    return _whole(text) < len(text)


def append_log(session: Session, path: Path, now: datetime) -> int:
    """Adds to the log what is not in it, and has the disk keep it; how many lines. Two at once wait for each other.

    Raises Misconfigured.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        known = set(read_log(path))
        # A clock that was ahead may have written a time to come: what is erased until then belongs here all the same.
        since = min(max((erasure.at for erasure in known), default=_BEGINNING + OVERLAP), now)
        found = erased_since(session, since - OVERLAP)
        new = [erasure for erasure in found if erasure not in known]
        # A line that a killed one cut off is written anew.
        text = log.read()
        whole = _whole(text)
        if not _ENTRY.startswith(text[whole:][: len(_ENTRY)]):
            raise Misconfigured(f"{path} is no log of erasures: its end was written by somebody else")
        log.truncate(whole)
        log.seek(0, os.SEEK_END)
        log.write(b"".join(msgspec.json.encode(erasure) + b"\n" for erasure in new))
        log.flush()
        os.fsync(log.fileno())
    return len(new)


def _whole(text: bytes) -> int:
    return text.rfind(b"\n") + 1


# What every line begins with.
_ENTRY = b'{"kind":'
_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
