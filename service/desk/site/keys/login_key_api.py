"""The keys that a site signs its readers' logins with, for its administrators: their ids, never themselves."""

from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint, Response
from msgspec import Meta, Struct

from models import Site
from service.accounts.access import current_actor, open_to
from service.accounts.logins.keys import add_login_key, remove_login_key, shown
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.privacy.logins import login_keys_of
from service.wiring import current_services

login_key_api = Blueprint("login_keys", __name__, url_prefix="/api/v1/moderation/sites/<site>/login-keys")
login_key_api.after_request(keep_private)


class LoginKeyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key`: a secret of 32 bytes or more for HS256, else a public key; as PEM or JWK. `kid`: what a login's header
    calls it, made up where it is ""."""

    algorithm: Literal["HS256", "RS256", "EdDSA"]
    key: Annotated[str, Meta(max_length=10_000)]
    kid: Annotated[str, Meta(max_length=64)] = ""


class LoginKeyAnswer(Struct, frozen=True, kw_only=True):
    kid: str
    algorithm: str
    created_at: datetime


class LoginKeysAnswer(Struct, frozen=True, kw_only=True):
    """`audience`: what a login says as `aud`."""

    site: str
    audience: str
    keys: list[LoginKeyAnswer]


@login_key_api.get("")
@open_to("admin")
@described("The keys of a site's logins", answers={200: LoginKeysAnswer}, refusals=(401, 403, 404))
def list_login_keys(site: str) -> Response:
    with current_services().read() as session:
        return json_answer(_view(site_named(session, site, "admin")))


@login_key_api.post("")
@open_to("admin")
@described(
    "Add a key that a site signs its readers' logins with; it is never given out again",
    body=LoginKeyBody,
    answers={201: LoginKeysAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def post_login_key(site: str) -> Response:
    body = read_json(LoginKeyBody)
    at = reached_site(site, "admin")
    add_login_key(
        current_services(), current_actor(), site_id=at.id, algorithm=body.algorithm, text=body.key, kid=body.kid
    )
    return json_answer(_view(at), 201)


@login_key_api.delete("/<kid>")
@open_to("admin")
@described("End a key of a site's logins", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_login_key(site: str, kid: str) -> Response:
    at = reached_site(site, "admin")
    remove_login_key(current_services(), current_actor(), site_id=at.id, kid=kid)
    return Response(status=204)


def _view(site: Site) -> LoginKeysAnswer:
    with current_services().read() as session:
        keys = [LoginKeyAnswer(**key) for key in shown(login_keys_of(session, site.id))]
    return LoginKeysAnswer(site=site.slug, audience=site.slug, keys=keys)
