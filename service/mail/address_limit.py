"""How many confirmation mails one address gets: nobody can flood a stranger through us."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Delivery, DeliveryKind, DeliveryState
from service.mail.outcomes import CRASHED, SENDING, SENDING_AGAIN, Later, Skip
from service.privacy.addresses import ban_form, indexes_of_exact
from service.privacy.sealing import Keyring

ONE_MAIL_PER = timedelta(days=1)


def one_a_day(session: Session, keyring: Keyring, row: Delivery, address: str, now: datetime) -> None:
    """At most one confirmation mail an address, site and day. Raises Skip, Later.

    The page behind the day's mail lists this comment too, if both came with one spelling of the address. Spellings that
    only count as one (another case, a tag) may be two people's, so the second waits for its day; the plain one, which
    nobody can make up to be in its way, goes first.
    """
    site_id = row.site_id
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
        raise Skip("one_a_day")
    if today:
        raise Later(max(today.values()) + ONE_MAIL_PER)
    waiting = [(outcome, due, exact) for state, outcome, due, _, exact in others if state is DeliveryState.WAITING]
    if any(outcome in (SENDING, SENDING_AGAIN) for outcome, _, _ in waiting):
        raise Later
    if set(plain).isdisjoint(own) and any(due <= now and exact in plain for _, due, exact in waiting):
        raise Later
