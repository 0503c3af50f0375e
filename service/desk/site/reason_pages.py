"""A site's reasons on a page: one block a reason, an empty one at the end. A plain form."""

from typing import Any

from flask import Blueprint, render_template, request

from service.accounts.access import current_actor, open_to
from service.accounts.site_administration import LANGUAGE_TAG, REASON_WORDS_MAX
from service.desk.setting_forms import Wrong, kept_or_shown, read_form
from service.desk.site.reason_api import LadderBody, ReasonBody, ReasonsBody, keep, view
from service.desk.site_access import reached_site
from service.errors import FieldError, Invalid, phrase
from service.localization import noop as N_
from service.wiring import current_services

reason_pages = Blueprint("reason_pages", __name__, url_prefix="/moderate/sites/<site>/reasons")

FIELDS = ("code", "text", "label", "ground", "clause", "key", "strikes", "days")
STEPS = {"warn": "strikes_warn", "hold": "strikes_hold", "ban": "strikes_ban"}
FORMS = {
    "code": N_("A code has 1 to 40 of a-z, 0-9 and _, a letter first."),
    "key": N_("A key is one of a-z and 1-9."),
}
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
def change(site: str) -> Any:
    at = reached_site(site, "admin")
    return kept_or_shown(
        lambda: keep(current_services(), current_actor(), at, _read()),
        lambda wrong: _page(site, wrong=wrong),
        f"/moderate/sites/{at.slug}/reasons",
        {f"{name}.{n}" for name in (*FIELDS, "words") for n in range(MOST)} | set(STEPS.values()),
    )


def _read() -> ReasonsBody:
    """The form's blocks without the empty ones. Raises Invalid with all that is wrong, at its fields."""
    reasons: list[ReasonBody] = []
    wrong: list[FieldError] = []
    taken: dict[str, set[str]] = {"code": set(), "key": set()}
    for n in range(MOST):
        given = {name: request.form.get(f"{name}.{n}", "").replace("\x00", "").strip() for name in FIELDS}
        words = request.form.get(f"words.{n}", "").replace("\x00", "")
        if request.form.get(f"drop.{n}") or not (given["code"] or given["text"] or given["label"]):
            continue
        # One sentence on one line, however its field breaks it.
        given["text"] = " ".join(given["text"].split())
        try:
            read = read_form(
                given | {"words": _by_language(n, words), "ground": given["ground"] or "terms"},
                ReasonBody,
                lambda field, n=n: f"{field}.{n}",  # type: ignore[misc] # Of this block.
                FORMS,
            )
        except Invalid as refused:
            wrong += refused.errors
            continue
        for name, value in (("code", read.code), ("key", read.key)):
            if value in taken[name]:
                wrong.append(FieldError(f"{name}.{n}", "repeated", "Another reason has this already."))
            taken[name] |= {value} - {""}
        reasons.append(read)
    ladder = LadderBody()
    try:
        given = {step: request.form.get(field, "") or "0" for step, field in STEPS.items()}
        ladder = read_form(given, LadderBody, lambda step: STEPS[step])
    except Invalid as refused:
        wrong += refused.errors
    if wrong:
        raise Invalid(errors=wrong)
    return ReasonsBody(reasons=reasons, strikes=ladder)


def _by_language(n: int, lines: str) -> dict[str, str]:
    """What a writer reads, by language: one on each line. Raises Invalid."""
    found: dict[str, str] = {}
    for line in lines.splitlines():
        language, colon, text = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not LANGUAGE_TAG.match(language):
            message = phrase("Write each language on a line of its own, as de: Der Text.")
            raise Invalid(errors=[FieldError(f"words.{n}", "invalid", message)])
        if not 0 < len(text) <= REASON_WORDS_MAX:
            words = phrase("Each text has 1 to %(most)s characters.", most=REASON_WORDS_MAX)
            raise Invalid(errors=[FieldError(f"words.{n}", "invalid", words)])
        found[language] = text
    return found


def _page(slug: str, *, done: str = "", wrong: Wrong | None = None) -> str:
    at = reached_site(slug, "admin")
    return render_template(
        "desk/reasons.html",
        site=at,
        actor=current_actor(),
        found=view(at),
        done=done,
        wrong=wrong or Wrong(),
        form=request.form,
    )
