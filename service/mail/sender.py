"""The sender: takes mails that wait from the database, asks once more whether they may go, and sends them.

A row is claimed and committed before its mail goes out, so a crash in between leaves a trace: the mail is tried
once more, and after a second crash never again. Two senders don't take the same row: PostgreSQL by its locks,
SQLite because it has one writer.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Comment, Delivery, DeliveryKind, DeliveryState, Site, Status, Thread
from service.backoff import Backoff
from service.errors import Unavailable
from service.localization import language_for_readers
from service.mail.messages import Letter, MailDetails, confirmation, enclosed, message_waits, published
from service.mail.network_limit import network_is_over_limit
from service.mail.transports import MailDelayed, MailRefused, MailTransport, mail_transport
from service.privacy.addresses import (
    NotAnAddress,
    address_of,
    ban_form,
    indexes_of_exact,
    leads_elsewhere,
    open_address,
)
from service.privacy.chains import has_proved
from service.privacy.links import (
    NoReceiptKept,
    is_suppressed,
    new_proof_link,
    proof_path,
    receipt_path,
    unsubscribe_path,
    unsubscribe_token,
)
from service.privacy.sealing import SealBroken
from service.queue.wakes import Listener
from service.telemetry import DELIVERIES, logger
from service.tracing import span
from service.wiring import Services

log = logger(__name__)

BATCH = 10
# The wake is quicker; this is for when it was lost.
POLL_SECONDS = 5.0
# Longer than a whole batch of time-outs: until then nobody else takes a claimed row.
CLAIM = timedelta(minutes=15)
# After 1, 5 and 30 minutes, 2 and 6 hours; then never.
BACK_OFF = Backoff((60.0, 300.0, 1800.0, 7200.0, 21600.0))
BUSY_AGAIN = timedelta(minutes=1)
ONE_MAIL_PER = timedelta(days=1)
TOO_OLD = timedelta(days=7)

# `outcome` of a claimed row: a first try is under way, or the one that follows a crash.
SENDING, SENDING_AGAIN = "sending", "sending_again"
# One word in metrics: which of them it was says whether an address is known.
_DONE = frozenset({"sent", "suppressed", "one_a_day", "network_limit", "unproven", "already_proven", "disowned"})
# Two crashes: it may have been sent, or not; it counts as sent.
CRASHED = "crashed_twice"

_WORDS = {DeliveryKind.CONFIRM: confirmation, DeliveryKind.DECIDED: published, DeliveryKind.MESSAGE: message_waits}
_CLAIM_LOCK = 7_263_514_001
_GONE = frozenset({Status.WITHDRAWN, Status.ERASED})
_NO_MAIL_FOR = _GONE | {Status.REJECTED, Status.SPAM}


class _ClaimedMail(NamedTuple):
    delivery_id: str
    kind: DeliveryKind
    attempt: int
    letter: Letter


class _Skip(Exception):
    """This mail must not go out; the code says why."""


class _Later(Exception):
    """Not at this moment; `at` says when, without it soon."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__()
        self.at = at


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
        due = session.scalars(
            select(Delivery)
            .where(Delivery.state == DeliveryState.WAITING, Delivery.next_at <= now)
            .order_by(Delivery.next_at)
            .limit(BATCH)
            .with_for_update(key_share=True, skip_locked=True)
        ).all()
        claimed = [mail for row in due if (mail := _claim(services, session, row, now, post is not None))]
    if post is not None:
        try:
            _send_all(services, post, claimed, stop)
        finally:
            post.close()
    return len(due)


def _claim(services: Services, session: Session, row: Delivery, now: datetime, can_send: bool) -> _ClaimedMail | None:
    """Marks the row as being sent and makes its mail, or marks why there is none."""
    try:
        if not can_send:
            raise _Skip("mail_off")
        if row.outcome == SENDING_AGAIN:
            _conclude(row, DeliveryState.FAILED, CRASHED)
            return None
        letter = _make(services, session, row, now)
    except (_Skip, NotAnAddress, NoReceiptKept) as skip:
        # What an earlier version sealed may be no address by today's rules.
        _conclude(row, DeliveryState.SKIPPED, "no_address" if isinstance(skip, NotAnAddress) else str(skip))
        return None
    except _Later as later:
        row.next_at = later.at or now + BUSY_AGAIN
        return None
    row.attempts += 1
    row.outcome = SENDING_AGAIN if row.outcome == SENDING else SENDING
    row.next_at = now + CLAIM
    return _ClaimedMail(row.id, row.kind, row.attempts, letter)


def _conclude(row: Delivery, state: DeliveryState, code: str) -> None:
    row.state, row.outcome = state, code
    count_outcome(row.kind, code)


