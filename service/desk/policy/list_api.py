"""A site's own word lists, for its newsroom: uploaded whole, in versions, counting when the policy is switched on."""

from flask import Blueprint, Response, request
from msgspec.structs import asdict

from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.policy.types import ListAnswer, ListQuery, ListsAnswer
from service.desk.requests import read_body, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.errors import Unsupported
from service.moderation.policies.word_lists import ListState, list_at, lists_of_site, remove, upload
from service.web_server.bodies import MOST_OF_A_LIST
from service.wiring import current_services

list_api = Blueprint("lists", __name__, url_prefix="/api/v1/moderation/sites/<site>/lists")
list_api.after_request(keep_private)


@list_api.get("")
@open_to("viewer")
@described("The site's own word lists, by name", answers={200: ListsAnswer}, refusals=(401, 403, 404))
def list_lists(site: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        found = lists_of_site(session, at)
    return json_answer(ListsAnswer(at.slug, [_answer(state) for state in found]))


@list_api.get("/<name>")
@open_to("viewer")
@described(
    "A word list's text",
    query=ListQuery,
    answers={200: "text/plain"},
    refusals=(401, 403, 404, 422),
)
def get_list(site: str, name: str) -> Response:
    query = read_query(ListQuery)
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        found = list_at(session, at, name, query.n)
        return Response(found.text, mimetype="text/plain")


@list_api.put("/<name>")
@open_to("admin")
@described(
    "Upload a word list, one word or phrase a line; it counts when the policy is switched on again",
    body=str,
    body_types=("text/plain",),
    answers={200: ListAnswer},
    refusals=(401, 403, 404, 413, 415, 422, 503),
)
def put(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    # What is larger by one byte can still be told from what was cut off.
    request.max_content_length = MOST_OF_A_LIST + 1
    if request.mimetype != "text/plain":
        raise Unsupported("Send the list as text/plain.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Unsupported("Send the list in UTF-8.")
    return json_answer(_answer(upload(services, actor, at, name, read_body())))


@list_api.delete("/<name>")
@open_to("admin")
@described(
    "Remove a word list; policies of before keep theirs",
    answers={204: None},
    refusals=(401, 403, 404, 409, 503),
)
def delete(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    remove(services, actor, at, name)
    return Response(status=204)


def _answer(state: ListState) -> ListAnswer:
    return ListAnswer(**asdict(state))
