"""Where each site's own pages are, for somebody with more sites than a menu holds."""

from flask import Blueprint, render_template

from service.accounts.access import current_actor, open_to

settings_pages = Blueprint("settings_pages", __name__, url_prefix="/moderate/settings")


@settings_pages.get("")
@open_to("viewer")
def page() -> str:
    return render_template("desk/settings.html", actor=current_actor())
