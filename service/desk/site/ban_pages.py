"""Bans on the desk: the form beside a comment, and the list of those in force. Plain forms."""

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from models import BanKind
from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.requests import id_field, line_field
from service.desk.site.ban_api import add_ban, end_ban, find_bans
from service.desk.site.types import BanBody, BansQuery
from service.desk.site_access import reached_site
from service.errors import Conflict, FieldError, Invalid
from service.wiring import current_services

ban_pages = Blueprint("ban_pages", __name__, url_prefix="/moderate/sites/<site>/bans")


@ban_pages.get("")
@open_to("moderator")
def page(site: str) -> str:
    services, actor = current_services(), current_actor()
    query = BansQuery(cursor=id_field(request.args, "cursor"))
    at = reached_site(site, "moderator")
    return render_template(
        "desk/bans.html",
        site=at,
        actor=actor,
        is_admin=actor.can("admin", at.id),
        found=find_bans(services, site, query),
        done=request.args.get("done", ""),
        trouble=request.args.get("trouble", ""),
    )


@ban_pages.post("")
@open_to("moderator")
def add(site: str) -> AnyResponse:
    kind, days = request.form.get("kind", ""), request.form.get("days", "")
    if kind not in set(BanKind) or days not in wording.BAN_DAYS:
        raise Invalid(errors=[FieldError("kind", "unknown_value", "There is no such ban.")])
    reason = line_field(request.form, "reason", 500)
    body = BanBody(kind=BanKind(kind), days=int(days) if days else None, reason=reason)
    try:
        add_ban(current_services(), current_actor(), line_field(request.form, "comment_id", 26), body)
    except Conflict as conflict:
        return redirect(f"/moderate/sites/{site}/bans?trouble={conflict.code}", 303)
    return redirect(f"/moderate/sites/{site}/bans?done=banned", 303)


@ban_pages.post("/lift")
@open_to("moderator")
def lift(site: str) -> AnyResponse:
    end_ban(current_services(), current_actor(), site, line_field(request.form, "ban_id", 26))
    return redirect(f"/moderate/sites/{site}/bans?done=lifted", 303)
