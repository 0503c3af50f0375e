"""Sites by the name an operator types."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Site
from service.errors import NotFound


def find_sites(session: Session, slugs: Sequence[str]) -> list[Site]:
    """The sites of these slugs, in order. Raises NotFound, naming the first that is missing and those there are."""
    known = {site.slug: site for site in session.scalars(select(Site).order_by(Site.slug))}
    for slug in slugs:
        if slug not in known:
            there = ", ".join(known) or "none yet"
            raise NotFound(f"there is no site {slug} (there: {there})")
    return [known[slug] for slug in slugs]


def find_site(session: Session, slug: str) -> Site:
    return find_sites(session, [slug])[0]
