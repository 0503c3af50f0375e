"""The keys of a site's logins, for its administrators: seen, made, added, ended. Plain forms.

A secret that is made here is in the answer to its form itself: an address would keep it. One that somebody typed is
never sent back.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request

from service.accounts.access import current_actor, open_to
from service.accounts.logins.keys import ALGORITHMS, MOST_KEYS, add_login_key, new_login_secret, remove_login_key
from service.desk.requests import line_field, text_field
from service.desk.setting_forms import Wrong, wrong_with
from service.desk.site_access import reached_site
from service.errors import Invalid
from service.localization import Messages
from service.localization import noop as N_
from service.privacy.logins import login_keys_of
from service.wiring import current_services

login_key_pages = Blueprint("login_key_pages", __name__, url_prefix="/moderate/sites/<site>/login-keys")

FIELDS = ("algorithm", "key", "kid")
ALGORITHM_WORDS: Mapping[str, str] = Messages(
    {
        "HS256": N_("HS256: a secret that the site and this service share"),
        "RS256": N_("RS256: a pair of RSA keys; here is the public one"),
        "EdDSA": N_("EdDSA: a pair of Ed25519 keys; here is the public one"),
    }
)
# What anybody may see of a key, so that it can stay in its field.
PUBLIC = "-----BEGIN PUBLIC KEY-----"


@login_key_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, done=request.args.get("done", ""))


@login_key_pages.post("/make")
@open_to("admin")
def make(site: str) -> Any:
    at = reached_site(site, "admin")
    secret, kid = new_login_secret(), line_field(request.form, "new_kid", 100)
    try:
        made = add_login_key(
            current_services(), current_actor(), site_id=at.id, algorithm="HS256", text=secret, kid=kid
        )
    except Invalid as wrong:
        said = wrong_with(wrong, FIELDS)
        return _page(site, wrong=Wrong({f"new_{name}": text for name, text in said.fields.items()}, said.rest)), 422
    return _page(site, made=(made.kid, secret)), 201


@login_key_pages.post("/add")
@open_to("admin")
def add(site: str) -> Any:
    at, form = reached_site(site, "admin"), request.form
    algorithm, kid = line_field(form, "algorithm", 20), line_field(form, "kid", 100)
    try:
        add_login_key(
            current_services(),
            current_actor(),
            site_id=at.id,
            algorithm=algorithm,
            text=text_field(form, "key", 20_000),
            kid=kid,
        )
    except Invalid as wrong:
        return _page(site, wrong=wrong_with(wrong, FIELDS)), wrong.status
    return redirect(f"/moderate/sites/{at.slug}/login-keys?done=added", 303)


@login_key_pages.post("/end")
@open_to("admin")
def end(site: str) -> Any:
    at = reached_site(site, "admin")
    remove_login_key(current_services(), current_actor(), site_id=at.id, kid=text_field(request.form, "kid", 100))
    return redirect(f"/moderate/sites/{at.slug}/login-keys?done=ended", 303)


def _page(slug: str, *, done: str = "", wrong: Wrong | None = None, made: tuple[str, str] | None = None) -> str:
    """`made`: a new key's id and secret, shown this once."""
    at = reached_site(slug, "admin")
    with current_services().read() as session:
        keys = login_keys_of(session, at.id)
    typed = text_field(request.form, "key", 20_000).strip()
    return render_template(
        "desk/login_keys.html",
        site=at,
        actor=current_actor(),
        keys=keys,
        room=len(keys) < MOST_KEYS,
        most=MOST_KEYS,
        algorithms=ALGORITHM_WORDS,
        choices=[name for name in ALGORITHMS if name != "HS256"] + ["HS256"],
        form=request.form,
        typed=typed if typed.startswith(PUBLIC) else "",
        done=done,
        wrong=wrong or Wrong(),
        made=made,
    )
