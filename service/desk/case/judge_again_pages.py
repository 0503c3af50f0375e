"""Dead letters judged again, by plain forms: one in its pane, all of them above their list."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.queue.answers import answer_case, with_query
from service.desk.queue.place import place_asked
from service.desk.site_access import comment_reached, sites_asked
from service.moderation.judging.judge_again import Requeued, judge_again, judge_all_again
from service.wiring import current_services

judge_again_pages = Blueprint("judge_again_pages", __name__, url_prefix="/moderate")


@judge_again_pages.post("/comments/<comment_id>/judge-again")
@open_to("moderator")
def judge_one_again(comment_id: str) -> str | AnyResponse:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
    judge_again(services, actor, comment.site_id, comment.id)
    return answer_case(comment.id, "judged_again")


@judge_again_pages.post("/dead-letters/judge-again")
@open_to("moderator")
def judge_every_one_again() -> AnyResponse:
    """Those of the site that the form's place names, or of all that the moderator reaches."""
    services, actor, place = current_services(), current_actor(), place_asked("")
    with services.read() as session:
        sites = list(sites_asked(session, place.site, "moderator"))
    said = _said(judge_all_again(services, actor, sites))
    return redirect(with_query(place.link(), "said", said), 303)


def _said(done: Requeued) -> str:
    if done.more:
        return "judged_again_more"
    if done.leased:
        return "judged_again_leased"
    return "judged_again_all" if done.queued else "judged_again_none"
