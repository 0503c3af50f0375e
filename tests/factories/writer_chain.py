from typing import Any

from models import Site, WriterChain
from service.privacy.chains import new_chain
from service.wiring import Services


def add_chain(services: Services, site: Site | str, **columns: Any) -> WriterChain:
    """A writer of whom nothing is known yet. `site` may be its id."""
    with services.write() as session:
        chain = new_chain(session, site if isinstance(site, str) else site.id, services.clock.now())
        for name, value in columns.items():
            setattr(chain, name, value)
    return chain
