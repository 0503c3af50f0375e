"""No 500 for anything a client can send: the schema's fuzz, the nasty strings, and answers that match the schema."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from service.wiring import wire
from tests.environment import TEST_DATA
from tests.settings import make_settings

NASTY = TEST_DATA / "robustness_blns.jsonl"
METHODS = {"get", "post", "put", "patch", "delete"}
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


def _operations() -> list[tuple[str, str]]:
    """Every (path, method) that the service describes; nothing is opened to find out."""
    app = create_app(wire(make_settings("sqlite:///never-opened.db", "redis://127.0.0.1:1")))
    paths = app.test_client().get("/openapi.json").get_json()["paths"]
    return [(path, method) for path, operations in paths.items() for method in operations if method in METHODS]


@pytest.fixture(scope="module")
def schema():
    """What the service describes, read once: to read it anew, and the literals of the code for examples with it, takes
    longer than the requests of an operation."""
    app = create_app(wire(make_settings("sqlite:///never-opened.db", "redis://127.0.0.1:1")))
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.mark.parametrize(("path", "method"), _operations(), ids=lambda word: word.strip("/").replace("/", "-"))
def test_no_input_breaks_the_api(schema, services, site, path, method):
    app = create_app(services)

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def throw(case):
        # Called without a server between, nobody undoes a coding.
        case.call_and_validate(app=app, checks=CHECKS, headers={"Accept-Encoding": "identity"})

    throw()


def _nasty_strings() -> list[str]:
    return (
        [json.loads(line)["text"] for line in NASTY.read_text("utf-8").split("\n") if line] if NASTY.is_file() else []
    )


FIELDS = (
    "name",
    "email",
    "website",
    "body",
    "thread",
    "page_url",
    "page_title",
    "parent_id",
    "token",
    "earlier_receipt",
)


@pytest.mark.skipif(not NASTY.is_file(), reason="deselected: the test data is not there")
@pytest.mark.parametrize("field", FIELDS)
def test_nasty_strings_break_nothing(services, site, field):
    client = create_app(services).test_client()
    good = {
        "thread": "t1",
        "page_url": "http://news.test/a",
        "name": "Ada",
        "email": "ada@example.com",
        "body": "A remark.",
    }
    for text in _nasty_strings():
        fields = good | {field: text}
        as_json = client.post("/api/v1/sites/gazette/comments", json=fields)
        assert as_json.status_code in {202, 409, 422}, (text, as_json.text)
        as_form = client.post("/api/v1/sites/gazette/comments", data=fields)
        assert as_form.status_code in {303, 400, 409, 422}, (text, as_form.text)
    read = client.get("/api/v1/sites/gazette/comments", query_string={"thread": text, "cursor": text, "sort": text})
    assert read.status_code in {200, 400}, read.text
