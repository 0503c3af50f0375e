"""Who may do what on a site, for its administrators: people and keys. Plain forms.

What is shown once (a sign-in link, a key) is in the answer to the form itself: an address would keep it.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.accounts.actors import ROLES, SCOPES
from service.accounts.api_keys import create_key
from service.accounts.moderators import ALL_SITES
from service.desk.requests import id_field, line_field
from service.desk.site.keys.key_api import end_key_of, find_keys
from service.desk.site.people_api import add_person, change_person, close_person, find_people, make_link
from service.desk.site.types import KeysQuery, ModeratorBody, ModeratorChange, SignIn
from service.desk.site_access import reached_site, site_named
from service.errors import BadRequest, NotFound, Refused
from service.localization import Messages
from service.localization import noop as N_
from service.wiring import current_services

people_pages = Blueprint("people_pages", __name__, url_prefix="/moderate/sites/<site>/people")

ROLE_WORDS: Mapping[str, str] = Messages(
    {
        "viewer": N_("Viewer: sees everything, decides nothing"),
        "moderator": N_("Moderator: decides and bans"),
        "admin": N_("Administrator: also policy, people and keys"),
    }
)
SCOPE_WORDS: Mapping[str, str] = Messages(
    {
        "read": N_("Read what the desk shows"),
        "submit": N_("Nothing yet: comments are sent in without a key"),
        "cms": N_("Say what its threads are"),
        "moderate": N_("Read and decide"),
        "admin": N_("Everything on this site"),
    }
)
# What a form's "where" says beside "keep": here alone, or on every site.
PLACES = ("keep", "here", "every")
DONE: Mapping[str, str] = Messages(
    {
        "changed": N_("The account is changed. It counts from their next click on."),
        "closed": N_("The account is closed. Its sessions and links have ended, and its address is forgotten."),
        "revoked": N_("The key opens nothing any more."),
    }
)


@people_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, message=DONE.get(request.args.get("done", "")))


@people_pages.post("/add")
@open_to("admin")
def add(site: str) -> Any:
    at = reached_site(site, "admin")
    form = request.form
    sites = None if _choice("where", PLACES) == "every" else [at.slug]
    name, email = line_field(form, "name", 200), line_field(form, "email", 320)
    body = ModeratorBody(email=email, role=_choice("role", ROLES), sites=sites, name=name)  # type: ignore[arg-type] # Checked.
    try:
        made = add_person(current_services(), body)
    except NotFound:
        raise
    except Refused as refusal:
        return _page(site, trouble=refusal), refusal.status
    return _page(site, link=(made.name, made.sign_in)), 201


@people_pages.post("/<moderator_id>/change")
@open_to("admin")
def change(site: str, moderator_id: str) -> Any:
    at = reached_site(site, "admin")
    changes: dict[str, Any] = {"name": line_field(request.form, "name", 200)}
    where = _choice("where", PLACES)
    if where != "keep":
        changes["sites"] = None if where == "every" else [at.slug]
    if role := request.form.get("role", ""):
        changes["role"] = _known(role, ROLES)
    return _done(site, "changed", lambda: change_person(current_services(), moderator_id, ModeratorChange(**changes)))


@people_pages.post("/<moderator_id>/close")
@open_to("admin")
def close_account(site: str, moderator_id: str) -> Any:
    return _done(site, "closed", lambda: close_person(current_services(), moderator_id))


@people_pages.post("/<moderator_id>/link")
@open_to("admin")
def link(site: str, moderator_id: str) -> Any:
    try:
        made = make_link(current_services(), moderator_id)
    except NotFound:
        raise
    except Refused as refusal:
        return _page(site, trouble=refusal), refusal.status
    return _page(site, link=(request.form.get("name", "")[:80], made.sign_in)), 201


@people_pages.post("/keys")
@open_to("admin")
def add_key(site: str) -> Any:
    at = reached_site(site, "admin")
    key, text = create_key(current_services(), current_actor(), site_id=at.id, scope=_choice("scope", SCOPES))
    return _page(site, key=(key.scope, text)), 201


@people_pages.post("/keys/<key_id>/revoke")
@open_to("admin")
def end_key(site: str, key_id: str) -> AnyResponse:
    end_key_of(current_services(), reached_site(site, "admin"), key_id)
    return _back(site, "revoked")


def _choice(field: str, known: Collection[str]) -> str:
    return _known(request.form.get(field, ""), known)


def _known(value: str, known: Collection[str]) -> str:
    if value not in known:
        raise BadRequest("The form has no such choice.")
    return value


def _done(site: str, what: str, change: Callable[[], object]) -> Any:
    """Back to the page after a change; a refusal is told on it."""
    reached_site(site, "admin")
    try:
        change()
    except NotFound:
        raise
    except Refused as refusal:
        return _page(site, trouble=refusal), refusal.status
    return _back(site, what)


def _back(site: str, what: str) -> AnyResponse:
    return redirect(f"/moderate/sites/{site}/people?done={what}", 303)


def _page(
    slug: str,
    *,
    message: str | None = None,
    trouble: Refused | None = None,
    link: tuple[str, SignIn] | None = None,
    key: tuple[str, str] | None = None,
) -> str:
    """`link`: whom it signs in, and the link; `key`: its scope and the key. Both are shown this once."""
    services, actor = current_services(), current_actor()
    cursor = id_field(request.args, "cursor")
    keys = find_keys(services, slug, KeysQuery(limit=200, cursor=cursor))
    with services.read() as session:
        site = site_named(session, slug, "admin")
        found = find_people(session, slug)
    return render_template(
        "desk/people.html",
        site=site,
        actor=actor,
        people=[person for person in found if person.closed_at is None],
        closed=[person for person in found if person.closed_at is not None],
        keys=keys,
        working=[key for key in keys.keys if key.revoked_at is None and key.made_by is not None],
        everywhere=actor.can("admin", ALL_SITES),
        roles=ROLE_WORDS,
        scopes=SCOPE_WORDS,
        message=message,
        trouble=trouble,
        link=link,
        key=key,
    )
