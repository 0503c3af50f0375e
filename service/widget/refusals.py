"""What readers are told when something is refused: what happened and what they can do, in their words.

Titles and details of refusals are for whoever builds on the API; a reader came by a link or pressed a button.
"""

from collections.abc import Iterable

from flask import Response, request

from service.errors import Refused
from service.localization import (
    detail_of,
    for_people,
    gettext,
    in_a_row,
    ngettext,
    translated,
    words_of,
)
from service.localization import noop as N_
from service.widget.rendering import render_page

_GO_BACK = N_("Go back in your browser: what you typed is still there.")
_LOST_ON_THE_WAY = N_("Perhaps a part of its address was lost on the way.")
_COPY_IT = N_("Copy all of it from where you kept it, and open it once more.")
_NOT_WHOLE = (
    N_("Not all of it arrived"),
    N_("Perhaps the line was too weak."),
    _GO_BACK,
    N_("Then send it again."),
)
_NO_FORM_OF_OURS = N_("This cannot be read"), N_("It did not come as our form sends it."), _GO_BACK
# By code: what happened, and what to do. What is not here says it well enough itself.
_SAID: dict[str, tuple[str, ...]] = {
    # Addresses that lead nowhere.
    "bad_request": (N_("This page cannot be opened"), _LOST_ON_THE_WAY),
    "not_found": (N_("There is no page here"), _LOST_ON_THE_WAY),
    "unknown_site": (
        N_("These comments cannot be found"),
        N_("The page that led here names a site that is not known here."),
    ),
    "unknown_thread": (
        N_("This conversation is not shown"),
        N_("The newsroom shows no comments below this article."),
    ),
    "unknown_comment": (
        N_("This comment is not shown"),
        N_("It was withdrawn or taken down, or a part of its address is lost."),
    ),
    "unknown_receipt": (
        N_("No comment belongs to this address"),
        _LOST_ON_THE_WAY,
        _COPY_IT,
        N_("If it is whole, it does not work any more."),
    ),
    "unknown_report": (
        N_("No report belongs to this address"),
        _LOST_ON_THE_WAY,
        _COPY_IT,
        N_("A report is deleted some time after it was decided."),
    ),
    "method_not_allowed": (
        N_("This cannot be done here"),
        N_("Please go back and use the button on the page itself."),
    ),
    # What was sent.
    "foreign_origin": (
        N_("This comes from a page that may not send comments"),
        _GO_BACK,
        N_("Open the article and send it from there."),
    ),
    "too_large": (N_("This is too much to send"), _GO_BACK, N_("Please shorten it, then send it again.")),
    "cut_off": _NOT_WHOLE,
    "too_slow": _NOT_WHOLE,
    "length_required": _NOT_WHOLE,
    "invalid_utf8": (N_("This cannot be read"), N_("Its letters came in an unknown form."), _GO_BACK),
    "invalid_form": _NO_FORM_OF_OURS,
    "unsupported_media_type": _NO_FORM_OF_OURS,
    "invalid_json": _NO_FORM_OF_OURS,
    "idempotency_key_reused": (
        N_("This was sent already"),
        N_("An earlier wording of it has arrived."),
        N_("Send it again if this one should come as well."),
    ),
    "receipt_revoked": (N_("This was sent already"), N_("The comment arrived the first time.")),
    "already_appealed": (
        N_("You have appealed against this already"),
        N_("A decision can be appealed against once. What came of it stands with your comment."),
    ),
    # Not now.
    "too_many_requests": (N_("That was a lot in a short time"), N_("Please wait a little, then try again.")),
    "unavailable": (N_("Please try again in a moment"), N_("The comments cannot be reached just now.")),
}
# The comment can be sent all the same, or somebody else has said it.
_NOTHING_TO_WAIT_FOR = frozenset({"too_many_previews", "too_many_nudges", "reported_enough"})
_MINUTE, _HOUR = 60, 3600


def _sentences(refused: Refused) -> list[str]:
    """What happened, and what the reader can do about it, in the language of the work at hand."""
    said = _SAID.get(refused.code)
    found = [gettext(one) for one in said] if said is not None else _own_words(refused)
    wait = "" if refused.code in _NOTHING_TO_WAIT_FOR else refused.headers.get("Retry-After", "")
    if refused.status == 429 and wait.isdecimal():
        found.append(_how_long(int(wait)))
    return found


def _own_words(refused: Refused) -> list[str]:
    detail = for_people(detail_of(refused), refused.detail)
    return [translated(refused.title), *([detail] if detail else [])]


def in_readers_words(refused: Refused, *, stays: bool = False) -> tuple[str, str]:
    """What happened, and what the reader can do about it. `stays`: what was typed is still before them."""
    title, *rest = _sentences(refused)
    return title, in_a_row(one for one in rest if not (stays and one == gettext(_GO_BACK)))


def as_notice(refused: Refused) -> str:
    """The same in a line, above a form that keeps what was typed."""
    title, rest = in_readers_words(refused, stays=True)
    return in_a_row(filter(None, [gettext("%(title)s.", title=title), rest]))


def as_problem(refused: Refused) -> tuple[str, str]:
    """Title and detail of a problem document for the widget, which says them to its reader."""
    return in_readers_words(refused, stays=True)


def refused_page(refused: Refused, framed_by: Iterable[str] = ()) -> Response:
    """The refusal as a page of its own, never kept. `framed_by`: origins whose pages may show it in a frame."""
    title, detail = in_readers_words(refused)
    # Of a page's address nothing is wrong that its reader has typed.
    told = [for_people(words_of(error), error.message) for error in refused.errors] if request.method == "POST" else []
    errors = [words for words in told if words]
    if refused.errors and not errors:
        title, detail = (gettext(one) for one in _SAID["bad_request"])
    page = render_page(
        "widget/refused.html",
        status=refused.status,
        frame_ancestors=framed_by,
        title=title,
        detail=detail,
        errors=errors,
    )
    page.headers.update(refused.headers)
    page.headers["Cache-Control"] = "no-store"
    return page


def _how_long(seconds: int) -> str:
    if seconds < 2 * _MINUTE:
        return gettext("It can be sent in a minute or two.")
    if seconds < 2 * _HOUR:
        n = -(-seconds // _MINUTE)
        return ngettext("It can be sent in %(num)s minute.", "It can be sent in %(num)s minutes.", n)
    n = -(-seconds // _HOUR)
    return ngettext("It can be sent in %(num)s hour.", "It can be sent in %(num)s hours.", n)
