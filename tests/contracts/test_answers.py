"""What every answer holds, a refusal as well as a page: headers that bind the browser, no host but our own."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import BadGateway, ImATeapot, MethodNotAllowed

from service import errors
from service.accounts.sessions import session_actor
from service.app import create_app
from service.desk.page_setup import CSP
from service.intake.receive import EXTENSION
from service.wiring import Services
from tests.factories import Newsroom

REFUSALS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.Refused)]
# What a request may claim about the name it came by.
CLAIMS = (
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Host",
    "X-Original-Host",
    "X-Rewrite-Url",
    "X-Original-Url",
    "X-HTTP-Host-Override",
    "X-Forwarded-Prefix",
    "X-Script-Name",
)
EVIL = "evil.example"
PAGES = ("/", "/docs", "/embed/gazette?thread=1", "/moderate/sign-in", "/moderate/", "/confirm/x", "/receipts/x")


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services)
    yield app
    app.extensions[EXTENSION].commits.close()


@pytest.fixture
def newsroom(services: Services, site) -> Newsroom:
    return Newsroom(services, site)


def signed_in(app: Flask, newsroom: Newsroom) -> FlaskClient:
    token = newsroom.session(newsroom.moderator("Boss", "admin"))
    client = app.test_client()
    client.set_cookie(newsroom.cookie, token, domain="localhost")
    actor = session_actor(newsroom.services, token)
    assert actor is not None
    assert actor.csrf is not None
    client.environ_base["HTTP_X_CSRF_TOKEN"] = actor.csrf
    return client


def routes(app: Flask, newsroom: Newsroom) -> list[tuple[str, str]]:
    """Every route with each of its methods, its arguments filled with what there is."""
    comment_id = newsroom.published()
    there = {"site": "gazette", "slug": "gazette", "comment_id": comment_id}
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: there.get(match[1], "x"), rule.rule)
        found += [(path, method) for method in sorted(rule.methods or ())]
    return found


def test_every_error_of_every_route_binds_the_browser_as_a_page_does(services, app, newsroom):
    raised: list[Exception] = []

    @app.before_request
    def fail() -> None:
        raise raised[0]

    client = app.test_client()
    paths = sorted({path for path, _ in routes(app, newsroom)} | {"/nothing", "/moderate/nothing", "/api/v1/nothing"})
    waits = {errors.TooMany: {"retry_after": 1}, errors.Unavailable: {"retry_after": 1}}
    kinds: list[Exception] = [kind(**waits.get(kind, {})) for kind in REFUSALS]
    seen = set()
    # One kind on every path, every kind on a path of each room.
    cases = [(errors.NotFound(), path) for path in paths]
    kinds += [MethodNotAllowed(["GET"]), ImATeapot(), BadGateway(), RuntimeError("a fault")]
    rooms = ("/moderate/", "/receipts/x", "/api/v1/sites/gazette/comments")
    cases += [(kind, path) for kind in kinds for path in rooms]
    for error, path in cases:
        raised[:] = [error]
        answer = client.get(path)
        seen.add(answer.status_code)
        assert answer.status_code >= 400
        bound(path, answer.headers)
    assert {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503} <= seen


def bound(path: str, headers) -> None:
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy, path
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    secret = path.startswith(("/receipts/", "/confirm/", "/unsubscribe/"))
    assert headers["Referrer-Policy"] == ("no-referrer" if secret else "same-origin")
    if path.startswith("/moderate"):
        assert policy == CSP
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    else:
        assert "default-src 'none'" in policy
        assert "script-src" not in policy


def test_good_pages_say_the_same(app, newsroom):
    for client in (app.test_client(), signed_in(app, newsroom)):
        for path in PAGES:
            headers = client.get(path).headers
            if path.startswith("/embed"):
                assert "frame-ancestors http://news.test" in headers["Content-Security-Policy"]
                assert headers["Referrer-Policy"] == "same-origin"
            elif "Location" not in headers or path.startswith("/moderate"):
                bound(path, headers)


def test_no_answer_repeats_what_host_was_asked_for(app, newsroom):
    client = signed_in(app, newsroom)
    claims = dict.fromkeys(CLAIMS, EVIL) | {"Forwarded": f"host={EVIL};proto=gopher", "X-Forwarded-Proto": "gopher"}
    moved = 0
    asked = [(path, method) for path, method in routes(app, newsroom) if method in ("GET", "POST")]
    asked += [(path[:-1] if path.endswith("/") else f"{path}/", "GET") for path, _ in asked if path != "/"]
    hosts = ["localhost@evil.example", "evil.example#localhost", EVIL, ""]
    cases = [(path, method, "localhost:6666") for path, method in asked]
    cases += [(path, "GET", host) for path in (*PAGES, "/moderate", "/demo") for host in hosts]
    for path, method, host in cases:
        answer = client.open(path, method=method, headers=claims | {"Host": host})
        told = answer.headers.get("Location", "")
        moved += told != ""
        assert told == "" or re.match(r"/[^/\\]|http://127\.0\.0\.1:8000/|http://news\.test/", told), (path, told)
        for shown in (answer.get_data(as_text=True), str(answer.headers)):
            assert EVIL not in shown, path
            assert ":6666" not in shown, path
            assert "gopher" not in shown, path
    assert moved > 5
