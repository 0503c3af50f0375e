from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from models import Mode, Site, SiteSettings, new_id
from service.wiring import Services

ORIGIN = "http://news.test"


def add_site(
    services: Services,
    slug: str = "gazette",
    *,
    origins: Sequence[str] = (ORIGIN,),
    created_at: datetime | None = None,
    **changes: Any,
) -> Site:
    """A site whose rules may approve; `changes` are SiteSettings."""
    site = Site(
        id=new_id(),
        slug=slug,
        name=slug.title(),
        origins=list(origins),
        settings_json=msgspec.to_builtins(SiteSettings(**({"mode": Mode.AUTOMATIC} | changes))),
        created_at=created_at or services.clock.now(),
    )
    with services.write() as session:
        session.add(site)
    return site
