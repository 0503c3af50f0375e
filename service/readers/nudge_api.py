"""What a writer is shown before sending, over the reader's API."""

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from service.accounts.access import open_to
from service.described import described
from service.intake.cors import allow_origin
from service.intake.receive import current_intake
from service.intake.routes import answered, caller_here
from service.intake.submission.raw import read_raw
from service.readers.from_pages import post_preflight
from service.readers.nudge import Nudges
from service.readers.types import NudgeAnswer, NudgeBody

nudge_api = Blueprint("nudge", __name__, url_prefix="/api/v1/sites/<site>/nudge")
_EXTENSION = "rejoinder.nudges"


@nudge_api.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Nudges()


@nudge_api.post("", provide_automatic_options=False)
@open_to("anyone")
@described(
    "What a site's rules would mark in a comment before it is sent; nothing is kept",
    body=NudgeBody,
    answers={200: NudgeAnswer},
    refusals=(400, 403, 404, 413, 415, 422, 429, 503),
)
def nudge(site: str) -> Response:
    nudges: Nudges = current_app.extensions[_EXTENSION]
    answer = nudges.look(current_intake(), site, read_raw(request), caller_here())
    response = allow_origin(answered(answer), request.headers.get("Origin"))
    response.headers["Cache-Control"] = "no-store"
    return response


@nudge_api.route("", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may ask before it sends (CORS)", answers={204: None}, refusals=(404, 503))
def nudge_preflight(site: str) -> Response:
    return post_preflight(site)
