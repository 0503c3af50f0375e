"""The page of a site's outside checks: which services are asked about comments, set up and removed by plain forms."""

from dataclasses import dataclass
from typing import Any, Self

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect

from models import CheckKind
from service.accounts.access import current_actor, open_to
from service.desk.requests import line_field, text_field
from service.desk.site_access import reached_site, site_named
from service.errors import FieldError, Invalid, Refused
from service.localization import gettext
from service.localization import noop as N_
from service.moderation.network.outside.checks import asked_for
from service.moderation.network.outside.setup import (
    LONGEST_SECONDS,
    MOST_CHECKS,
    SHORTEST_SECONDS,
    URL_LENGTH,
    CheckSettings,
    checks_of,
    remove,
    set_up,
    shown,
)
from service.moderation.policies.in_force import settings_of
from service.outgoing import TIMEOUT_SECONDS
from service.wiring import current_services

outside_check_pages = Blueprint("outside_check_pages", __name__, url_prefix="/moderate/sites/<site>/checks")

KINDS = {CheckKind.AKISMET: N_("Akismet"), CheckKind.OWN: N_("A service of the site’s own")}
SAID = {
    "set": N_("The check is set up. It is asked once the policy in force has the rule “outside_check”."),
    "changed": N_("The check is changed."),
    "removed": N_("The check is removed, and its secret with it."),
}
SECRET_MOST = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """What a refused form was filled in with, as it was typed: all but the secret."""

    name: str
    kind: str
    url: str
    timeout: str
    sends_address: bool

    @classmethod
    def of_form(cls, name: str) -> Self:
        def field(which: str, most: int) -> str:
            return text_field(request.form, which, most)

        sends_address = bool(request.form.get("sends_address"))
        return cls(name, field("kind", 40), field("url", URL_LENGTH), field("timeout", 20), sends_address)


@outside_check_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    said = SAID.get(request.args.get("done", ""))
    return _page(site, message=gettext(said) if said else "")


@outside_check_pages.post("")
@open_to("admin")
def put(site: str) -> Any:
    """Sets a check up, or changes the one of that name; an empty secret keeps the one it has."""
    at = reached_site(site, "admin")
    name = line_field(request.form, "name", 41)
    try:
        _, is_new = set_up(current_services(), current_actor(), at, name, _settings())
    except Refused as refusal:
        return _page(site, trouble=refusal, typed=Typed.of_form(name)), refusal.status
    return redirect(f"/moderate/sites/{at.slug}/checks?done={'set' if is_new else 'changed'}", 303)


@outside_check_pages.post("/<name>/remove")
@open_to("admin")
def end(site: str, name: str) -> Any:
    at = reached_site(site, "admin")
    remove(current_services(), current_actor(), at, name)
    return redirect(f"/moderate/sites/{at.slug}/checks?done=removed", 303)


def _settings() -> CheckSettings:
    """Raises Invalid for a kind or a time that cannot be."""
    try:
        kind = CheckKind(request.form.get("kind", ""))
        timeout = float(request.form.get("timeout", ""))
    except ValueError:
        raise Invalid(
            errors=[FieldError("timeout", "invalid", gettext("Say which kind, and how many seconds."))]
        ) from None
    if not SHORTEST_SECONDS <= timeout <= LONGEST_SECONDS:
        words = gettext("From %(least)s to %(most)s seconds.", least=SHORTEST_SECONDS, most=LONGEST_SECONDS)
        raise Invalid(errors=[FieldError("timeout", "invalid", words)])
    url = line_field(request.form, "url", URL_LENGTH + 1)
    secret = line_field(request.form, "secret", SECRET_MOST + 1)
    return CheckSettings(kind, url, secret or None, bool(request.form.get("sends_address")), timeout)


def _page(slug: str, *, message: str = "", trouble: Refused | None = None, typed: Typed | None = None) -> str:
    """`typed`: the form that was refused stays as it was filled in: that of the check so named, or of a new one."""
    with current_services().read() as session:
        site = site_named(session, slug, "admin")
        checks = [shown(check) for check in checks_of(session, site)]
        asked = asked_for(settings_of(session, site.id), current_services().clock.now().date())
    return render_template(
        "desk/checks.html",
        site=site,
        actor=current_actor(),
        checks=checks,
        asked=asked,
        kinds=KINDS,
        message=message,
        trouble=trouble,
        typed=typed,
        room=len(checks) < MOST_CHECKS,
        most=MOST_CHECKS,
        seconds=(SHORTEST_SECONDS, LONGEST_SECONDS, TIMEOUT_SECONDS),
        url_most=URL_LENGTH,
    )
