"""The writer's page: what became of a comment, in words, and the button that takes it back."""

from flask import Response

from models import Comment, CommentVersion, Site, Thread
from service.intake.receipts import find_comment, view_of
from service.markup import up_to_date
from service.widget.rendering import render_page
from service.wiring import Services


def receipt_page(services: Services, receipt: str) -> Response:
    """The page of one receipt. Raises UnknownReceipt. Nothing in it leads from the comment to its receipt."""
    now = services.clock.now()
    with services.read() as session:
        comment = find_comment(session, services.keyring, receipt)
        view = view_of(session, comment, now)
        thread = session.get_one(Thread, comment.thread_id)
        version = session.get_one(CommentVersion, (comment.id, comment.current_version))
        html = up_to_date(version.text, version.html, version.renderer)
        written = {"name": comment.name, "html": html, "at": comment.created_at}
        article = _article(session.get_one(Site, comment.site_id), thread, comment)
    response = render_page(
        "widget/receipt.html",
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
