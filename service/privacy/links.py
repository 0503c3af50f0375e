"""Links in mails: one that proves a comment, one that says "never write to me". Opening either changes nothing."""

from datetime import datetime, timedelta

from itsdangerous import BadSignature
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AddressPurpose, Comment, ProofLink, new_id
from service.errors import NotFound
from service.privacy.addresses import address_of, find_owners, open_address, record_address
from service.privacy.sealing import Keyring, new_keyed_token

PROOF_KEPT = timedelta(days=7)

_PROOF = "proof-link"
_UNSUBSCRIBE = "unsubscribe"


class LinkBroken(NotFound):
    code, title = "link_broken", "This link does not work"


class LinkExpired(NotFound):
    code, title = "link_expired", "This link is too old"


def new_proof_link(session: Session, keyring: Keyring, *, comment_id: str, now: datetime) -> str:
    """A token that proves this comment until `now` + 7 days. Only a keyed hash of it is kept."""
    token = new_keyed_token()
    session.add(
        ProofLink(
            id=new_id(),
            comment_id=comment_id,
            lookup=keyring.index(_PROOF, token)[1],
            created_at=now,
            expires_at=now + PROOF_KEPT,
        )
    )
    return token


def find_proof_link(session: Session, keyring: Keyring, token: str, now: datetime) -> ProofLink:
    """The link of this token, used or not. Raises LinkBroken for an unknown one, LinkExpired for an old one."""
    link = session.scalar(select(ProofLink).where(ProofLink.lookup.in_(keyring.indexes(_PROOF, token))))
    if link is None:
        raise LinkBroken("Perhaps a part of it was lost on its way from the mail.")
    if link.expires_at <= now:
        raise LinkExpired("Links in our mails work for seven days. Your comment is not lost by that.")
    return link


def proof_path(token: str) -> str:
    """Where the link leads, below the public URL."""
    return f"/confirm/{token}"


def unsubscribe_token(keyring: Keyring, comment_id: str) -> str:
    """Signed, without an end: whoever got a mail about this comment may refuse further ones for ever."""
    return str(keyring.serializer(_UNSUBSCRIBE).dumps(comment_id))


def read_unsubscribe_token(keyring: Keyring, token: str) -> str:
    """The comment's id. Raises LinkBroken."""
    try:
        comment_id = keyring.serializer(_UNSUBSCRIBE).loads(token)
    except BadSignature:
        raise LinkBroken("Perhaps a part of it was lost on its way from the mail.") from None
    return str(comment_id)


def unsubscribe_path(token: str) -> str:
    """Below the public URL; a POST there is the one click of RFC 8058."""
    return f"/unsubscribe/{token}"


def suppress_mail(session: Session, keyring: Keyring, comment_id: str, now: datetime) -> None:
    """Keeps "never write to me" for the comment's address on its site. Does nothing where no address is left."""
    comment = session.get(Comment, comment_id)
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment_id)
    if comment is None or record is None:
        return
    address = open_address(keyring, record)
    if is_suppressed(session, keyring, site_id=comment.site_id, address=address):
        return
    kept = record_address(
        session,
        keyring,
        site_id=comment.site_id,
        purpose=AddressPurpose.SUPPRESSION,
        owner_id=new_id(),
        address=address,
        now=now,
    )
    kept.owner_id = kept.id


def is_suppressed(session: Session, keyring: Keyring, *, site_id: str, address: str) -> bool:
    """Whether this address, in its lossy form, said "never write to me" to the site. Raises NotAnAddress."""
    purpose = AddressPurpose.SUPPRESSION
    return bool(find_owners(session, keyring, site_id=site_id, purpose=purpose, address=address, by="ban"))
