"""`/openapi.json` for programs, `/docs` for people, `/policy.schema.json` for editors of policies.

All are made once an app, when first asked for.
"""

from importlib.resources import files
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, render_template

from moderation_rules.policy.schema import policy_schema
from service.accounts.access import open_to
from service.described import described
from service.openapi.document import PROBLEM_TYPE, make_document, resolve
from service.publishing.rendered import Rendered, of_type
from service.publishing.responses import as_response
from service.wiring import current_services

blueprint = Blueprint("openapi", __name__, template_folder="templates")

_KEPT = "rejoinder.openapi"
_KEPT_SCHEMA = "rejoinder.policy_schema"
# Source: https://json-schema.org/draft/2020-12/json-schema-core#section-14
SCHEMA_TYPE = "application/schema+json"
# The page has no script and nothing from elsewhere.
_PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


@blueprint.get("/openapi.json")
@open_to("anyone")
def openapi_json() -> Response:
    return as_response(_kept()[1])


@blueprint.get("/policy.schema.json")
@open_to("anyone")
@described("What a policy may say, as JSON Schema (draft 2020-12)", answers={200: SCHEMA_TYPE, 304: None})
def policy_schema_json() -> Response:
    kept: Rendered | None = current_app.extensions.get(_KEPT_SCHEMA)
    if kept is None:
        schema = policy_schema(current_services().settings.public_url)
        kept = current_app.extensions[_KEPT_SCHEMA] = Rendered(msgspec.json.encode(schema), of_type(SCHEMA_TYPE))
    return as_response(kept)


@blueprint.get("/docs/docs.css")
@open_to("anyone")
def docs_css() -> Response:
    styles = files("service.openapi").joinpath("docs.css").read_bytes()
    return as_response(Rendered(styles, of_type("text/css; charset=utf-8")))


@blueprint.get("/docs")
@open_to("anyone")
def docs() -> Response:
    document = _kept()[0]
    html = render_template(
        "docs.html",
        document=document,
        groups=_groups(document),
        problem_type=PROBLEM_TYPE,
        refusals_of=_refusals,
        type_text=type_text,
        resolve=lambda schema: resolve(schema, document["components"]["schemas"]),
    )
    response = as_response(Rendered(html.encode(), of_type("text/html; charset=utf-8")))
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def _kept() -> tuple[dict[str, Any], Rendered]:
    found: tuple[dict[str, Any], Rendered] | None = current_app.extensions.get(_KEPT)
    if found is None:
        document = make_document(current_app, current_services().settings)
        found = current_app.extensions[_KEPT] = (document, Rendered(msgspec.json.encode(document)))
    return found


def _groups(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return dict(sorted(groups.items(), reverse=True))


def _refusals(operation: dict[str, Any]) -> list[str]:
    """The statuses that come as problem documents."""
    found = operation["responses"].items()
    return [status for status, said in found if status != "default" and PROBLEM_TYPE in said.get("content", {})]


def type_text(schema: dict[str, Any]) -> str:
    """A JSON Schema in a few words: "string or null", "list of Comment", "one of a, b"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        values = [msgspec.json.encode(value).decode() for value in schema["enum"]]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if "anyOf" in schema:
        return " or ".join(type_text(choice) for choice in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_text(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_text(schema['additionalProperties'])}"
    text = str(schema.get("type", "anything"))
    return f"{text} ({schema['format']})" if "format" in schema else text
