from typing import Any

from models import Site, WriterChain
from service.privacy.chains import chain_row
from service.wiring import Services


def add_chain(services: Services, site: Site | str, **columns: Any) -> WriterChain:
    """A writer of whom nothing is known yet. `site` may be its id."""
    with services.write() as session:
        row = chain_row(site if isinstance(site, str) else site.id, services.clock.now())
        chain = WriterChain(**(row | columns))
        session.add(chain)
    return chain
