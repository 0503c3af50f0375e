"""Dead letters judged again: one, or all that there are."""

from flask import Blueprint, Response

from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.queue.types import DeadLettersBody, JudgedAgain, RequeuedAnswer
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, sites_asked
from service.moderation.judging.judge_again import judge_again, judge_all_again
from service.wiring import current_services

judge_again_api = Blueprint("judge_again", __name__, url_prefix="/api/v1/moderation")
judge_again_api.after_request(keep_private)


@judge_again_api.post("/comments/<comment_id>/judge-again")
@open_to("moderator")
@described(
    "Give a comment that could not be judged back to the rules",
    answers={202: JudgedAgain},
    refusals=(401, 403, 404, 409, 503),
)
def post_judge_again(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
    outcome = judge_again(services, actor, comment.site_id, comment.id)
    assert outcome.decision_id is not None
    assert outcome.status is not None
    assert outcome.revision is not None
    return json_answer(JudgedAgain(outcome.comment_id, outcome.decision_id, outcome.status, outcome.revision), 202)


@judge_again_api.post("/dead-letters/judge-again")
@open_to("moderator")
@described(
    "Give all that could not be judged back to the rules, up to 1,000 at once, but what others are looking at",
    body=DeadLettersBody,
    answers={202: RequeuedAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def post_judge_all_again() -> Response:
    services, actor = current_services(), current_actor()
    site = read_json(DeadLettersBody).site
    with services.read() as session:
        sites = list(sites_asked(session, site, "moderator"))
    done = judge_all_again(services, actor, sites)
    return json_answer(RequeuedAnswer(done.queued, done.leased, done.more), 202)
