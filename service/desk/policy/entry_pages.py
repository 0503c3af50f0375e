"""Chosen words and domains on the desk: the form beside a comment, what one would have found, and the list."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from models import EntryKind
from service.accounts.access import current_actor, open_to
from service.desk.policy import entry_types as types
from service.desk.policy.entry_api import add_entry, caught, find_entries, find_entry
from service.desk.requests import id_field, line_field, text_field
from service.desk.site_access import reached_site
from service.errors import Conflict, FieldError, Invalid
from service.moderation.policies.entries import change
from service.wiring import current_services

entry_pages = Blueprint("entry_pages", __name__, url_prefix="/moderate/sites/<site>/policy/entries")


@entry_pages.get("")
@open_to("moderator")
def page(site: str) -> str:
    at = reached_site(site, "moderator")
    query = types.EntriesQuery(cursor=id_field(request.args, "cursor"))
    found = find_entries(current_services(), site, query)
    return render_template("desk/entries.html", site=at, actor=current_actor(), found=found)


@entry_pages.post("")
@open_to("moderator")
def add(site: str) -> AnyResponse:
    """From beside a comment; then what it would have found."""
    at = reached_site(site, "moderator")
    kind, text = request.form.get("kind", "word"), text_field(request.form, "text", 2000)
    if kind not in set(EntryKind) or not text.strip():
        said = "Select the words in the comment, or write them."
        raise Invalid(said, errors=[FieldError("text", "missing", said)])
    comment_id = line_field(request.form, "comment_id", 26) or None
    body = types.EntryBody(kind=EntryKind(kind), text=text, comment_id=comment_id)
    entry = add_entry(current_services(), current_actor(), at, body)
    return redirect(f"/moderate/sites/{at.slug}/policy/entries/{entry.id}", 303)


@entry_pages.get("/<entry_id>")
@open_to("moderator")
def show(site: str, entry_id: str) -> str:
    return _show(site, entry_id)


@entry_pages.post("/<entry_id>")
@open_to("admin")
def decide(site: str, entry_id: str) -> str | tuple[str, int] | AnyResponse:
    at = reached_site(site, "admin")
    to = request.form.get("to", "")
    if to not in ("observe", "on", "decline"):
        raise Invalid(errors=[FieldError("to", "unknown_value", "There is nothing like it to do.")])
    try:
        change(current_services(), current_actor(), at, entry_id[:26], to)  # type: ignore[arg-type] # Checked above.
    except Conflict as conflict:
        return _show(site, entry_id, f"{conflict.title}. {conflict.detail}"), conflict.status
    return redirect(f"/moderate/sites/{at.slug}/policy/entries/{entry_id}", 303)


def _show(slug: str, entry_id: str, trouble: str = "") -> str:
    services, actor = current_services(), current_actor()
    at = reached_site(slug, "moderator")
    entry = find_entry(services, at, entry_id[:26])
    found = caught(services, at, types.CaughtQuery(kind=entry.kind, text=entry.text))
    return render_template(
        "desk/entry.html",
        site=at,
        actor=actor,
        entry=entry,
        found=found,
        trouble=trouble,
        is_admin=actor.can("admin", at.id),
    )
