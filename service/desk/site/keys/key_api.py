"""API keys of a site, for its administrators: made, seen, ended. The key itself is in one answer only."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from models import ApiKey, Site
from service.accounts.access import current_actor, open_to
from service.accounts.api_keys import Maker, create_key, keys_of, makers_of, revoke_key
from service.described import described
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import KeyBody, KeysAnswer, KeysQuery, KeyView, MakerView, NewKey
from service.desk.site_access import reached_site, site_named
from service.moderation.leases import end_leases
from service.wiring import Services, current_services

key_api = Blueprint("keys", __name__, url_prefix="/api/v1/moderation/sites/<site>/keys")
key_api.after_request(keep_private)


@key_api.get("")
@open_to("admin")
@described(
    "The site's API keys, newest first, revoked ones among them",
    query=KeysQuery,
    answers={200: KeysAnswer},
    refusals=(401, 403, 404, 422),
)
def get_keys(site: str) -> Response:
    return json_answer(find_keys(current_services(), site, read_query(KeysQuery)))


@key_api.post("")
@open_to("admin")
@described(
    "Make an API key; it is in this answer only",
    body=KeyBody,
    answers={201: NewKey},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def post_key(site: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    key, text = create_key(services, actor, site_id=at.id, scope=read_json(KeyBody).scope)
    with services.read() as session:
        makers = makers_of(session, [key])
    return json_answer(NewKey(key=text, **_fields(key, at, makers)), 201)


@key_api.delete("/<key_id>")
@open_to("admin")
@described(
    "End an API key at once; one that was revoked before stays so",
    answers={204: None},
    refusals=(401, 403, 404, 503),
)
def delete_key(site: str, key_id: str) -> Response:
    services = current_services()
    at = reached_site(site, "admin")
    end_key_of(services, at, key_id)
    return Response(status=204)


def end_key_of(services: Services, site: Site, key_id: str) -> None:
    """Ends a key of the site, and its leases. Raises NotFound, Forbidden."""
    revoke_key(services, current_actor(), key_id=key_id, site_id=site.id)
    end_leases(services, key_id)


def find_keys(services: Services, slug: str, query: KeysQuery) -> KeysAnswer:
    """A page of the site's keys. Raises NotFound, Forbidden."""
    with services.read() as session:
        site = site_named(session, slug, "admin")
        found = session.scalars(keys_of(site.id, query.cursor).limit(query.limit + 1)).all()
        makers = makers_of(session, found)
    page = found[: query.limit]
    cursor = page[-1].id if len(found) > query.limit else None
    return KeysAnswer([KeyView(**_fields(key, site, makers)) for key in page], cursor)


def _fields(key: ApiKey, site: Site, makers: Mapping[str, Maker]) -> dict[str, Any]:
    maker = makers.get(key.made_by or "")
    return {
        "id": key.id,
        "site": site.slug,
        "scope": key.scope,
        "created_at": key.created_at,
        "used_at": key.used_at,
        "revoked_at": key.revoked_at,
        "made_by": maker and MakerView(maker.id, maker.name, maker.closed),
    }
