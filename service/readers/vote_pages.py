"""A vote from the plain page: a press of one of its buttons, and back to the comment."""

from collections.abc import Mapping
from urllib.parse import quote

from flask import Blueprint, Response, request

from service.accounts.access import open_to
from service.errors import Refused
from service.intake.receive import current_intake
from service.intake.routes import caller_here
from service.intake.submission.fields import title_of_page
from service.intake.submission.raw import read_raw
from service.publishing.query import PageQuery, read_page
from service.readers.votes import vote
from service.widget.embed import EmbedRequest, refused_form
from service.widget.rendering import base_path
from service.wiring import current_services

vote_pages = Blueprint("vote_pages", __name__)

# What leads back to the same part of the thread.
_PLACE = ("thread", "sort", "cursor", "around", "filter")


@vote_pages.post("/embed/<site>/votes")
@open_to("anyone")
def press(site: str) -> Response:
    """A button's value is a comment's id, a blank and the vote. The form's token is the proof, as it is for a comment.

    What is refused comes back as the page, with what is wrong.
    """
    fields = read_raw(request).texts()
    comment_id, _, value = fields.get("vote", "").partition(" ")
    asked = None
    try:
        asked, back = _back(site, fields)
        vote(current_intake(), site, comment_id, {"value": value, "token": fields.get("voter")}, caller_here())
    except Refused as refused:
        return refused_form(current_services(), site, fields, refused, asked)
    return Response(status=303, headers={"Location": f"{back}#comment-{comment_id}", "Cache-Control": "no-store"})


def _back(site: str, fields: Mapping[str, str]) -> tuple[PageQuery, str]:
    """What the page on which the button was pressed shows, and where it is. Raises Invalid."""
    thread, asked = read_page({name: [fields[name]] for name in _PLACE if fields.get(name)})
    place = EmbedRequest(
        site=site,
        thread=thread,
        page_url=fields.get("page_url", ""),
        page_title=title_of_page(fields.get("page_title", "")),
        asked=asked,
        voter=fields.get("voter", ""),
    )
    return asked, f"{base_path()}/embed/{quote(site)}{place.link(cursor=asked.cursor or '', around=asked.around or '')}"
