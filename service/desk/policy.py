"""A site's policy as a document in versions: every change is a new one, and the newest is in force."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models import PolicyVersion, Site
from models.queries import newest_policy
from moderation_rules import PolicyError, load_policy
from moderation_rules.shipped import default_policy_text
from service.accounts.access import current_actor, open_to
from service.accounts.audit import audit
from service.described import described
from service.desk import answers, asked
from service.desk.answering import json_answer, keep_private
from service.desk.found import names_of
from service.desk.reach import site_named
from service.desk.reading import read_json
from service.errors import BadRequest, Conflict, FieldError, Invalid, TooLarge
from service.wiring import current_services

policy = Blueprint("policy", __name__, url_prefix="/api/v1/moderation/sites/<site>")
policy.after_request(keep_private)

YAML_BYTES = 256 * 1024
# JSON writes some letters as six; a document at its limit must still fit.
REQUEST_BYTES = 6 * YAML_BYTES
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"})


class PolicyChanged(Conflict):
    code, title = "policy_changed", "Somebody has changed the policy meanwhile"


@policy.get("/policy")
@open_to("viewer")
@described("The policy in force", answers={200: answers.PolicyAnswer}, refusals=(401, 403, 404))
def get_policy(site: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "viewer")
        return json_answer(_view(session, at, session.scalar(newest_policy(at.id))))


@policy.put("/policy")
@open_to("admin")
@described(
    "Put a new version in force; as YAML, or as JSON with a note",
    body=asked.PolicyBody,
    body_types=("application/json", "application/yaml"),
    answers={200: answers.PolicyAnswer},
    refusals=(400, 401, 403, 404, 409, 413, 415, 422, 503),
)
def put_policy(site: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        at = site_named(session, site, "admin")
    body = _read()
    _check(body.yaml)
    now = services.clock.now()
    with services.write() as session:
        # The row of the site orders two writers, so that each gets a number of its own.
        session.refresh(session.get_one(Site, at.id), with_for_update=True)
        last = session.scalar(newest_policy(at.id))
        n = last.n if last else 0
        if body.expected_version is not None and body.expected_version != n:
            raise PolicyChanged(f"Version {n} is in force, not {body.expected_version}.", extra={"version": n})
        version = PolicyVersion(
            site_id=at.id, n=n + 1, document=body.yaml, author_id=actor.id, note=body.note, created_at=now
        )
        session.add(version)
        audit(session, actor, "policy.change", site_id=at.id, details={"version": n + 1, "note": body.note}, now=now)
        session.flush()
        view = _view(session, at, version)
    return json_answer(view)


def _read() -> asked.PolicyBody:
    request.max_content_length = REQUEST_BYTES
    if request.mimetype not in YAML_TYPES:
        return read_json(asked.PolicyBody)
    raw = request.get_data(cache=False)
    if len(raw) > YAML_BYTES:
        raise TooLarge(f"A policy has at most {YAML_BYTES // 1024} KiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    return asked.PolicyBody(yaml=text)


def _check(text: str) -> None:
    """Raises Invalid with line and column of everything that cannot work."""
    if "\x00" in text:
        raise Invalid(errors=[FieldError("yaml", "characters", "This has characters that cannot be kept.")])
    try:
        load_policy(text)
    except PolicyError as error:
        problems: list[dict[str, Any]] = [
            {"line": found.line, "column": found.column, "path": found.path, "message": found.message}
            for found in error.errors
        ]
        errors = [
            FieldError("yaml", "policy", f"Line {found.line}, column {found.column}: {found.message}")
            for found in error.errors
        ]
        raise Invalid("The policy cannot be put in force.", errors=errors, extra={"problems": problems}) from None


def _view(session: Session, site: Site, version: PolicyVersion | None) -> answers.PolicyAnswer:
    if version is None:
        return answers.PolicyAnswer(
            site=site.slug, version=0, yaml=default_policy_text(), note="", author=None, created_at=None
        )
    return answers.PolicyAnswer(
        site=site.slug,
        version=version.n,
        yaml=version.document,
        note=version.note,
        author=names_of(session, {version.author_id or ""}).get(version.author_id or ""),
        created_at=version.created_at,
    )
