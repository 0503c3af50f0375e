"""Mails that say that a comment was answered: at most one a reader, thread and hour, with all that came meanwhile.

Who a reader is goes by the very address that they have proved, and what is told is what readers see when the mail is
made: nothing of what is held, refused or gone again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import AddressPurpose, AddressRecord, Comment, DeliveryState, ReplyMail, Site, Thread, ThreadState
from models.delivery import UNPROVEN
from service.localization import language_for_readers
from service.mail.messages import Letter, MailDetails, enclosed, replied
from service.mail.network_limit import MAILS_PER, charge_network
from service.mail.outcomes import CRASHED, SENDING, SENDING_AGAIN, TOO_OLD, Later, Skip
from service.mail.recipients import address_given, for_header
from service.privacy.addresses import indexes_of_exact
from service.privacy.chains import families, takes_mail
from service.privacy.links import is_suppressed, stop_replies_path, stop_replies_token
from service.wiring import Services

ONE_MAIL_PER = timedelta(hours=1)
# Of an address and site, however many threads it follows.
MOST_A_DAY, A_DAY = 20, timedelta(days=1)
MOST_LINKS = 20
# What waits beyond that goes with the next mail.
_MOST_TOLD = 500

TOLD_TOGETHER = "told_together"


def reply_letter(services: Services, session: Session, row: ReplyMail, now: datetime) -> Letter:
    """The mail of this row, and of what else waits for its reader in the thread: those rows are then concluded.

    Everything is asked anew. Raises Skip, Later, NotAnAddress.
    """
    if not charge_network(session, row, session.get_one(Comment, row.reply_id), now):
        # The reply is up and its network may be a whole town's: it is told later, and not never.
        raise Later(now + MAILS_PER)
    if now - row.created_at > TOO_OLD:
        raise Skip("too_old")
    comment = session.get_one(Comment, row.comment_id)
    thread = session.get_one(Thread, row.thread_id)
    if comment.published_version is None or thread.state is ThreadState.HIDDEN:
        raise Skip("comment_gone")
    if not comment.wants_replies:
        raise Skip("not_asked_for")
    if comment.proven is None or comment.disowned_at is not None:
        raise Skip(UNPROVEN)
    address = address_given(session, services.keyring, comment)
    if is_suppressed(session, services.keyring, site_id=row.site_id, address=address):
        raise Skip("suppressed")
    if not takes_mail(session, services.keyring, comment, address):
        # A receipt proves whose comment it is; the address beside it may be anybody's.
        raise Skip(UNPROVEN)
    indexes = indexes_of_exact(services.keyring, site_id=row.site_id, exact=address)
    family = families(session, [comment.chain_id])[comment.chain_id]
    told = _told(session, row, family, indexes)
    _wait_for_its_time(session, row, indexes, now)
    for mail, _ in told:
        if mail is not row:
            mail.state, mail.outcome, mail.told_with = DeliveryState.SKIPPED, TOLD_TOGETHER, row.id
            mail.next_at = mail.charged_at = mail.charged_at or now
    site, url = session.get_one(Site, row.site_id), services.settings.public_url
    links = [f"{url}/c/{reply_id}" for _, reply_id in told]
    stop = url + stop_replies_path(stop_replies_token(session, services.keyring, comment.id, now))
    language = language_for_readers(*site.settings.languages_of_readers(thread.language, comment.language))
    details = MailDetails(row.id, for_header(address), site.name or site.slug, links[0], stop, now, language)
    message = replied(services.settings, details, links[:MOST_LINKS], len(links))
    try:
        return enclosed(services.settings, message, details.to)
    except ValueError:
        # The text of such an error quotes the address.
        raise Skip("no_address") from None


def _told(
    session: Session, row: ReplyMail, family: Collection[str], indexes: Collection[bytes]
) -> list[tuple[ReplyMail, str]]:
    """The rows that the mail tells of with the ids of their replies, oldest first. Raises Skip."""
    answered, reply = aliased(Comment), aliased(Comment)
    beside = and_(
        ReplyMail.thread_id == row.thread_id,
        or_(and_(ReplyMail.state == DeliveryState.WAITING, ReplyMail.attempts == 0), ReplyMail.told_with == row.id),
        answered.wants_replies,
        answered.proven.is_not(None),
        answered.disowned_at.is_(None),
        answered.published_version.is_not(None),
        answered.chain_id.in_(family),
    )
    found = session.execute(
        select(ReplyMail, reply.id, reply.chain_id)
        .join(AddressRecord, AddressRecord.owner_id == ReplyMail.comment_id)
        .join(answered, answered.id == ReplyMail.comment_id)
        .join(reply, reply.id == ReplyMail.reply_id)
        .where(
            _of_address(row.site_id, indexes), or_(ReplyMail.id == row.id, beside), reply.published_version.is_not(None)
        )
        .order_by(ReplyMail.id)
        .limit(_MOST_TOLD)
        .with_for_update(of=ReplyMail, key_share=True, skip_locked=True)
    ).all()
    # Their own is what they proved: an address beside a reply may be anybody's guess.
    own = {reply_id for _, reply_id, chain_id in found if chain_id in family}
    # A row each, also where an address is kept twice.
    told = list({mail.id: (mail, reply_id) for mail, reply_id, _ in found if reply_id not in own}.values())
    # After a first try, what it told of beside its own is still to be told.
    if not told or (row.attempts == 0 and all(mail is not row for mail, _ in told)):
        raise Skip("own_reply" if row.reply_id in own else "reply_gone")
    return told


def _wait_for_its_time(session: Session, row: ReplyMail, indexes: Collection[bytes], now: datetime) -> None:
    """Raises Later where the reader had a mail of this thread within the hour, or many within the day."""
    at = func.coalesce(ReplyMail.sent_at, ReplyMail.next_at)
    sent = or_(ReplyMail.state == DeliveryState.SENT, ReplyMail.outcome == CRASHED)
    sending = and_(ReplyMail.state == DeliveryState.WAITING, ReplyMail.outcome.in_([SENDING, SENDING_AGAIN]))
    lately = session.execute(
        select(ReplyMail.thread_id, ReplyMail.state, at)
        .join(AddressRecord, AddressRecord.owner_id == ReplyMail.comment_id)
        .where(
            _of_address(row.site_id, indexes),
            ReplyMail.id != row.id,
            or_(and_(sent, at > now - A_DAY), sending),
        )
    ).all()
    if any(thread_id == row.thread_id and state is DeliveryState.WAITING for thread_id, state, _ in lately):
        raise Later()
    times = [when for _, state, when in lately if state is not DeliveryState.WAITING]
    if len(times) >= MOST_A_DAY:
        raise Later(sorted(times)[-MOST_A_DAY] + A_DAY)
    here = [when for thread_id, state, when in lately if thread_id == row.thread_id]
    if here and now < max(here) + ONE_MAIL_PER:
        raise Later(max(here) + ONE_MAIL_PER)


def _of_address(site_id: str, indexes: Collection[bytes]) -> ColumnElement[bool]:
    return and_(
        AddressRecord.site_id == site_id,
        AddressRecord.purpose == AddressPurpose.SUBMISSION,
        AddressRecord.exact_index.in_(indexes),
    )
