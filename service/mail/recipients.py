"""Where a mail goes: the address that came with a comment, as mail servers know it."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from models import AddressPurpose, Comment
from service.mail.outcomes import Skip
from service.privacy.addresses import address_of, leads_elsewhere, open_address
from service.privacy.sealing import Keyring, SealBroken


def address_given(session: Session, keyring: Keyring, comment: Comment) -> str:
    """Raises Skip where none is left or its secret is gone."""
    record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment.id)
    if record is None:
        raise Skip("no_address")
    try:
        return open_address(keyring, record)
    except SealBroken:
        raise Skip("seal_broken") from None


def for_header(address: str) -> str:
    """The domain in ASCII, the local part as well where that is possible. Raises Skip."""
    if leads_elsewhere(address):
        # Intake takes none, but earlier versions did.
        raise Skip("no_address")
    try:
        return validate_email(address, check_deliverability=False).ascii_email or address
    except EmailNotValidError:
        raise Skip("no_address") from None
