"""A site's outside checks, for its administrators: where they are, never with what secret."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from models import OutsideCheck, Site
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import CheckAnswer, ChecksAnswer, OutsideCheckBody
from service.desk.site_access import reached_site, site_named
from service.moderation.network.outside.checks import asked_for
from service.moderation.network.outside.setup import (
    CheckSettings,
    check_named,
    checks_of,
    remove,
    set_up,
    shown,
)
from service.moderation.policies.in_force import settings_of
from service.wiring import current_services

outside_check_api = Blueprint("checks", __name__, url_prefix="/api/v1/moderation/sites/<site>/checks")
outside_check_api.after_request(keep_private)


@outside_check_api.get("")
@open_to("admin")
@described(
    "The outside checks that are set up, by name",
    answers={200: ChecksAnswer},
    refusals=(401, 403, 404),
)
def list_checks(site: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "admin")
        asked = _asked(session, at)
        return json_answer(ChecksAnswer(at.slug, [_view(check, asked) for check in checks_of(session, at)]))


@outside_check_api.get("/<name>")
@open_to("admin")
@described(
    "One outside check",
    answers={200: CheckAnswer},
    refusals=(401, 403, 404),
)
def get_check(site: str, name: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "admin")
        return json_answer(_view(check_named(session, at, name), _asked(session, at)))


@outside_check_api.put("/<name>")
@open_to("admin")
@described(
    "Set an outside check up, or change it; its secret is never given out again",
    body=OutsideCheckBody,
    answers={200: CheckAnswer, 201: CheckAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def put_check(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(OutsideCheckBody)
    wanted = CheckSettings(body.kind, body.url, body.secret, body.sends_address, body.timeout)
    at = reached_site(site, "admin")
    check, is_new = set_up(services, actor, at, name, wanted)
    with services.read() as session:
        return json_answer(_view(check, _asked(session, at)), 201 if is_new else 200)


@outside_check_api.delete("/<name>")
@open_to("admin")
@described(
    "Remove an outside check and its secret",
    answers={204: None},
    refusals=(401, 403, 404, 503),
)
def delete_check(site: str, name: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    remove(services, actor, at, name)
    return Response(status=204)


def _asked(session: Session, site: Site) -> bool:
    return asked_for(settings_of(session, site.id), current_services().clock.now().date())


def _view(check: OutsideCheck, asked: bool) -> CheckAnswer:
    return CheckAnswer(**shown(check), asked=asked)
