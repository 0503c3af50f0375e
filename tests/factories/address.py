from models import AddressPurpose, AddressRecord, Site
from service.privacy.addresses import record_address
from service.privacy.sealing import Keyring
from service.wiring import Services


def add_address(
    services: Services,
    site: Site | str,
    owner_id: str,
    address: str,
    *,
    purpose: AddressPurpose = AddressPurpose.SUBMISSION,
    keyring: Keyring | None = None,
) -> AddressRecord:
    """The address of a comment or, with another purpose, of another owner; sealed as the service does it.

    `site` may be its id.
    """
    with services.write() as session:
        return record_address(
            session,
            keyring or services.keyring,
            site_id=site if isinstance(site, str) else site.id,
            purpose=purpose,
            owner_id=owner_id,
            address=address,
            now=services.clock.now(),
        )
