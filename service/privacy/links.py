"""Links in mails: one that proves a comment, one that says "never write to me", and the writer's own page. Opening one
changes nothing."""

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import AddressPurpose, Comment, LinkKey, ProofLink, Receipt, new_id
from service.errors import NotFound
from service.localization import noop as N_
from service.privacy.addresses import address_of, find_owners, open_address, record_address
from service.privacy.sealing import Keyring, SealBroken, new_keyed_token, new_secret

PROOF_KEPT = timedelta(days=7)

_PROOF = "proof-link"
_UNSUBSCRIBE = "unsubscribe"
_STOP_REPLIES = "stop-replies"
_LINK_KEY = "link-key"


class NoReceiptKept(LookupError):
    """No receipt leads to the comment (any more). Its text is a code, and quotes nothing."""


class LinkBroken(NotFound):
    code, title = "link_broken", "This link does not work"


COMMENT_GONE = N_("The comment it belonged to is not here any more. There is nothing left for you to do.")
_CUT_OFF = N_(
    "Perhaps a part of it was lost on its way from the mail. Open it in the mail itself, or copy its whole address."
)
_TOO_OLD = N_(
    "Links in our mails work for seven days. Your comment is not lost by that. Ask for mail with your next comment: "
    "its link confirms this one too."
)


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
        raise LinkBroken(_CUT_OFF)
    if link.expires_at <= now:
        raise LinkExpired(_TOO_OLD)
    return link


def proof_path(token: str) -> str:
    """Where the link leads, below the public URL."""
    return f"/confirm/{token}"


def unsubscribe_token(session: Session, keyring: Keyring, comment_id: str, now: datetime) -> str:
    """Signed, without an end: whoever got a mail about this comment may refuse further ones for ever.

    So the secrets do not sign it, for they go: a key does that is kept sealed under them and is sealed anew when they
    change. Needs a writing transaction, since the first call makes that key.
    """
    found = session.get(LinkKey, _UNSUBSCRIBE) or _new_link_key(session, keyring, _UNSUBSCRIBE, now)
    return str(_signed(keyring, found).dumps(comment_id))


def read_unsubscribe_token(session: Session, keyring: Keyring, token: str) -> str:
    """The comment's id. Raises LinkBroken."""
    found = session.get(LinkKey, _UNSUBSCRIBE)
    if found is not None:
        with suppress(BadSignature):
            return str(_signed(keyring, found).loads(token))
    try:
        # Mails of versions that signed with the secrets: they open as long as theirs is in the ring.
        return str(keyring.serializer(_UNSUBSCRIBE).loads(token))
    except BadSignature:
        raise LinkBroken(_CUT_OFF) from None


def stop_replies_token(session: Session, keyring: Keyring, comment_id: str, now: datetime) -> str:
    """As `unsubscribe_token`, for mails about replies in the comment's conversation."""
    found = session.get(LinkKey, _UNSUBSCRIBE) or _new_link_key(session, keyring, _UNSUBSCRIBE, now)
    return str(_signed(keyring, found, _STOP_REPLIES).dumps(comment_id))


def read_stop_replies_token(session: Session, keyring: Keyring, token: str) -> str:
    """The comment's id. Raises LinkBroken."""
    found = session.get(LinkKey, _UNSUBSCRIBE)
    try:
        if found is not None:
            return str(_signed(keyring, found, _STOP_REPLIES).loads(token))
    except BadSignature:
        pass
    raise LinkBroken(_CUT_OFF)


def stop_replies_path(token: str) -> str:
    """Below the public URL; a POST there is the one click of RFC 8058."""
    return f"/unsubscribe/replies/{token}"


def sealed_link_key(keyring: Keyring, purpose: str, key: str) -> dict[str, Any]:
    """The columns of a LinkKey that are made under a secret."""
    return {"sealed": keyring.seal(_LINK_KEY, "", purpose, key), "key_id": keyring.newest}


def open_link_key(keyring: Keyring, found: LinkKey) -> str:
    """Raises SealBroken."""
    return keyring.open(_LINK_KEY, "", found.purpose, found.sealed)


def kept_key(session: Session, keyring: Keyring, purpose: str, now: datetime) -> str:
    """A key that outlasts the secrets, since it is sealed anew with them. Needs a writing transaction: the first call
    makes it."""
    return open_link_key(keyring, session.get(LinkKey, purpose) or _new_link_key(session, keyring, purpose, now))


def _new_link_key(session: Session, keyring: Keyring, purpose: str, now: datetime) -> LinkKey:
    made = LinkKey(purpose=purpose, created_at=now, **sealed_link_key(keyring, purpose, new_secret()))
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Another worker sent its first mail at the same moment.
        return session.get_one(LinkKey, purpose)
    return made


def _signed(keyring: Keyring, found: LinkKey, salt: str = _UNSUBSCRIBE) -> URLSafeSerializer:
    how = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(open_link_key(keyring, found), salt=salt, signer_kwargs=how)


def unsubscribe_path(token: str) -> str:
    """Below the public URL; a POST there is the one click of RFC 8058."""
    return f"/unsubscribe/{token}"


def receipt_path(session: Session, keyring: Keyring, comment_id: str) -> str:
    """The writer's own page of a comment, below the public URL: a secret, for nobody but its writer. Raises
    NoReceiptKept."""
    receipt = session.get(Receipt, comment_id)
    if receipt is None or receipt.revoked_at is not None:
        raise NoReceiptKept("no_receipt")
    try:
        return f"/receipts/{keyring.open('receipt', receipt.site_id, comment_id, receipt.sealed)}"
    except SealBroken:
        raise NoReceiptKept("seal_broken") from None


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
