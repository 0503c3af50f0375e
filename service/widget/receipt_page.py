"""The writer's page: what became of a comment, in words, a form that changes it and a button that takes it back.

Works without JavaScript. An edit that is refused comes back as this page, with what was typed.
"""

from dataclasses import dataclass
from typing import Any

from flask import Response

from models import Comment, CommentVersion, Site, Thread
from service.errors import Refused, Unavailable
from service.intake.receipts import find_comment, view_of
from service.intake.types import ReceiptView
from service.localization import in_a_row, words_of
from service.localization.pages import go_on_in, language_asked
from service.markup import up_to_date
from service.moderation.reasons import language_of_words, languages_of
from service.widget.refusals import as_notice
from service.widget.rendering import render_page
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class EditForm:
    """What the form shows. `fault`: what is wrong with its text; `notice`: with the edit as a whole.

    `version`: which text it replaces; of a form that cannot be sent any more (`sends` is false), only the text is kept.
    """

    text: str
    version: int | None
    sends: bool = True
    opened: bool = False
    fault: str = ""
    notice: str = ""


def receipt_page(
    services: Services,
    receipt: str,
    *,
    typed: str | None = None,
    appeal: str | None = None,
    refused: Refused | None = None,
) -> Response:
    """The page of one receipt. Nothing in it leads from the comment to its receipt.

    `typed`, `appeal`, `refused`: an edit or an appeal that was sent, and why it was not taken. Raises UnknownReceipt,
    and Unavailable where nothing was typed that would be lost.
    """
    try:
        shown = _load(services, receipt)
    except Unavailable:
        if typed is None and appeal is None:
            raise
        # The form alone, for another try.
        shown = {"view": None, "written": None, "article": {"url": "", "title": ""}}
    response = render_page(
        "widget/receipt.html",
        status=200 if refused is None else refused.status,
        receipt=receipt,
        lang=language_asked(),
        form=_form(shown["view"], typed, refused),
        appeal=_appeal(shown["view"], appeal, refused),
        now=services.clock.now(),
        **shown,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    if refused is not None:
        response.headers.update(refused.headers)
    return response


def _load(services: Services, receipt: str) -> dict[str, Any]:
    now = services.clock.now()
    with services.read() as session:
        comment = find_comment(session, services.keyring, receipt)
        view = view_of(session, comment, now, language_asked())
        thread = session.get_one(Thread, comment.thread_id)
        version = session.get_one(CommentVersion, (comment.id, comment.current_version))
        html = up_to_date(version.text, version.html, version.renderer)
        written = {"name": comment.name, "html": html, "at": comment.created_at}
        site = session.get_one(Site, comment.site_id)
        article = _article(site, thread, comment)
        languages = languages_of(comment, thread, site.settings, language_asked())
        code = view.reason.code if view.reason is not None else None
    go_on_in(*languages)
    return {
        "view": view,
        # A withdrawn or erased text is not shown again, not even here.
        "written": None if view.status == "withdrawn" else written,
        "article": article,
        "reason_language": language_of_words(site.settings, code, languages) or "",
        "theirs": comment.language or thread.language or site.settings.language or "",
    }


def _form(view: ReceiptView | None, typed: str | None, refused: Refused | None) -> EditForm | None:
    """The form, opened where something was typed into it; none where nothing can be changed nor was."""
    if typed is None or refused is None:
        return EditForm(view.text or "", view.version) if view is not None and view.editable else None
    fault = next((words_of(error) for error in refused.errors if error.field == "body"), "")
    said = [words_of(error) for error in refused.errors if error.field != "body"]
    notice = in_a_row(said) if refused.errors else as_notice(refused)
    sends = view is None or view.editable
    return EditForm(typed, None if view is None else view.version, sends, True, fault, notice)


def _appeal(view: ReceiptView | None, typed: str | None, refused: Refused | None) -> EditForm | None:
    """The form of an appeal, as `_form` has that of an edit."""
    sends = view is None or view.appealable
    if typed is None or refused is None:
        return EditForm("", None) if view is not None and view.appealable else None
    fault = next((words_of(error) for error in refused.errors), "")
    return EditForm(typed, None, sends, True, fault, "" if fault else as_notice(refused))


def _article(site: Site, thread: Thread, comment: Comment) -> dict[str, str]:
    """The page it stands on; until readers know it, what its own writer's browser has said."""
    url, title = thread.page_for_reader(site, comment.page_url, comment.page_title)
    return {"url": url, "title": title}
