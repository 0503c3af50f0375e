"""Which sections a list may be narrowed to: those that the sites' stories are in, whatever their case."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from models.queries.threads import sections_of

# Of each site; and sites that are asked for theirs, where somebody moderates very many.
SECTIONS_MOST, SITES_MOST = 200, 20


def offered(session: Session, site_ids: Collection[str]) -> list[str]:
    """The sections of these sites, by name."""
    known = {
        section
        for site_id in list(site_ids)[:SITES_MOST]
        for section in session.scalars(sections_of(site_id, SECTIONS_MOST))
    }
    return sorted(known, key=lambda section: (section.casefold(), section))


def as_kept(known: Collection[str], typed: str) -> str:
    """The section that is meant by what was typed; that itself where no known one is, whatever its case."""
    if not typed or typed in known:
        return typed
    return next((section for section in known if section.casefold() == typed.casefold()), typed)
