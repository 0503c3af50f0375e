"""What tests of accounts share: people with roles, and a small app with a view of every kind."""

from flask import Blueprint, jsonify, request

from models import Moderator, Site
from service.accounts.access import check_own_page, current_actor, open_to, optional_actor
from service.accounts.keys import add_key
from service.accounts.moderators import add_moderator
from service.accounts.sessions import start_session
from service.wiring import Services

PASSWORD = "seven grey herons standing"
ADDRESS = "mo@example.org"


def person(
    services: Services,
    role: str = "moderator",
    *sites: Site,
    address: str = ADDRESS,
    password: str | None = None,
) -> Moderator:
    with services.write() as session:
        return add_moderator(
            session,
            services.keyring,
            now=services.clock.now(),
            address=address,
            role=role,
            sites=[site.id for site in sites],
            name="Mo",
            password=password,
        )


def key(services: Services, site: Site, scope: str) -> str:
    with services.write() as session:
        return add_key(session, site_id=site.id, scope=scope, now=services.clock.now())[1]


def session_of(services: Services, moderator: Moderator) -> str:
    with services.write() as session:
        return start_session(session, moderator_id=moderator.id, now=services.clock.now())


def views() -> Blueprint:
    """One view for each level; they answer with who called."""
    blueprint = Blueprint("views", __name__)

    def answer(site_id: str = ""):
        actor = current_actor()
        if site_id:
            actor.require(request.args.get("level", "viewer"), site_id)
        return jsonify(kind=actor.kind, name=actor.name, csrf=actor.csrf)

    for level in ("viewer", "moderator", "admin", "key:cms"):
        for method in ("GET", "POST"):
            name = f"{level.replace(':', '_')}_{method.lower()}"
            path = f"/api/v1/{level}"
            view = open_to(level)(lambda: answer())
            blueprint.add_url_rule(path, name, view, methods=[method])
    blueprint.add_url_rule(
        "/api/v1/sites/<site_id>", "site", open_to("viewer", "key:cms")(lambda site_id: answer(site_id))
    )

    @blueprint.route("/api/v1/anyone", methods=["GET", "POST"])
    @open_to("anyone")
    def anyone():
        actor = optional_actor()
        return jsonify(known=actor is not None)

    @blueprint.post("/sign-in")
    @open_to("anyone")
    def sign_in_form():
        check_own_page()
        return jsonify(ok=True)

    return blueprint
