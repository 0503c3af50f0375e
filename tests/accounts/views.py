"""A small app with a view of every kind."""

from flask import Blueprint, jsonify, request

from service.accounts.access import check_own_page, current_actor, open_to, optional_actor


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
