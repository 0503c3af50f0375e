"""A site's reasons on a page: one block a reason, an empty one at the end. A plain form."""

import msgspec
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.responses import trouble_of
from service.desk.site.reason_api import ReasonsAnswer, ReasonsBody, keep, view
from service.desk.site_access import reached_site
from service.errors import Invalid
from service.wiring import current_services

reason_pages = Blueprint("reason_pages", __name__, url_prefix="/moderate/sites/<site>/reasons")

FIELDS = ("code", "text", "label", "ground", "clause", "key", "strikes", "days")
MOST = 51


@reason_pages.before_request
def make_room() -> None:
    # Fifty reasons have more fields than what readers send.
    request.max_form_parts = MOST * (len(FIELDS) + 2) + 20
    request.max_form_memory_size = request.max_content_length = 512 * 1024


@reason_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, done=request.args.get("done", ""))


@reason_pages.post("")
@open_to("admin")
def change(site: str) -> str | tuple[str, int] | AnyResponse:
    at = reached_site(site, "admin")
    try:
        body = _read()
        keep(current_services(), current_actor(), at, body)
    except Invalid as wrong:
        return _page(site, trouble=trouble_of(wrong)), wrong.status
    return redirect(f"/moderate/sites/{at.slug}/reasons?done=kept", 303)


def _read() -> ReasonsBody:
    """The form's blocks without the empty ones. Raises Invalid."""
    reasons = []
    for n in range(MOST):
        given = {name: request.form.get(f"{name}.{n}", "").replace("\x00", "").strip() for name in FIELDS}
        if not given["code"] or request.form.get(f"drop.{n}"):
            continue
        # One sentence on one line, however its field breaks it.
        given["text"] = " ".join(given["text"].split())
        words = {}
        for line in request.form.get(f"words.{n}", "").replace("\x00", "").splitlines():
            language, colon, text = line.partition(":")
            if line.strip() and not colon:
                raise Invalid(f"{given['code']}: write each language on a line of its own, as de: Der Text.")
            if line.strip():
                words[language.strip()] = text.strip()
        reasons.append(given | {"words": words, "ground": given["ground"] or "terms"})
    ladder = {step: request.form.get(f"strikes_{step}", "") or "0" for step in ("warn", "hold", "ban")}
    try:
        return msgspec.convert({"reasons": reasons, "strikes": ladder}, ReasonsBody, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def _page(slug: str, *, done: str = "", trouble: str = "") -> str:
    at = reached_site(slug, "admin")
    found: ReasonsAnswer = view(at)
    return render_template(
        "desk/reasons.html", site=at, actor=current_actor(), found=found, done=done, trouble=trouble, form=request.form
    )
