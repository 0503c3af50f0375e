"""The description is sound by itself, describes every API route, and what is served fits it."""

import re
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from models import Site
from service.app import create_app
from service.wiring import Services
from tests.factories import Newsroom


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    response = app.test_client().get("/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


def _refs(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in _refs(inner)]
    if isinstance(value, list):
        return [ref for inner in value for ref in _refs(inner)]
    return []


def test_names_the_version_it_is_written_in(document: dict[str, Any], services: Services) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": services.settings.public_url}]


def test_every_schema_is_one_and_every_reference_leads_to_one(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {ref.rpartition("/")[2] for ref in _refs(document)} <= set(schemas)


def test_no_schema_is_named_for_the_place_of_its_code(document: dict[str, Any]) -> None:
    """Two types of one name go by their modules' paths: whoever moved a file would rename them for every client."""
    assert [name for name in document["components"]["schemas"] if "." in name] == []


def test_old_names_are_marked_as_deprecated(document: dict[str, Any]) -> None:
    found = {path: op.get("deprecated", False) for path, at in document["paths"].items() for op in at.values()}
    assert {path.rpartition("{site}")[2] for path, deprecated in found.items() if deprecated} == {
        "/models",
        "/models/{n}",
        "/models/training",
    }


def test_the_page_marks_old_names_too(app: Flask) -> None:
    page = app.test_client().get("/docs").get_data(as_text=True)
    assert page.count("<strong>Deprecated.</strong>") == 3


def test_operations_have_names_of_their_own_and_places_for_their_parameters(document: dict[str, Any]) -> None:
    names = []
    for path, methods in document["paths"].items():
        for operation in methods.values():
            names.append(operation["operationId"])
            places = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert places == set(re.findall(r"\{(.+?)\}", path))
            assert "default" in operation["responses"]
    assert len(names) == len(set(names))


def test_every_api_route_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert served - described == set()


CONTRACT = [
    ("post", "/api/v1/sites/{site}/comments"),
    ("get", "/api/v1/sites/{site}/form"),
    ("get", "/api/v1/sites/{site}/comments"),
    ("get", "/api/v1/sites/{site}/counts"),
    ("get", "/api/v1/sites/{site}/comments/{comment_id}"),
    ("get", "/api/v1/receipts/{receipt}"),
    ("get", "/api/v1/moderation/queue"),
    ("post", "/api/v1/moderation/leases"),
    ("post", "/api/v1/moderation/decisions"),
    ("post", "/api/v1/moderation/decisions/{decision_id}/undo"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
]


@pytest.mark.parametrize(("method", "path"), CONTRACT, ids=lambda word: word.strip("/").replace("/", "-"))
def test_the_contracts_routes_are_there(document: dict[str, Any], method: str, path: str) -> None:
    assert method in document["paths"][path]


@pytest.mark.parametrize(
    ("path", "asked", "query"),
    [
        ("/api/v1/sites/{site}/comments", "/api/v1/sites/gazette/comments", {"thread": "4711"}),
        ("/api/v1/sites/{site}/comments", "/api/v1/sites/gazette/comments", {"thread": "", "sort": "worst"}),
        ("/api/v1/sites/{site}/counts", "/api/v1/sites/gazette/counts", {"thread": ["4711", "x"]}),
        ("/api/v1/sites/{site}/form", "/api/v1/sites/gazette/form", {"thread": "4711"}),
        ("/api/v1/sites/{site}/form", "/api/v1/sites/nobody/form", {"thread": "4711"}),
        ("/healthz", "/healthz", {}),
        ("/readyz", "/readyz", {}),
    ],
)
def test_what_is_served_fits(
    app: Flask, services: Services, site: Site, document: dict[str, Any], path: str, asked: str, query: dict[str, Any]
) -> None:
    newsroom = Newsroom(services, site)
    thread = newsroom.thread()
    parent = newsroom.published(thread=thread, website="https://ada.example/")
    newsroom.published(thread=thread, parent_id=parent)
    newsroom.take_down(parent)
    response = app.test_client().get(asked, query_string=query)
    said = document["paths"][path]["get"]["responses"][str(response.status_code)]
    schema = said["content"][response.mimetype]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(response.get_json())


def test_the_page_for_people_needs_nothing_from_elsewhere(app: Flask, document: dict[str, Any]) -> None:
    response = app.test_client().get("/docs")
    assert response.status_code == 200
    page = response.text
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "script-src" not in response.headers["Content-Security-Policy"]
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "Body: application/json, application/x-www-form-urlencoded, multipart/form-data" in page
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= targets
