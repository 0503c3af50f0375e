"""Sites as intake knows them: kept in the process, so that a comment costs no query for what hardly ever changes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Site, SiteSettings
from models.site import is_slug
from service.errors import UnknownSite
from service.wiring import Services

# Seconds that a site is believed without asking: a newsroom's change reaches every process within one.
KNOWN_SECONDS = 0.9


@dataclass(frozen=True, slots=True)
class KnownSite:
    """What intake asks of a site. Made from a row, and never changed."""

    id: str
    slug: str
    origins: tuple[str, ...]
    settings: SiteSettings


class KnownSites:
    """The sites of one process. `monotonic` is a clock in seconds, passed in for tests."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        # Only sites that there are: names that somebody makes up take no room.
        self._found: dict[str, tuple[KnownSite, float]] = {}

    def at_once(self, slug: str) -> KnownSite | None:
        """The site where it was read within the second; asks nobody."""
        found = self._found.get(slug)
        if found is None or self._monotonic() - found[1] >= KNOWN_SECONDS:
            return None
        return found[0]

    def read(self, slug: str) -> KnownSite:
        """The site as it is now. Raises UnknownSite, Unavailable."""
        started = self._monotonic()
        try:
            with self._services.read(often=True) as session:
                row = site_by_slug(session, slug)
        except UnknownSite:
            self._found.pop(slug, None)
            raise
        site = KnownSite(row.id, row.slug, tuple(row.origins), row.settings)
        self._found[slug] = site, started
        return site


def site_by_slug(session: Session, slug: str) -> Site:
    """Raises UnknownSite."""
    site = session.scalar(select(Site).where(Site.slug == slug)) if is_slug(slug) else None
    if site is None:
        raise UnknownSite("Check the name of the site in the address.")
    return site
