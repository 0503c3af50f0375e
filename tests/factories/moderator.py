from models import Moderator, Site
from service.accounts import moderators
from service.wiring import Services

ADDRESS = "mo@example.org"
PASSWORD = "seven grey herons standing"


def add_moderator(
    services: Services,
    role: str = "moderator",
    *sites: Site,
    address: str = ADDRESS,
    name: str = "Mo",
    password: str | None = None,
) -> Moderator:
    """An account with the role on these sites, or on every site if none is given."""
    with services.write() as session:
        return moderators.add_moderator(
            session,
            services.keyring,
            now=services.clock.now(),
            address=address,
            role=role,
            sites=[site.id for site in sites],
            name=name,
            password=password,
        )
