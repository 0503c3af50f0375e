"""A site's policy as a document in versions: every change is a new one, and the newest is in force."""

from flask import Blueprint, Response, request

from moderation_rules.policy.yaml_document import MAX_BYTES
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.policy import types
from service.desk.policy.types import PolicyAnswer, PolicyBody
from service.desk.policy.views import lines_of, rollback_view, view
from service.desk.requests import read_body, read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.errors import BadRequest, TooLarge
from service.moderation.policies.differences import differences
from service.moderation.policies.versions import (
    check_policy,
    list_changes,
    put_version,
    roll_back,
    text_of,
    version_at,
)
from service.wiring import current_services

policy_api = Blueprint("policy", __name__, url_prefix="/api/v1/moderation/sites/<site>")
policy_api.after_request(keep_private)

# JSON writes some letters as six; a document at its limit must still fit.
REQUEST_BYTES = 6 * MAX_BYTES
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})


@policy_api.get("/policy")
@open_to("viewer")
@described(
    "The policy in force, or one of its versions",
    query=types.PolicyQuery,
    answers={200: PolicyAnswer},
    refusals=(401, 403, 404, 422),
)
def get_policy(site: str) -> Response:
    query = read_query(types.PolicyQuery)
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        return json_answer(view(session, at, version_at(session, at, query.version)))


@policy_api.put("/policy")
@open_to("admin")
@described(
    "Put a new version in force; as YAML, or as JSON with a note",
    body=PolicyBody,
    body_types=("application/json", "application/yaml"),
    answers={200: PolicyAnswer},
    refusals=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
)
def put_policy(site: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    body = _read()
    version = put_version(services, actor, at, body.yaml, body.note, body.expected_version)
    with services.read() as session:
        return json_answer(view(session, at, version))


@policy_api.post("/policy/check")
@open_to("viewer")
@described(
    "Check a policy without putting it in force",
    body=types.PolicyCheckBody,
    body_types=("application/json", "application/yaml"),
    answers={204: None},
    refusals=(400, 401, 403, 404, 413, 415, 422, 429, 503),
)
def check(site: str) -> Response:
    check_policy(current_services(), current_actor(), reached_site(site, "viewer"), _read().yaml)
    return Response(status=204)


@policy_api.get("/policy/versions")
@open_to("viewer")
@described(
    "Who changed the policy, when and why; newest first",
    query=types.VersionsQuery,
    answers={200: types.VersionsAnswer},
    refusals=(401, 403, 404, 422),
)
def versions(site: str) -> Response:
    query = read_query(types.VersionsQuery)
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        found, more = lines_of(session, at, query.limit, query.before)
    return json_answer(types.VersionsAnswer(at.slug, found, more))


@policy_api.get("/policy/diff")
@open_to("viewer")
@described(
    "What one version says otherwise than another",
    query=types.DiffQuery,
    answers={200: types.DiffAnswer},
    refusals=(401, 403, 404, 422),
)
def diff(site: str) -> Response:
    query = read_query(types.DiffQuery)
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        old, new = version_at(session, at, query.from_), version_at(session, at, query.to)
    found = differences(text_of(old), text_of(new))
    number = new.n if new else 0
    return json_answer(types.DiffAnswer(query.from_, number, found.lines, list_changes(old, new), found.more))


@policy_api.post("/policy/rollback")
@open_to("admin")
@described(
    "Put an earlier text in force again, as a new version; offers to repair what was decided meanwhile",
    body=types.RollbackBody,
    answers={200: types.RollbackAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422, 429, 503),
)
def rollback(site: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(types.RollbackBody)
    at = reached_site(site, "admin")
    done = roll_back(services, actor, at, body.version, body.note, body.expected_version)
    with services.read() as session:
        return json_answer(rollback_view(session, at, done))


def _read() -> PolicyBody:
    request.max_content_length = REQUEST_BYTES
    if request.mimetype not in YAML_TYPES:
        return read_json(PolicyBody)
    raw = read_body()
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"A policy has at most {MAX_BYTES // 1024} KiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    return PolicyBody(yaml=text)
