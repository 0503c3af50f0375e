"""How a comment would look, over the reader's API: rendered as it would be published, and kept nowhere."""

from flask import Blueprint, Response, request

from service.accounts.access import open_to
from service.described import described
from service.errors import TooMany
from service.intake.cors import allow_origin, check_origin
from service.intake.receive import Caller, Intake, current_intake
from service.intake.routes import answered, caller_here
from service.intake.submission.fields import read_edit
from service.intake.submission.raw import RawSubmission, read_raw
from service.markup import render
from service.privacy.prefixes import prefix_hash
from service.readers.from_pages import post_preflight
from service.readers.types import PreviewAnswer, PreviewBody
from service.settings import Rate

# Of one network: rendering costs, and nobody previews more than that by hand.
RATE = Rate(60, 3600.0)

preview_api = Blueprint("preview", __name__, url_prefix="/api/v1/sites/<site>/preview")


class PreviewedTooOften(TooMany):
    code, title = "too_many_previews", "That was asked very often in a short time"


@preview_api.post("", provide_automatic_options=False)
@open_to("anyone")
@described(
    "A comment's text as it would be published; nothing is kept",
    body=PreviewBody,
    answers={200: PreviewAnswer},
    refusals=(400, 403, 404, 413, 415, 422, 429, 503),
)
def preview(site: str) -> Response:
    answer = look(current_intake(), site, read_raw(request), caller_here())
    response = allow_origin(answered(answer), request.headers.get("Origin"))
    response.headers["Cache-Control"] = "no-store"
    return response


@preview_api.route("", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may ask for a preview (CORS)", answers={204: None}, refusals=(404, 503))
def preview_preflight(site: str) -> Response:
    return post_preflight(site)


def look(intake: Intake, slug: str, raw: RawSubmission, caller: Caller) -> PreviewAnswer:
    """`body` as it would be shown. Raises UnknownSite, ForeignOrigin, Invalid, PreviewedTooOften, Unavailable."""
    services = intake.services
    site = intake.sites.read(slug)
    check_origin(caller.origin, [*site.origins, *caller.own_origins])
    body, _ = read_edit(raw.values, site.settings)
    now = services.clock.now()
    network = b"unknown" if caller.ip is None else prefix_hash(services.keyring, caller.ip, now)
    wait = intake.limiter.take([(f"pv:{network.hex()}", RATE)], tag=site.id)
    if wait is not None:
        raise PreviewedTooOften("The comment can be sent as it is.", retry_after=int(wait) + 1)
    html, _ = render(body)
    return PreviewAnswer(html=html)
