"""Saved views for programs: what is asked of the queue, under a name."""

from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint, Response
from msgspec import Meta, Struct, to_builtins

from models import SavedView
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.queue.listing import check_order
from service.desk.queue.lists.saved import rows_of
from service.desk.queue.types import QueueNarrowing
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site
from service.errors import FieldError, Invalid
from service.moderation.saved_views.keep import NAME_MOST, delete_view, save_view
from service.wiring import current_services

saved_view_api = Blueprint("saved_views", __name__, url_prefix="/api/v1/moderation/views")
saved_view_api.after_request(keep_private)


class SavedViewView(Struct, frozen=True, kw_only=True):
    """`filters`: those of the queue that are set. `shared`: with all moderators of `filters.site`; `mine`: the caller
    saved it."""

    id: str
    name: str
    filters: dict[str, Any]
    shared: bool
    mine: bool
    created_at: datetime


class SavedViewsAnswer(Struct, frozen=True):
    views: list[SavedViewView]


class SavedViewBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`shared` needs `filters.site`. A view of the same name, the caller's own, is replaced."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_MOST)]
    filters: QueueNarrowing
    shared: bool = False


@saved_view_api.get("")
@open_to("viewer")
@described(
    "Saved views: the caller's own, and those shared with them",
    answers={200: SavedViewsAnswer},
    refusals=(401, 403),
)
def get_views() -> Response:
    actor = current_actor()
    with current_services().read() as session:
        found = [_view(view, actor.id) for view, _ in rows_of(session, actor)]
    return json_answer(SavedViewsAnswer(found))


@saved_view_api.put("")
@open_to("viewer")
@described(
    "Save what is asked of the queue under a name",
    body=SavedViewBody,
    answers={200: SavedViewView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def put_view() -> Response:
    body = read_json(SavedViewBody)
    return json_answer(_view(save(body.name, body.filters, shared=body.shared), current_actor().id))


@saved_view_api.delete("/<view_id>")
@open_to("viewer")
@described("Delete a saved view", answers={204: None}, refusals=(401, 403, 404, 503))
def delete(view_id: str) -> Response:
    delete_view(current_services(), current_actor(), view_id)
    return Response(status=204)


def save(name: str, filters: QueueNarrowing, *, shared: bool) -> SavedView:
    """Keeps the caller's view. Raises Invalid, TooManyViews; NotFound, Forbidden for a site out of reach."""
    check_order(filters)
    site = reached_site(filters.site, "viewer") if filters.site else None
    if shared and site is None:
        raise Invalid(errors=[FieldError("shared", "needs_a_site", "Only what is of one site can be shared there.")])
    plain = to_builtins(QueueNarrowing())
    narrowing = {name: value for name, value in to_builtins(filters).items() if value not in (plain[name], "", [])}
    site_id = site.id if shared and site is not None else None
    return save_view(current_services(), current_actor(), name, narrowing, site_id)


def _view(view: SavedView, caller: str) -> SavedViewView:
    return SavedViewView(
        id=view.id,
        name=view.name,
        filters=view.narrowing,
        shared=view.site_id is not None,
        mine=view.owner_id == caller,
        created_at=view.created_at,
    )
