"""What readers see above and in a site's form: read, and kept whole."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from models import Site, WebsiteField
from service.accounts.access import Actor, current_actor, open_to
from service.accounts.site_administration import (
    ANNOUNCEMENT_MAX,
    GUIDELINE_MAX,
    TERMS_TEXT_MAX,
    TERMS_URL_MAX,
    TERMS_VERSION,
    change_site,
)
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.desk.types import END
from service.wiring import Services, current_services

reader_form_api = Blueprint("reader_form", __name__, url_prefix="/api/v1/moderation/sites/<site>/form")
reader_form_api.after_request(keep_private)


# As it was said before there were three answers.
_WEBSITE: Mapping[WebsiteField | bool, WebsiteField] = {True: WebsiteField.SHOWN, False: WebsiteField.OFF}


class TermsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What writers accept with each comment. `version` is kept with the comment, "": nothing is asked. `text`: beside
    the box, "" for our own words; `url`: where the terms can be read, or ""."""

    version: Annotated[str, Meta(pattern=f"^({TERMS_VERSION})?{END}")] = ""
    text: Annotated[str, Meta(max_length=TERMS_TEXT_MAX)] = ""
    url: Annotated[str, Meta(max_length=TERMS_URL_MAX)] = ""


class ReaderFormBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a site's form at once. `website`: whether its field is `shown`, `optional` (it comes by a button) or
    `off`; true is `shown`, and false `off`. `guideline`, `announcement`: plain text above
    the form, lines are kept. `nudge`: whether writers are shown, before they send, what people
    may take offence at; the word lists of the policy can be guessed at by it, slowly."""

    website: WebsiteField | bool = WebsiteField.SHOWN
    guideline: Annotated[str, Meta(max_length=GUIDELINE_MAX)] = ""
    announcement: Annotated[str, Meta(max_length=ANNOUNCEMENT_MAX)] = ""
    terms: TermsBody = TermsBody()
    nudge: bool = False


class ReaderFormAnswer(ReaderFormBody, frozen=True, kw_only=True):
    site: str
    website: WebsiteField


@reader_form_api.get("")
@open_to("viewer")
@described(
    "What readers see above and in the form of a site", answers={200: ReaderFormAnswer}, refusals=(401, 403, 404)
)
def get_form(site: str) -> Response:
    with current_services().read() as session:
        return json_answer(view(site_named(session, site, "viewer")))


@reader_form_api.put("")
@open_to("admin")
@described(
    "Say what readers see above and in the form of a site, all at once",
    body=ReaderFormBody,
    answers={200: ReaderFormAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def put_form(site: str) -> Response:
    body = read_json(ReaderFormBody)
    at = reached_site(site, "admin")
    return json_answer(view(keep(current_services(), current_actor(), at, body)))


def keep(services: Services, actor: Actor, site: Site, body: ReaderFormBody) -> Site:
    """Changes the site. Raises Invalid, and what `change_site` does."""
    settings = {
        "website": _WEBSITE.get(body.website) or body.website,
        "guideline": body.guideline,
        "announcement": body.announcement,
        "nudge": body.nudge,
        "terms": msgspec.to_builtins(body.terms),
    }
    return change_site(services, actor, site.id, settings=settings)


def view(site: Site) -> ReaderFormAnswer:
    settings = site.settings
    return ReaderFormAnswer(
        site=site.slug,
        website=settings.website,
        guideline=settings.guideline,
        announcement=settings.announcement,
        nudge=settings.nudge,
        terms=TermsBody(version=settings.terms.version, text=settings.terms.text, url=settings.terms.url),
    )
