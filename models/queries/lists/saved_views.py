"""What moderators ask the queue for under a name."""

from collections.abc import Collection

from sqlalchemy import Select, func, select

from models.account import SavedView

# Nobody finds anything in a longer menu: so many of one's own, and so many that others share.
VIEWS_MOST = 100


def own_views(owner_id: str) -> Select[SavedView]:
    """Somebody's own views, oldest first."""
    return select(SavedView).where(SavedView.owner_id == owner_id).order_by(SavedView.id)


def own_views_total(owner_id: str) -> Select[int]:
    """How many views somebody has saved."""
    return select(func.count()).select_from(SavedView).where(SavedView.owner_id == owner_id)


def views_of_others(owner_id: str, site_ids: Collection[str]) -> Select[SavedView]:
    """What others than this one share on these sites, newest first."""
    shared = SavedView.site_id.in_(site_ids)
    return select(SavedView).where(shared, SavedView.owner_id != owner_id).order_by(SavedView.id.desc())


def view_named(owner_id: str, name: str) -> Select[SavedView]:
    """Somebody's view of that name."""
    return select(SavedView).where(SavedView.owner_id == owner_id, SavedView.name == name)
