"""What a moderator asks the queue for, kept under a name: their own, or shared with the moderators of a site."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from models import SavedView, new_id
from models.queries.lists.saved_views import VIEWS_MOST, own_views_total, view_named
from service.accounts.actors import Actor
from service.accounts.names import readable
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from service.wiring import Services

NAME_MOST = 60


class TooManyViews(Conflict):
    code, title = "too_many_views", "Delete a saved view first: there are as many as a menu can hold"


@again_when_contended
def save_view(
    services: Services, actor: Actor, name: str, narrowing: Mapping[str, Any], site_id: str | None
) -> SavedView:
    """Keeps what is asked for under the name; one of that name, their own, is replaced.

    `site_id`: shared with the moderators of that site. Raises Invalid, TooManyViews; NotFound, Forbidden for a site
    where the caller is no moderator.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_MOST or not readable(name):
        raise Invalid(errors=[FieldError("name", "invalid", f"Give it a name of 1 to {NAME_MOST} letters.")])
    if site_id is not None:
        actor.require("moderator", site_id)
    with services.write() as session:
        view = session.scalar(view_named(actor.id, name).with_for_update(key_share=True))
        if view is None:
            if (session.scalar(own_views_total(actor.id)) or 0) >= VIEWS_MOST:
                raise TooManyViews()
            view = SavedView(id=new_id(), owner_id=actor.id, name=name, created_at=services.clock.now())
        view.site_id, view.narrowing = site_id, dict(narrowing)
        try:
            with session.begin_nested():
                session.add(view)
        except IntegrityError:
            raise Conflict("A view of this name was saved just now.") from None
    return view


@again_when_contended
def delete_view(services: Services, actor: Actor, view_id: str) -> None:
    """Forgets a view: their own, or as an administrator one that is shared on their site. Raises NotFound, Forbidden
    for another's shared one."""
    with services.write() as session:
        view = session.get(SavedView, view_id, with_for_update={"key_share": True})
        shared = view is not None and view.site_id is not None
        if view is None or (view.owner_id != actor.id and not (shared and actor.can("viewer", view.site_id or ""))):
            raise NotFound("There is no such view.")
        if view.owner_id != actor.id and not actor.can("admin", view.site_id or ""):
            raise Forbidden("Only who saved it or an administrator deletes a view that others use.")
        session.delete(view)
