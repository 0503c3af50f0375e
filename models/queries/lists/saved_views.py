"""What moderators ask the queue for under a name."""

from collections.abc import Collection

from sqlalchemy import Select, or_, select

from models.account import SavedView

# Nobody finds anything in a longer menu.
VIEWS_MOST = 100


def saved_views(owner_id: str, site_ids: Collection[str] | None) -> Select[SavedView]:
    """Somebody's own views, and those that are shared on these sites (None: all), oldest first."""
    shared = SavedView.site_id.is_not(None) if site_ids is None else SavedView.site_id.in_(site_ids)
    return select(SavedView).where(or_(SavedView.owner_id == owner_id, shared)).order_by(SavedView.id)


def view_named(owner_id: str, name: str) -> Select[SavedView]:
    """Somebody's view of that name."""
    return select(SavedView).where(SavedView.owner_id == owner_id, SavedView.name == name)
