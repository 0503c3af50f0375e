"""Findings that are wrong where they stand: said beside a comment, listed for who owns the policy, settled."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, WrongFinding
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_moderators
from service.desk.case.types import WrongAnswer, WrongBody, WrongQuery, WrongView
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, reached_site, site_named
from service.desk.surroundings.redacted import redacted_since
from service.desk.types import By
from service.moderation.policies.wrong_findings import Disputed, found_words, open_findings, say_wrong, settle
from service.wiring import current_services

wrong_finding_api = Blueprint("wrong_findings", __name__, url_prefix="/api/v1/moderation")
wrong_finding_api.after_request(keep_private)


@wrong_finding_api.post("/comments/<comment_id>/wrong-findings")
@open_to("moderator")
@described(
    "Say that a finding is wrong here; who owns the policy reads it",
    body=WrongBody,
    answers={200: WrongView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def post_wrong(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(WrongBody)
    with services.read() as session:
        comment, version, _ = comment_reached(session, comment_id, "moderator")
    disputed = Disputed(body.rule, body.field, body.start, body.end)
    made = say_wrong(services, actor, comment, disputed, body.note)
    with services.read() as session:
        return json_answer(_views(session, [(made, comment, version)])[0])


@wrong_finding_api.get("/sites/<site>/wrong-findings")
@open_to("viewer")
@described(
    "Findings said to be wrong that nobody has settled; newest first",
    query=WrongQuery,
    answers={200: WrongAnswer},
    refusals=(401, 403, 404, 422),
)
def list_wrong(site: str) -> Response:
    query = read_query(WrongQuery)
    return json_answer(find_wrong(site, query.limit, query.cursor))


@wrong_finding_api.delete("/sites/<site>/wrong-findings/<finding_id>")
@open_to("admin")
@described("Take one off the list: it is settled", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_wrong(site: str, finding_id: str) -> Response:
    services, actor = current_services(), current_actor()
    settle(services, actor, reached_site(site, "admin"), finding_id)
    return Response(status=204)


def find_wrong(slug: str, limit: int, cursor: str) -> WrongAnswer:
    """One page of what is said to be wrong on a site. Raises NotFound, Forbidden."""
    with current_services().read() as session:
        at = site_named(session, slug, "viewer")
        rows = session.execute(open_findings(at.id, cursor, limit + 1)).all()
        page = _views(session, list(rows[:limit]))
    return WrongAnswer(page, page[-1].id if len(rows) > limit else None)


def _views(session: Session, rows: list[tuple[WrongFinding, Comment, CommentVersion]]) -> list[WrongView]:
    names = names_of_moderators(session, {made.actor_id or "" for made, _, _ in rows})
    since: dict[str, int] = {}
    for site_id in {made.site_id for made, _, _ in rows}:
        since |= redacted_since(session, current_actor(), site_id, [made.comment_id for made, _, _ in rows])
    return [
        WrongView(
            id=made.id,
            comment_id=made.comment_id,
            rule=made.rule,
            words="" if version.n < since.get(comment.id, 0) else found_words(made, comment, version),
            field=made.field,
            start=made.start,
            end=made.end,
            note=made.note,
            by=By(made.actor_kind, names.get(made.actor_id or "")),
            policy_version=made.policy_version,
            created_at=made.created_at,
        )
        for made, comment, version in rows
    ]
