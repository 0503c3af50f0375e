"""The writer's page: what became of a comment, in words, and the button that takes it back."""

from flask import Response

from models import Comment, CommentVersion, Site, Thread
from service.intake.receipts import find_comment, view_of
from service.markup import up_to_date
from service.moderation.reasons import language_of_words, languages_of
from service.page_language import go_on_in, language_asked
from service.widget.rendering import render_page
from service.wiring import Services


def receipt_page(services: Services, receipt: str) -> Response:
    """The page of one receipt. Raises UnknownReceipt. Nothing in it leads from the comment to its receipt."""
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
    go_on_in(*site.settings.languages_of_readers(thread.language, comment.language))
    response = render_page(
        "widget/receipt.html",
        reason_language=language_of_words(site.settings, code, languages) or "",
        theirs=comment.language or thread.language or site.settings.language or "",
        lang=language_asked(),
        receipt=receipt,
        view=view,
        # A withdrawn or erased text is not shown again, not even here.
        written=None if view.status == "withdrawn" else written,
        article=article,
        now=now,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _article(site: Site, thread: Thread, comment: Comment) -> dict[str, str]:
    """The page it stands on; until readers know it, what its own writer's browser has said."""
    url, title = thread.page_for_reader(site, comment.page_url, comment.page_title)
    return {"url": url, "title": title}