def _make(services: Services, session: Session, row: Delivery, now: datetime) -> Letter:
    """The mail of this row. Everything is asked anew: hours may lie between the decision and now."""
    comment = session.get(Comment, row.comment_id)
    if comment is None or comment.status in (_GONE if row.kind is DeliveryKind.MESSAGE else _NO_MAIL_FOR):
        raise _Skip("comment_gone")
    if now - row.created_at > TOO_OLD:
        raise _Skip("too_old")
    if comment.status is Status.RECEIVED:
        raise _Later
    if row.kind is DeliveryKind.CONFIRM:
        if comment.proven is not None:
            raise _Skip("already_proven")
        if comment.disowned_at is not None:
            raise _Skip("disowned")
        if not (comment.wants_confirm or comment.wants_notify):
            raise _Skip("not_asked_for")
    else:
        if comment.proven is None:
            # Whoever typed the address has not shown that it is theirs: a stranger gets no news.
            raise _Skip("unproven")
        if not comment.wants_notify or (row.kind is DeliveryKind.DECIDED and comment.published_version is None):
            raise _Skip("not_asked_for")
    address = _address(services, session, comment)
    if is_suppressed(session, services.keyring, site_id=comment.site_id, address=address):
        raise _Skip("suppressed")
    if row.kind is not DeliveryKind.CONFIRM and not has_proved(session, services.keyring, comment, address):
        # A receipt proves whose comment it is; the address beside it may be anybody's.
        raise _Skip("unproven")
    if row.kind is DeliveryKind.CONFIRM:
        _one_a_day(services, session, row, address, now)
        if network_is_over_limit(session, row, comment, now, CLAIM):
            # Whoever sent it sees nothing of that: the comment waits as one whose mail was not answered.
            raise _Skip("network_limit")
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
    details = MailDetails(row.id, _for_header(address), site.name or site.slug, link, refuse, now, language)
    try:
        return enclosed(services.settings, _WORDS[row.kind](services.settings, details), details.to)
    except ValueError:
        # The text of such an error quotes the address.
        raise _Skip("no_address") from None


def _address(services: Services, session: Session, comment: Comment) -> str:
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is None:
        raise _Skip("no_address")
    try:
        return open_address(services.keyring, record)
    except SealBroken:
        raise _Skip("seal_broken") from None


def _for_header(address: str) -> str:
    """The address as mail servers know it: the domain in ASCII, the local part as well where that is possible."""
    if leads_elsewhere(address):
        # Intake takes none, but earlier versions did.
        raise _Skip("no_address")
    try:
        return validate_email(address, check_deliverability=False).ascii_email or address
    except EmailNotValidError:
        raise _Skip("no_address") from None


def _one_a_day(services: Services, session: Session, row: Delivery, address: str, now: datetime) -> None:
    """At most one confirmation mail an address, site and day: nobody can flood a stranger through us.

    The page behind the day's mail lists this comment too, if both came with one spelling of the address. Spellings that
    only count as one (another case, a tag) may be two people's, so the second waits for its day; the plain one, which
    nobody can make up to be in its way, goes first.
    """
    keyring, site_id = services.keyring, row.site_id
    indexes = indexes_of_exact(keyring, site_id=site_id, exact=address, by="ban")
    own = indexes_of_exact(keyring, site_id=site_id, exact=address)
    plain = indexes_of_exact(keyring, site_id=site_id, exact=ban_form(address))
    others = session.execute(
        select(
            Delivery.state,
            Delivery.outcome,
            Delivery.next_at,
            func.coalesce(Delivery.sent_at, Delivery.next_at),
            AddressRecord.exact_index,
        )
        .join(AddressRecord, AddressRecord.owner_id == Delivery.comment_id)
        .where(
            AddressRecord.site_id == site_id,
            AddressRecord.purpose == AddressPurpose.SUBMISSION,
            AddressRecord.ban_index.in_(indexes),
            Delivery.kind == DeliveryKind.CONFIRM,
            Delivery.id != row.id,
        )
    ).all()
    today = {
        exact: at
        for state, outcome, _, at, exact in others
        if (state is DeliveryState.SENT or outcome == CRASHED) and now - at < ONE_MAIL_PER
    }
    if not today.keys().isdisjoint(own):
        raise _Skip("one_a_day")
    if today:
        raise _Later(max(today.values()) + ONE_MAIL_PER)
    waiting = [(outcome, due, exact) for state, outcome, due, _, exact in others if state is DeliveryState.WAITING]
    if any(outcome in (SENDING, SENDING_AGAIN) for outcome, _, _ in waiting):
        raise _Later
    if set(plain).isdisjoint(own) and any(due <= now and exact in plain for _, due, exact in waiting):
        raise _Later


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
            with span("send mail", kind="client", delivery=mail.delivery_id, mail=mail.kind.value):
                post.send(mail.letter)
        except MailRefused as refused:
            _finish(services, mail, state=DeliveryState.FAILED, code=refused.code)
        except MailDelayed as delayed:
            blocked = delayed if delayed.everywhere else None
            log.warning("mail_delayed", delivery=mail.delivery_id, code=delayed.code, attempt=mail.attempt)
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
            update(Delivery)
            .where(
                Delivery.id == mail.delivery_id,
                Delivery.state == DeliveryState.WAITING,
                Delivery.attempts == mail.attempt,
            )
            .values(**values)
        )
    count_outcome(mail.kind, code or "put_off")


def count_outcome(kind: DeliveryKind, code: str) -> None:
    """Counts what became of a mail, without what an address has to do with it."""
    DELIVERIES.labels(kind.value, "done" if code in _DONE else code).inc()
