"""The policy's JSON Schema: sound, small, said once, and the same in every place that gives it out."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from moderation_rules.lists.shipped import default_policy_text
from moderation_rules.policy.schema import policy_schema
from service.app import create_app
from service.cli.rules.commands import rules
from service.embedded.folder import remember_running
from service.wiring import Services


def _within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _within(inner)


def test_it_is_sound_and_takes_the_shipped_policy() -> None:
    schema = policy_schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(yaml.safe_load(default_policy_text()))


def test_what_stands_in_many_places_is_said_once() -> None:
    schema = policy_schema()
    names = {part["$ref"].removeprefix("#/$defs/") for part in _within(schema) if "$ref" in part}
    assert names == set(schema["$defs"])
    for name, meant in schema["$defs"].items():
        assert sum(part == meant for part in _within(schema)) == 1, name
    assert len(json.dumps(schema)) < 40_000


@pytest.mark.parametrize(
    ("environ", "identity"),
    [
        pytest.param({}, "policy.schema.json", id="nothing set"),
        pytest.param(
            {"REJOINDER_PUBLIC_URL": "https://c.example/"}, "https://c.example/policy.schema.json", id="public URL"
        ),
    ],
)
def test_the_command_prints_it(environ: dict[str, str], identity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REJOINDER_PUBLIC_URL", "DATA_DIR", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(rules, ["schema"], env=environ)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {**policy_schema(), "$id": identity}


def test_the_command_knows_where_the_last_run_on_a_folder_was(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REJOINDER_PUBLIC_URL", raising=False)
    remember_running(tmp_path, public_url="http://127.0.0.1:8123")
    result = CliRunner().invoke(rules, ["schema", "--data-dir", str(tmp_path)])
    assert json.loads(result.stdout)["$id"] == "http://127.0.0.1:8123/policy.schema.json"


def test_the_service_serves_it_to_anybody(services: Services) -> None:
    client = create_app(services).test_client()
    response = client.get("/policy.schema.json")
    assert response.status_code == 200
    assert response.mimetype == "application/schema+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == client.get("/openapi.json").headers["Cache-Control"]
    public_url = services.settings.public_url
    assert json.loads(response.data) == {**policy_schema(public_url), "$id": f"{public_url}/policy.schema.json"}
    again = client.get("/policy.schema.json", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "get" in client.get("/openapi.json").get_json()["paths"]["/policy.schema.json"]
