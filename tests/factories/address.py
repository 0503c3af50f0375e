from models import AddressPurpose, AddressRecord, Comment
from service.privacy.addresses import record_address
from service.privacy.sealing import Keyring
from service.wiring import Services


def add_address(services: Services, comment: Comment, address: str, *, keyring: Keyring | None = None) -> AddressRecord:
    """The address that a comment was posted under, sealed with the service's keyring or another one."""
    with services.write() as session:
        return record_address(
            session,
            keyring or services.keyring,
            site_id=comment.site_id,
            purpose=AddressPurpose.SUBMISSION,
            owner_id=comment.id,
            address=address,
            now=comment.created_at,
        )
