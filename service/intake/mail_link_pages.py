"""The pages that links in mails open, for people without scripts and without an account."""

from flask import Blueprint, Response, render_template, request

from service.accounts.access import open_to
from service.intake import mail_links, proofs
from service.intake.mail_links import LinkPage, StopPage
from service.intake.proofs import Answer, ProofPage
from service.localization import direction, speaking
from service.localization.formats import moment
from service.localization.pages import go_on_in, language_asked, say_language
from service.wiring import current_services

# No token in a Referer; nothing loaded but our own look; in nobody's frame, where a click could be borrowed.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def mount(blueprint: Blueprint) -> None:
    """Adds the pages to the room's blueprint."""
    blueprint.add_url_rule("/confirm/<token>", view_func=confirm_page, methods=["GET"])
    blueprint.add_url_rule("/confirm/<token>", view_func=confirm, methods=["POST"])
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=unsubscribe_page, methods=["GET"])
    blueprint.add_url_rule("/unsubscribe/<token>", view_func=unsubscribe, methods=["POST"])
    blueprint.add_url_rule("/unsubscribe/replies/<token>", view_func=stop_replies_page, methods=["GET"])
    blueprint.add_url_rule("/unsubscribe/replies/<token>", view_func=stop_replies, methods=["POST"])


@open_to("anyone")
def confirm_page(token: str) -> Response:
    """Scanners come here too: only the button proves anything."""
    return _page("confirm", proofs.open_proof(current_services(), token, _before()))


@open_to("anyone")
def confirm(token: str) -> Response:
    """One button of the page: which comment, which of its texts, whose it is. A POST that does not say so does nothing.

    The token is all the proof there is, and no other site knows it: no cookie takes part.
    """
    pressed = Answer(*(request.form.get(name, "") for name in ("comment", "version", "answer")))
    return _page("confirm", proofs.answer(current_services(), token, pressed, _before()))


@open_to("anyone")
def unsubscribe_page(token: str) -> Response:
    return _page("unsubscribe", mail_links.open_unsubscribe(current_services(), token))


@open_to("anyone")
def unsubscribe(token: str) -> Response:
    """The page's button, and the one click of mail programs (RFC 8058), which sends no cookie and no page."""
    return _page("unsubscribe", mail_links.unsubscribe(current_services(), token))


@open_to("anyone")
def stop_replies_page(token: str) -> Response:
    return _page("stop_replies", mail_links.open_stop_replies(current_services(), token))


@open_to("anyone")
def stop_replies(token: str) -> Response:
    """As `unsubscribe`, for the replies in one conversation."""
    return _page("stop_replies", mail_links.stop_replies(current_services(), token))


def _before() -> str:
    return request.args.get("before", "")


def _page(name: str, page: LinkPage | StopPage | ProofPage) -> Response:
    go_on_in(*page.languages)
    shown = render_template(
        f"intake/{name}.html",
        page=page,
        language=speaking(),
        direction=direction(),
        moment=moment,
        lang=language_asked(),
    )
    response = Response(shown, mimetype="text/html")
    response.headers.update(_HEADERS)
    say_language(response)
    return response
