from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models import Mode, Site, SiteSettings, new_id
from models.site import kept_settings
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
        settings_json=kept_settings(SiteSettings(**({"mode": Mode.AUTOMATIC} | changes))),
        created_at=created_at or services.clock.now(),
    )
    with services.write() as session:
        session.add(site)
    return site
