"""The OpenAPI 3.1 document of an app, made from its URL map and the views' own descriptions."""

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from service.accounts.access import opened_to
from service.accounts.sessions import cookie_name
from service.described import Description, description_of
from service.settings import Settings

# Source: https://spec.openapis.org/oas/v3.1.1.html
OPENAPI = "3.1.1"
PROBLEM_TYPE = "application/problem+json"

_PLACE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_REF = "#/components/schemas/{name}"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Schemas = Callable[[Any], dict[str, Any]]


class FieldProblem(msgspec.Struct):
    """What is wrong with one field, in words a reader understands."""

    field: str
    code: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """A refusal (RFC 9457). `code` is stable; some problems have further members."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    errors: list[FieldProblem] = []


def make_document(app: Flask, settings: Settings) -> dict[str, Any]:
    """Every described route of the app as one OpenAPI document."""
    found = list(_operations(app))
    types = [Problem, *_types(description for _, _, _, description in found)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    of_type = {id(type_): schema for type_, schema in zip(types, schemas, strict=True)}

    def schema(type_: Any) -> dict[str, Any]:
        return of_type[id(type_)]

    paths: dict[str, dict[str, Any]] = {}
    for path, method, rule, description in found:
        view = app.view_functions[rule.endpoint]
        operation = _operation(rule, method, description, opened_to(view) or (), schema, components)
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Rejoinder",
            "version": _version(),
            "summary": "Reader comments for news sites",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": settings.public_url}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key of the site"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(settings.secure)},
            },
        },
    }


def _operations(app: Flask) -> Iterator[tuple[str, str, Rule, Description]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        description = description_of(app.view_functions[rule.endpoint])
        if description is None:
            continue
        for method in _METHODS:
            if method in (rule.methods or ()):
                yield _PLACE.sub(r"{\1}", rule.rule), method, rule, description


def _types(descriptions: Iterator[Description]) -> list[Any]:
    found: dict[int, Any] = {}
    for description in descriptions:
        for type_ in (description.query, description.body, *description.answers.values()):
            if type_ is not None and not isinstance(type_, str):
                found[id(type_)] = type_
    return list(found.values())


def _operation(
    rule: Rule,
    method: str,
    description: Description,
    levels: tuple[str, ...],
    schema: Schemas,
    components: Mapping[str, Any],
) -> dict[str, Any]:
    blueprint, _, name = rule.endpoint.rpartition(".")
    single = len(set(rule.methods or ()) & set(_METHODS)) == 1
    operation: dict[str, Any] = {
        "operationId": f"{blueprint}_{name}" if single else f"{blueprint}_{name}_{method.lower()}",
        "summary": description.summary,
        "tags": [_tag(rule.rule)],
        "parameters": [
            *_path_parameters(rule),
            *_query_parameters(description.query, schema, components),
            *_header_parameters(description.headers),
        ],
        "responses": _responses(description, schema),
    }
    if description.deprecated:
        operation["deprecated"] = True
    if description.body is not None:
        content = {media: {"schema": schema(description.body)} for media in description.body_types}
        operation["requestBody"] = {"required": True, "content": content}
    if levels and not {"anyone", "receipt"} & set(levels):
        operation["security"] = [{"key": []}, {"session": []}]
        operation["description"] = f"For {' or '.join(levels)}."
    return operation


def _tag(path: str) -> str:
    if path.startswith("/api/v1/moderation"):
        return "Moderators' API"
    return "Reader's API" if path.startswith("/api/") else "Operations"


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACE.findall(rule.rule)
    ]


def _query_parameters(query: Any, schema: Schemas, components: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every field of the type is a parameter; a field that may be null may simply be left out."""
    if query is None:
        return []
    whole = resolve(schema(query), components)
    required = set(whole.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(value)}
        for name, value in whole.get("properties", {}).items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema as a query can say it: there is no null, and no default of null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {
        name: value for name, value in schema.items() if name != "anyOf" and not (name == "default" and value is None)
    }
    return rest | choices[0] if len(choices) == 1 else schema


def _header_parameters(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": what, "schema": {"type": "string"}}
        for name, what in headers.items()
    ]


def _responses(description: Description, schema: Schemas) -> dict[str, Any]:
    problem = {PROBLEM_TYPE: {"schema": schema(Problem)}}
    responses: dict[str, Any] = {}
    for status, answer in description.answers.items():
        said: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if isinstance(answer, str):
            said["content"] = {answer: {"schema": {"type": "object" if answer.endswith("+json") else "string"}}}
        elif answer is not None:
            said["content"] = {"application/json": {"schema": schema(answer)}}
        responses[str(status)] = said
    for status in description.refusals:
        # An answer described in full wins: readiness, for one, says 503 in its own words.
        responses.setdefault(str(status), {"description": HTTPStatus(status).phrase, "content": problem})
    responses["default"] = {"description": "Any other refusal", "content": problem}
    return dict(sorted(responses.items()))


def resolve(schema: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """The schema itself, or the component that it names."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = components[name] if name else schema
    return found


def _version() -> str:
    try:
        return version("rejoinder")
    except PackageNotFoundError:
        return "0"
