"""Saved views as the desk and the API show them."""

from dataclasses import dataclass
from typing import Any

from msgspec import ValidationError
from sqlalchemy.orm import Session

from models import SavedView, Site
from models.queries.lists.saved_views import VIEWS_MOST, own_views, views_of_others
from service.accounts.access import Actor
from service.desk.queue.lists.place import DeskLocation
from service.desk.site_access import reached


@dataclass(frozen=True, slots=True)
class SavedLocation:
    """A view in the desk's menu. `site`: whose moderators share it, by its slug."""

    id: str
    name: str
    link: str
    site: str | None
    mine: bool
    # Whether the caller may delete it.
    deletable: bool

    @property
    def of_others(self) -> bool:
        return not self.mine


def rows_of(session: Session, actor: Actor) -> list[tuple[SavedView, Site | None]]:
    """The caller's own views, then those that others share with them, of which there may be too many for a menu: the
    newest. Each part is oldest first, without what leads to a site out of reach."""
    sites = {site.id: site for site in reached(session, "viewer", actor).values()}
    slugs = {site.slug for site in sites.values()}
    own = session.scalars(own_views(actor.id).limit(VIEWS_MOST)).all()
    others = session.scalars(views_of_others(actor.id, list(sites)).limit(VIEWS_MOST)).all()
    found = [*own, *reversed(others)]
    return [
        (view, sites.get(view.site_id or ""))
        for view in found
        if (view.narrowing.get("site") or next(iter(slugs), "")) in slugs
    ]


def views_of(session: Session, actor: Actor) -> list[SavedLocation]:
    """What the menu offers."""
    found = []
    for view, site in rows_of(session, actor):
        link = link_of(view.narrowing)
        if link is None:
            continue
        mine = view.owner_id == actor.id
        may = mine or actor.can("admin", view.site_id or "")
        found.append(SavedLocation(view.id, view.name, link, site.slug if site else None, mine, may))
    return found


def link_of(narrowing: dict[str, Any]) -> str | None:
    """Where the desk shows it; None for what an older or newer release had a filter for."""
    try:
        return DeskLocation.of_narrowing(narrowing).link()
    except ValidationError:
        return None
