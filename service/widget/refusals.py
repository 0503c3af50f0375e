"""What readers are told when something is refused: what happened and what they can do, in their words.

Titles and details of refusals are for whoever builds on the API; a reader came by a link or pressed a button.
"""

from collections.abc import Iterable

from flask import Response, request

from service.errors import Refused
from service.widget.rendering import render_page

_GO_BACK = "Go back in your browser: what you typed is still there."
_LOST_ON_THE_WAY = "Perhaps a part of its address was lost on the way."
_NOT_WHOLE = "Not all of it arrived", f"Perhaps the line was too weak. {_GO_BACK} Then send it again."
# By code: what happened, and what to do. What is not here says it well enough itself.
_SAID: dict[str, tuple[str, str]] = {
    # Addresses that lead nowhere.
    "bad_request": ("This page cannot be opened", _LOST_ON_THE_WAY),
    "not_found": ("There is no page here", _LOST_ON_THE_WAY),
    "unknown_site": ("These comments cannot be found", "The page that led here names a site that is not known here."),
    "unknown_thread": ("This conversation is not shown", "The newsroom shows no comments below this article."),
    "unknown_comment": (
        "This comment is not shown",
        "It was withdrawn or taken down, or a part of its address is lost.",
    ),
    "unknown_receipt": (
        "No comment belongs to this address",
        f"{_LOST_ON_THE_WAY} If it is whole, it does not work any more.",
    ),
    "method_not_allowed": ("This cannot be done here", "Please go back and use the button on the page itself."),
    # What was sent.
    "foreign_origin": (
        "This comes from a page that may not send comments",
        f"{_GO_BACK} Open the article and send it from there.",
    ),
    "too_large": ("This is too much to send", f"{_GO_BACK} Please shorten it, then send it again."),
    "cut_off": _NOT_WHOLE,
    "too_slow": _NOT_WHOLE,
    "length_required": _NOT_WHOLE,
    "invalid_utf8": ("This cannot be read", f"Its letters came in an unknown form. {_GO_BACK}"),
    "invalid_form": ("This cannot be read", f"It did not come as our form sends it. {_GO_BACK}"),
    "unsupported_media_type": ("This cannot be read", f"It did not come as our form sends it. {_GO_BACK}"),
    "idempotency_key_reused": ("This was sent already", "An earlier wording of it has arrived."),
    # Not now.
    "too_many_requests": ("That was a lot in a short time", "Please wait a little, then try again."),
    "unavailable": ("Please try again in a moment", "The comments cannot be reached just now."),
}
_MINUTE, _HOUR = 60, 3600


def in_readers_words(refused: Refused) -> tuple[str, str]:
    """What happened, and what the reader can do about it."""
    title, detail = _SAID.get(refused.code, (refused.title, refused.detail))
    if refused.status == 429 and (wait := refused.headers.get("Retry-After", "")).isdecimal():
        detail = f"{detail} {_how_long(int(wait))}".strip()
    return title, detail


def as_notice(refused: Refused) -> str:
    """The same in a line, above a form that keeps what was typed."""
    title, detail = in_readers_words(refused)
    return f"{title}. {detail.replace(_GO_BACK, '')}".strip()


def refused_page(refused: Refused, framed_by: Iterable[str] = ()) -> Response:
    """The refusal as a page of its own, never kept. `framed_by`: origins whose pages may show it in a frame."""
    title, detail = in_readers_words(refused)
    # Of a page's address nothing is wrong that its reader has typed.
    errors = refused.errors if request.method == "POST" else []
    if refused.errors and not errors:
        title, detail = _SAID["bad_request"]
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
        return "It can be sent in a minute or two."
    if seconds < 2 * _HOUR:
        return f"It can be sent in {-(-seconds // _MINUTE)} minutes."
    return f"It can be sent in {-(-seconds // _HOUR)} hours."
