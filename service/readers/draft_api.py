"""What a writer is shown of a comment before it is sent, over the reader's API: how it would look, and the nudge."""

import msgspec
from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from service.accounts.access import open_to
from service.described import described
from service.intake.cors import allow_origin
from service.intake.receive import current_intake
from service.intake.routes import answered, caller_here
from service.intake.submission.raw import read_raw
from service.intake.types import LanguageQuery
from service.moderation.policies.tone_in_force import Tones
from service.readers import nudge as nudges
from service.readers import preview as previews
from service.readers.from_pages import post_preflight
from service.readers.types import DraftBody, NudgeAnswer, PreviewAnswer

draft_api = Blueprint("drafts", __name__, url_prefix="/api/v1/sites/<site>")
TONES = "rejoinder.tones"
_REFUSALS = (400, 403, 404, 413, 415, 422, 429, 503)


@draft_api.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions[TONES] = Tones(state.app.extensions["rejoinder"])


@draft_api.post("/preview", provide_automatic_options=False)
@open_to("anyone")
@described(
    "A comment's text as it would be published; nothing is kept",
    query=LanguageQuery,
    body=DraftBody,
    answers={200: PreviewAnswer},
    refusals=_REFUSALS,
)
def preview(site: str) -> Response:
    return _told(previews.preview(current_intake(), site, read_raw(request), caller_here()))


@draft_api.post("/nudge", provide_automatic_options=False)
@open_to("anyone")
@described(
    "What a site's rules would mark in a comment before it is sent; nothing is kept",
    query=LanguageQuery,
    body=DraftBody,
    answers={200: NudgeAnswer},
    refusals=_REFUSALS,
)
def nudge(site: str) -> Response:
    tones: Tones = current_app.extensions[TONES]
    return _told(nudges.look(current_intake(), tones, site, read_raw(request), caller_here()))


@draft_api.route("/preview", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may ask for a preview (CORS)", answers={204: None}, refusals=(404, 503))
def preview_preflight(site: str) -> Response:
    return post_preflight(site)


@draft_api.route("/nudge", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may ask before it sends (CORS)", answers={204: None}, refusals=(404, 503))
def nudge_preflight(site: str) -> Response:
    return post_preflight(site)


def _told(answer: msgspec.Struct) -> Response:
    return allow_origin(answered(answer), request.headers.get("Origin"))
