"""What a form of the comment’s pane is answered with: the pane for the script, the desk for a browser without one."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor
from service.desk.findings.highlights import marked, marks_in
from service.desk.page_setup import PART, quoted
from service.desk.queue.board import find_case_view
from service.desk.queue.place import place_asked
from service.desk.queue.said import sentence
from service.wiring import current_services


def answer_case(comment_id: str, said: str = "", made: str = "", job: str = "") -> str | AnyResponse:
    """The comment as it is now, and the sentence of `said` (`SAID`); `made` is the id of the decision that the form
    made, so that it can be taken back at once, `job` of the job that it began. Raises NotFound for one out of reach."""
    if request.headers.get(PART) == "case":
        return draw_case(comment_id, said, made, job)
    link = place_asked(comment_id).link()
    for name, value in (("said", said), ("done", made), ("job", job)):
        link = with_query(link, name, value)
    return redirect(link, 303)


def draw_case(comment_id: str, said: str = "", made: str = "", job: str = "") -> str:
    """One comment's pane as a part of the page."""
    actor = current_actor()
    return render_template(
        "desk/_case.html",
        case=find_case_view(current_services(), actor, comment_id),
        place=place_asked(comment_id),
        actor=actor,
        marked=marked,
        marks_in=marks_in,
        following="",
        said=sentence(said),
        made=made,
        job=job,
    )


def with_query(link: str, name: str, value: str) -> str:
    """The link with one more field in its query; as it is for no value."""
    return f"{link}{'&' if '?' in link else '?'}{name}={quoted(value)}" if value else link
