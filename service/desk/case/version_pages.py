"""Every text that a comment ever had, newest first, each with what it changed."""

from flask import Blueprint, render_template, request

from models.queries.surroundings import versions_before
from service.accounts.access import current_actor, open_to
from service.desk.queue.case import version_view
from service.desk.queue.place import place_asked
from service.desk.requests import NUMBER_MOST, number_field
from service.desk.site_access import comment_reached
from service.desk.surroundings.redacted import redacted_since
from service.desk.surroundings.word_diff import as_markup, changed_words
from service.wiring import current_services

version_pages = Blueprint("version_pages", __name__, url_prefix="/moderate")

PAGE_SIZE = 20


@version_pages.get("/case/<comment_id>/versions")
@open_to("viewer")
def versions(comment_id: str) -> str:
    asked = number_field(request.args, "before", NUMBER_MOST)
    with current_services().read() as session:
        comment, _, _ = comment_reached(session, comment_id, "viewer")
        # One more than are shown: the oldest shown says what it changed as well.
        found = session.scalars(versions_before(comment.id, asked, PAGE_SIZE + 1)).all()
        since = redacted_since(session, current_actor(), comment.site_id, [comment.id]).get(comment.id, 0)
        rows = [version_view(row, withheld=row.n < since and row.n != comment.published_version) for row in found]
    older = {row.n: row for row in rows if not row.withheld}
    shown = [
        (row, as_markup(changed_words(older[row.n - 1].text, row.text)) if row.n - 1 in older else None)
        for row in rows[:PAGE_SIZE]
    ]
    return render_template(
        "desk/versions.html",
        comment=comment,
        shown=shown,
        more=rows[PAGE_SIZE - 1].n if len(rows) > PAGE_SIZE else None,
        place=place_asked(comment.id),
        actor=current_actor(),
    )
