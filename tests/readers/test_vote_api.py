"""A vote over HTTP: from which origins, in which forms, and what is answered."""

from collections.abc import Iterator

import pytest
from flask import Flask

from models import VoteKinds
from service.app import create_app
from service.intake.receive import EXTENSION
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.fixed_clock import FixedClock


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services, ["service.intake.routes", "service.readers.routes"])
    yield app
    app.extensions[EXTENSION].commits.close()


def test_over_http(app: Flask, services: Services, fixed_clock: FixedClock) -> None:
    site = add_site(services, votes=VoteKinds.UP)
    comment = Newsroom(services, site).published()
    client = app.test_client()
    form = client.get("/api/v1/sites/gazette/form?thread=4711").get_json()
    assert form["votes"] == {"values": [1, 0], "after": 30}
    path, body = f"/api/v1/sites/gazette/comments/{comment}/votes", {"value": 1, "token": form["token"]}
    early = client.post(path, json=body)
    assert (early.status_code, early.headers["Retry-After"]) == (422, "31")
    fixed_clock.advance(seconds=30)
    answer = client.post(path, json=body, headers={"Origin": "http://news.test"})
    assert (answer.status_code, answer.get_json()) == (200, {"id": comment, "votes": 1, "value": 1})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://news.test"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.post(path, data={"value": "0", "token": form["token"]}).get_json()["votes"] == 0
    assert client.post(path, json=body, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/api/v1/sites/nowhere/comments/x/votes", json=body).status_code == 404
    assert client.post(path, data="1").status_code == 415
    assert client.post(path, json=[1]).status_code == 422
    allowed = client.options(path, headers={"Origin": "http://news.test", "Access-Control-Request-Method": "POST"})
    assert allowed.headers["Access-Control-Allow-Methods"] == "POST"
