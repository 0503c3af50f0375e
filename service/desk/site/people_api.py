"""Moderators' accounts, for administrators: who they are and where; added, changed, closed. Never an address."""

from collections.abc import Collection, Mapping, Sequence

from flask import Blueprint, Response
from msgspec import UNSET
from sqlalchemy.orm import Session

from models.queries.sites import sites_reached
from service.accounts.access import current_actor, open_to
from service.accounts.account_administration import Account, accounts, add, change, close, let_in
from service.accounts.moderators import ALL_SITES
from service.accounts.sign_in import LINK_LIFE, sign_in_address
from service.described import described
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import (
    ModeratorBody,
    ModeratorChange,
    ModeratorsAnswer,
    ModeratorView,
    NewModerator,
    PeopleQuery,
    RoleView,
    SignIn,
    SignInAnswer,
)
from service.desk.site_access import site_named
from service.moderation.leases import end_leases
from service.wiring import Services, current_services

people_api = Blueprint("people", __name__, url_prefix="/api/v1/moderation/moderators")
people_api.after_request(keep_private)


@people_api.get("")
@open_to("admin")
@described(
    "Moderators' accounts on the caller's sites, or on one; closed ones last",
    query=PeopleQuery,
    answers={200: ModeratorsAnswer},
    refusals=(401, 403, 404, 422),
)
def get_moderators() -> Response:
    query = read_query(PeopleQuery)
    with current_services().read() as session:
        return json_answer(ModeratorsAnswer(find_people(session, query.site)))


@people_api.post("")
@open_to("admin")
@described(
    "Add a moderator; the answer has a link that signs them in once",
    body=ModeratorBody,
    answers={201: NewModerator},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def post_moderator() -> Response:
    return json_answer(add_person(current_services(), read_json(ModeratorBody)), 201)


@people_api.patch("/<moderator_id>")
@open_to("admin")
@described(
    "Change a moderator's name, role or sites; it counts from their next click on",
    body=ModeratorChange,
    answers={200: ModeratorView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def patch_moderator(moderator_id: str) -> Response:
    return json_answer(change_person(current_services(), moderator_id, read_json(ModeratorChange)))


@people_api.delete("/<moderator_id>")
@open_to("admin")
@described(
    "Close an account: sessions and links end at once, its address is forgotten; it cannot be opened again",
    answers={204: None},
    refusals=(401, 403, 404, 409, 503),
)
def delete_moderator(moderator_id: str) -> Response:
    close_person(current_services(), moderator_id)
    return Response(status=204)


@people_api.post("/<moderator_id>/link")
@open_to("admin")
@described(
    "A new link that signs a moderator in once, within 15 minutes",
    answers={201: SignInAnswer},
    refusals=(401, 403, 404, 409, 503),
)
def post_link(moderator_id: str) -> Response:
    return json_answer(make_link(current_services(), moderator_id), 201)


def find_people(session: Session, slug: str = "") -> list[ModeratorView]:
    """The accounts that the caller sees, of one site or of all that they administer. Raises NotFound, Forbidden."""
    site = site_named(session, slug, "admin") if slug else None
    found = accounts(session, current_actor(), site_id=None if site is None else site.id)
    slugs = _slugs(session, {site_id for account in found for site_id in account.roles})
    return [_view(account, slugs) for account in found]


def add_person(services: Services, body: ModeratorBody) -> NewModerator:
    """Adds an account. Raises NotFound and Forbidden for the sites, Invalid, AlreadyThere."""
    with services.read() as session:
        sites = _site_ids(session, body.sites)
    account, token = add(
        services, current_actor(), address=body.email, role=body.role, sites=sites, name=body.name.strip()
    )
    with services.read() as session:
        view = _view(account, _slugs(session, account.roles))
    fields = {name: getattr(view, name) for name in view.__struct_fields__}
    return NewModerator(**fields, sign_in=_sign_in(services, token))


def change_person(services: Services, moderator_id: str, body: ModeratorChange) -> ModeratorView:
    """Changes an account. Raises NotFound, Forbidden, Invalid, AccountClosed, LastAdmin."""
    with services.read() as session:
        sites = None if body.sites is UNSET else _site_ids(session, body.sites)
    account = change(
        services,
        current_actor(),
        moderator_id,
        name=None if body.name is UNSET else body.name,
        role=None if body.role is UNSET else body.role,
        sites=sites,
    )
    end_leases(services, account.id)
    with services.read() as session:
        return _view(account, _slugs(session, account.roles))


def close_person(services: Services, moderator_id: str) -> None:
    """Closes an account, and lets others at what it was looking at. Raises NotFound, RolesElsewhere, LastAdmin."""
    close(services, current_actor(), moderator_id)
    end_leases(services, moderator_id)


def make_link(services: Services, moderator_id: str) -> SignInAnswer:
    """A link for an account. Raises NotFound, Forbidden, AccountClosed."""
    account, token = let_in(services, current_actor(), moderator_id)
    return SignInAnswer(id=account.id, sign_in=_sign_in(services, token))


def _sign_in(services: Services, token: str) -> SignIn:
    return SignIn(sign_in_address(services, token), services.clock.now() + LINK_LIFE)


def _site_ids(session: Session, slugs: Sequence[str] | None) -> list[str]:
    """Ids of sites that the caller administers; None: of every site. Raises NotFound, Forbidden."""
    if slugs is None:
        return [ALL_SITES]
    return [site_named(session, slug, "admin").id for slug in dict.fromkeys(slugs)]


def _slugs(session: Session, site_ids: Collection[str]) -> dict[str, str]:
    return {site.id: site.slug for site in session.scalars(sites_reached(list(site_ids)))}


def _view(account: Account, slugs: Mapping[str, str]) -> ModeratorView:
    return ModeratorView(
        id=account.id,
        name=account.name,
        roles=sorted(
            (RoleView(slugs.get(site_id), role) for site_id, role in account.roles.items()),
            key=lambda one: one.site or "",
        ),
        elsewhere=account.elsewhere,
        changeable=account.changeable,
        created_at=account.created_at,
        seen_at=account.seen_at,
        closed_at=account.closed_at,
    )
