from models import Site
from service.accounts.api_keys import add_key
from service.wiring import Services


def add_api_key(services: Services, site: Site, scope: str) -> str:
    """The text of a new key of the site; nothing else knows it."""
    with services.write() as session:
        return add_key(session, site_id=site.id, scope=scope, now=services.clock.now())[1]
