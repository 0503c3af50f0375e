"""The sender: takes mails that wait from the database, asks once more whether they may go, and sends them.

A row is claimed and committed before its mail goes out, so a crash in between leaves a trace: the mail is tried
once more, and after a second crash never again. Two senders don't take the same row: PostgreSQL by its locks,
SQLite because it has one writer.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from models import Comment, Delivery, DeliveryKind, DeliveryState, ReplyMail, Site, Status, Thread
from models.delivery import UNPROVEN
from service.backoff import Backoff
from service.errors import Unavailable
from service.localization import language_for_readers
from service.mail.address_limit import one_a_day
from service.mail.messages import Letter, MailDetails, confirmation, enclosed, message_waits, published
from service.mail.network_limit import charge_network
from service.mail.outcomes import CLAIM, CRASHED, SENDING, SENDING_AGAIN, TOO_OLD, Later, Skip
from service.mail.recipients import address_given, for_header
from service.mail.reply_mails import reply_letter
from service.mail.transports import MailDelayed, MailRefused, MailTransport, mail_transport
from service.privacy.addresses import NotAnAddress
from service.privacy.chains import has_proved, takes_mail
from service.privacy.links import (
    NoReceiptKept,
    is_suppressed,
    new_proof_link,
    proof_path,
    receipt_path,
    unsubscribe_path,
    unsubscribe_token,
)
from service.queue.wakes import Listener
from service.telemetry import DELIVERIES, logger
from service.tracing import span
from service.wiring import Services

log = logger(__name__)

BATCH = 10
# The wake is quicker; this is for when it was lost.
POLL_SECONDS = 5.0
# After 1, 5 and 30 minutes, 2 and 6 hours; then never.
BACK_OFF = Backoff((60.0, 300.0, 1800.0, 7200.0, 21600.0))
BUSY_AGAIN = timedelta(minutes=1)

# One word in metrics: which of them it was says whether an address is known.
_DONE = frozenset(
    {"sent", "suppressed", "one_a_day", "network_limit", UNPROVEN, "already_proven", "disowned", "own_reply"}
)
_WORDS = {DeliveryKind.CONFIRM: confirmation, DeliveryKind.DECIDED: published, DeliveryKind.MESSAGE: message_waits}
_CLAIM_LOCK = 7_263_514_001
_GONE = frozenset({Status.WITHDRAWN, Status.ERASED})
_NO_MAIL_FOR = _GONE | {Status.REJECTED, Status.SPAM}


_REPLIES = "replies"

_Row = Delivery | ReplyMail


class _ClaimedMail(NamedTuple):
    table: type[_Row]
    id: str
    kind: str
    attempt: int
    letter: Letter


def run_sender(services: Services, stop: threading.Event) -> None:
    """Sends what waits until `stop` is set; finishes the mail it is at. Meant for a thread of the worker."""
    woken = threading.Event()
    listener = Listener(services.slow_redis, on_deliveries=woken.set, on_gap=woken.set)
    listener.start()
    post = mail_transport(services.settings)
    try:
        while not stop.is_set():
            woken.clear()
            try:
                if send_due(services, post, stop) == BATCH:
                    continue
            except Unavailable:
                log.warning("deliveries_without_database")
            except Exception:
                # What nobody foresaw must not end the sender.
                log.exception("deliveries_failed")
            _wait(stop, woken)
    finally:
        listener.stop()


def _wait(stop: threading.Event, woken: threading.Event) -> None:
    waited = 0.0
    while waited < POLL_SECONDS and not stop.is_set() and not woken.wait(0.25):
        waited += 0.25


def send_due(services: Services, post: MailTransport | None, stop: threading.Event | None = None) -> int:
    """Handles up to BATCH mails that are due; returns how many rows it took. Raises Unavailable.

    Without a way out (`post` is None) the mails are skipped: sent a month later they would only puzzle.
    """
    with services.write() as session:
        if not services.settings.sqlite:
            # One claim at a time: two of them could not see each other's mail to the same address.
            session.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
        now = services.clock.now()
        due = _due(session, Delivery, now, BATCH)
        due += _due(session, ReplyMail, now, BATCH - len(due))
        claimed = [mail for row in due if (mail := _claim(services, session, row, now, post is not None))]
    if post is not None:
        try:
            _send_all(services, post, claimed, stop)
        finally:
            post.close()
    return len(due)


def _due(session: Session, table: type[_Row], now: datetime, limit: int) -> list[_Row]:
    query: Select[Any] = (
        select(table)
        .where(table.state == DeliveryState.WAITING, table.next_at <= now)
        .order_by(table.next_at)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return list(session.scalars(query)) if limit else []


def _claim(services: Services, session: Session, row: _Row, now: datetime, can_send: bool) -> _ClaimedMail | None:
    """Marks the row as being sent and makes its mail, or marks why there is none."""
    if row.state is not DeliveryState.WAITING:
        # Another mail of this batch tells of it.
        return None
    try:
        if not can_send:
            raise Skip("mail_off")
        if row.outcome == SENDING_AGAIN:
            _conclude(row, DeliveryState.FAILED, CRASHED)
            return None
        make = _make if isinstance(row, Delivery) else reply_letter
        letter = make(services, session, row, now)  # type: ignore[arg-type]
    except (Skip, NotAnAddress, NoReceiptKept) as skip:
        # What an earlier version sealed may be no address by today's rules.
        _conclude(row, DeliveryState.SKIPPED, "no_address" if isinstance(skip, NotAnAddress) else str(skip))
        return None
    except Later as later:
        row.next_at = later.at or now + BUSY_AGAIN
        return None
    row.attempts += 1
    row.outcome = SENDING_AGAIN if row.outcome == SENDING else SENDING
    row.next_at = now + CLAIM
    return _ClaimedMail(type(row), row.id, _kind(row), row.attempts, letter)


def _conclude(row: _Row, state: DeliveryState, code: str) -> None:
    row.state, row.outcome = state, code
    count_outcome(_kind(row), code)


def _kind(row: _Row) -> str:
    return row.kind.value if isinstance(row, Delivery) else _REPLIES


def _make(services: Services, session: Session, row: Delivery, now: datetime) -> Letter:
    """The mail of this row. Everything is asked anew: hours may lie between the decision and now."""
    comment = session.get(Comment, row.comment_id)
    if comment is not None and row.kind is DeliveryKind.CONFIRM and not charge_network(session, row, comment, now):
        # Whoever sent it sees nothing of that: the comment waits as one whose mail was not answered.
        raise Skip("network_limit")
    if comment is None or comment.status in (_GONE if row.kind is DeliveryKind.MESSAGE else _NO_MAIL_FOR):
        raise Skip("comment_gone")
    if now - row.created_at > TOO_OLD:
        raise Skip("too_old")
    if comment.status is Status.RECEIVED:
        raise Later
    if row.kind is DeliveryKind.CONFIRM:
        if comment.disowned_at is not None:
            raise Skip("disowned")
        if not (comment.wants_confirm or comment.wants_notify or comment.wants_replies):
            raise Skip("not_asked_for")
    else:
        if comment.proven is None:
            # Whoever typed the address has not shown that it is theirs: a stranger gets no news.
            raise Skip(UNPROVEN)
        if not comment.wants_notify or (row.kind is DeliveryKind.DECIDED and comment.published_version is None):
            raise Skip("not_asked_for")
    address = address_given(session, services.keyring, comment)
    if is_suppressed(session, services.keyring, site_id=comment.site_id, address=address):
        raise Skip("suppressed")
    # A receipt proves whose comment it is; the address beside it may be anybody's.
    # And whoever gets the receipt of a message's mail can do all that its writer can.
    confirmed = has_proved if row.kind is DeliveryKind.MESSAGE else takes_mail
    proved = comment.proven is not None and confirmed(session, services.keyring, comment, address)
    if row.kind is not DeliveryKind.CONFIRM and not proved:
        raise Skip(UNPROVEN)
    if row.kind is DeliveryKind.CONFIRM:
        if proved or (comment.proven is not None and not (comment.wants_notify or comment.wants_replies)):
            raise Skip("already_proven")
        one_a_day(session, services.keyring, row, address, now)
    site = session.get_one(Site, row.site_id)
    url = services.settings.public_url
    if row.kind is DeliveryKind.CONFIRM:
        link = url + proof_path(new_proof_link(session, services.keyring, comment_id=comment.id, now=now))
    elif row.kind is DeliveryKind.MESSAGE:
        link = url + receipt_path(session, services.keyring, comment.id)
    else:
        link = f"{url}/c/{comment.id}"
    refuse = url + unsubscribe_path(unsubscribe_token(session, services.keyring, comment.id, now))
    article = session.get_one(Thread, comment.thread_id).language
    language = language_for_readers(*site.settings.languages_of_readers(article, comment.language))
    details = MailDetails(row.id, for_header(address), site.name or site.slug, link, refuse, now, language)
    try:
        return enclosed(services.settings, _WORDS[row.kind](services.settings, details), details.to)
    except ValueError:
        # The text of such an error quotes the address.
        raise Skip("no_address") from None


def _send_all(
    services: Services, post: MailTransport, claimed: Sequence[_ClaimedMail], stop: threading.Event | None
) -> None:
    blocked: MailDelayed | None = None
    for mail in claimed:
        if stop is not None and stop.is_set():
            _finish(services, mail, next_at=services.clock.now(), uncounted=True)
            continue
        if blocked is not None:
            _finish(services, mail, next_at=BACK_OFF.next_at(1, services.clock.now()), uncounted=True)
            continue
        try:
            with span("send mail", kind="client", delivery=mail.id, mail=mail.kind):
                post.send(mail.letter)
        except MailRefused as refused:
            _finish(services, mail, state=DeliveryState.FAILED, code=refused.code)
        except MailDelayed as delayed:
            blocked = delayed if delayed.everywhere else None
            log.warning("mail_delayed", delivery=mail.id, code=delayed.code, attempt=mail.attempt)
            if BACK_OFF.exhausted(mail.attempt):
                _finish(services, mail, state=DeliveryState.FAILED, code="gave_up")
            else:
                _finish(services, mail, next_at=BACK_OFF.next_at(mail.attempt, services.clock.now()))
        else:
            _finish(services, mail, state=DeliveryState.SENT, code="sent")


def _finish(
    services: Services,
    mail: _ClaimedMail,
    *,
    state: DeliveryState = DeliveryState.WAITING,
    code: str | None = None,
    next_at: datetime | None = None,
    uncounted: bool = False,
) -> None:
    """Writes down what became of a claimed row, if it is still ours."""
    now = services.clock.now()
    values: dict[str, object] = {"state": state, "outcome": code}
    if state is DeliveryState.SENT:
        values["sent_at"] = now
    if next_at is not None:
        values["next_at"] = next_at
    if uncounted:
        values["attempts"] = mail.attempt - 1
    with services.write() as session:
        session.execute(
            update(mail.table)
            .where(
                mail.table.id == mail.id,
                mail.table.state == DeliveryState.WAITING,
                mail.table.attempts == mail.attempt,
            )
            .values(**values)
        )
    count_outcome(mail.kind, code or "put_off")


def count_outcome(kind: str, code: str) -> None:
    """Counts what became of a mail, without what an address has to do with it."""
    DELIVERIES.labels(kind, "done" if code in _DONE else code).inc()
