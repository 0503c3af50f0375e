"""What is done to a list as a whole, as plain forms: keep all that is shown, save it as a view; and the way from a
comment's id to the desk."""

from flask import Blueprint, redirect, request
from msgspec import convert
from werkzeug.wrappers import Response as AnyResponse

from models.database.ids import is_id
from service.accounts.access import current_actor, open_to
from service.desk.queue.answers import with_query
from service.desk.queue.decisions import decide
from service.desk.queue.lists.place import DeskLocation, tab_of
from service.desk.queue.lists.saved_view_api import save
from service.desk.queue.types import DecisionItem, QueueNarrowing
from service.desk.requests import NUMBER_MOST, line_field, whole_number
from service.desk.site_access import comment_reached
from service.errors import FieldError, Invalid, Refused
from service.moderation.saved_views.keep import delete_view
from service.wiring import current_services

list_pages = Blueprint("list_pages", __name__, url_prefix="/moderate")

# As many as one list holds, and one request decides.
KEPT_MOST = 500


@list_pages.get("/comment/<comment_id>")
@open_to("viewer")
def comment(comment_id: str) -> AnyResponse:
    """Opens a comment beside the list that it stands in now, whatever has become of it."""
    with current_services().read() as session:
        found, _, _ = comment_reached(session, comment_id.replace("\x00", "").upper()[:26], "viewer")
    return redirect(DeskLocation(tab=tab_of(found.status)).link(at=found.id), 303)


@list_pages.post("/keep")
@open_to("moderator")
def keep_shown() -> AnyResponse:
    """Keeps all that the list showed: seen and fine. What has moved since is left alone and stays in the list."""
    items = []
    for given in request.form.getlist("shown")[:KEPT_MOST]:
        comment_id, _, typed = given.partition(":")
        revision = whole_number(typed, NUMBER_MOST)
        if not is_id(comment_id) or revision is None:
            raise Invalid(errors=[FieldError("shown", "unknown_value", "Load the page again.")])
        items.append(DecisionItem(comment_id=comment_id, action="keep", expected_revision=revision))
    kept = sum(outcome.problem is None for outcome in decide(current_services(), current_actor(), items))
    place = DeskLocation.of_query(request.form, at="")
    return redirect(with_query(place.link(), "kept", str(kept)), 303)


@list_pages.post("/views")
@open_to("viewer")
def save_view() -> AnyResponse:
    """Saves the list that the form stands on under a name."""
    place = DeskLocation.of_query(request.form, at="")
    name, shared = request.form.get("name", "")[:200], bool(request.form.get("shared"))
    try:
        save(name, _filters(place), shared=shared)
    except Invalid as refusal:
        code = refusal.errors[0].field if refusal.errors else refusal.code
        return redirect(with_query(place.link(), "trouble", code), 303)
    except Refused as refusal:
        return redirect(with_query(place.link(), "trouble", refusal.code), 303)
    return redirect(place.link(), 303)


@list_pages.post("/views/delete")
@open_to("viewer")
def delete_saved() -> AnyResponse:
    delete_view(current_services(), current_actor(), line_field(request.form, "view_id", 26))
    return redirect(DeskLocation.of_query(request.form, at="").link(), 303)


def _filters(place: DeskLocation) -> QueueNarrowing:
    return convert(place.narrowing, QueueNarrowing)
