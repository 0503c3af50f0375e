"""Outside checks by API: for administrators, and never with a secret in an answer."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from models import AuditEntry, OutsideCheck
from service.privacy.outside_check_secrets import open_secret
from tests.factories import Newsroom, add_policy_version

API = "/api/v1/moderation/sites/gazette/checks"
KEY = "canary-api-key-4711"
SIGNING = "whsec_" + "Q" * 44
AKISMET: dict[str, Any] = {"kind": "akismet", "url": "https://rest.akismet.com", "secret": KEY}
OWN: dict[str, Any] = {"kind": "own", "url": "https://check.news.example/hook?x=hidden", "secret": SIGNING}

Program = Callable[[str], FlaskClient]


@pytest.fixture
def admin(newsroom: Newsroom, program: Program) -> FlaskClient:
    return program(newsroom.key("admin"))


def rows(newsroom: Newsroom) -> list[OutsideCheck]:
    with newsroom.services.read() as session:
        return list(session.scalars(select(OutsideCheck).order_by(OutsideCheck.name)))


def test_a_check_is_set_up_changed_and_removed(newsroom: Newsroom, admin: FlaskClient) -> None:
    first = admin.put(f"{API}/akismet", json=AKISMET)
    assert first.status_code == 201
    assert first.get_json() == {
        "name": "akismet",
        "kind": "akismet",
        "url": "https://rest.akismet.com",
        "sends_address": False,
        "timeout": 2.0,
        "changed_at": "2026-03-14T12:00:00Z",
        "asked": False,
    }
    changed = admin.put(f"{API}/akismet", json={**AKISMET, "secret": None, "timeout": 3.5, "sends_address": True})
    assert (changed.status_code, changed.get_json()["timeout"]) == (200, 3.5)
    (row,) = rows(newsroom)
    assert open_secret(newsroom.services.keyring, row) == KEY
    assert admin.put(f"{API}/own", json=OWN).status_code == 201
    listed = admin.get(API).get_json()
    assert [check["name"] for check in listed["checks"]] == ["akismet", "own"]
    assert admin.get(f"{API}/own").get_json()["kind"] == "own"
    assert admin.delete(f"{API}/akismet").status_code == 204
    assert admin.delete(f"{API}/akismet").status_code == 404
    assert [row.name for row in rows(newsroom)] == ["own"]


def test_secrets_are_in_no_answer_row_or_trail(newsroom: Newsroom, admin: FlaskClient) -> None:
    answers = [
        admin.put(f"{API}/akismet", json=AKISMET),
        admin.put(f"{API}/own", json=OWN),
        admin.put(f"{API}/own", json={**OWN, "secret": "whsec_short-" + KEY}),
        admin.put(f"{API}/own", json={**OWN, "url": KEY}),
        admin.get(API),
        admin.get(f"{API}/akismet"),
        admin.delete(f"{API}/own"),
    ]
    assert not any(word in answer.text for answer in answers for word in (KEY, SIGNING))
    with newsroom.services.read() as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [entry.action for entry in entries] == ["check.set", "check.set", "check.remove"]
    assert entries[1].details == {
        "name": "own",
        "kind": "own",
        "host": "check.news.example",
        "sends_address": False,
        "timeout": 2.0,
        "new_secret": True,
    }
    assert KEY.encode() not in rows(newsroom)[0].sealed


def test_a_list_says_whether_the_policy_asks(newsroom: Newsroom, admin: FlaskClient) -> None:
    admin.put(f"{API}/akismet", json=AKISMET)
    add_policy_version(newsroom.services, newsroom.site, "rules: {outside_check: {enabled: true}}\n")
    assert admin.get(f"{API}/akismet").get_json()["asked"] is True


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        pytest.param("Akismet", {}, "name", id="capitals"),
        pytest.param("a" * 41, {}, "name", id="a long name"),
        pytest.param("a", {"kind": "guess"}, "kind", id="another kind"),
        pytest.param("a", {"url": "http://rest.akismet.com"}, "url", id="not encrypted"),
        pytest.param("a", {"url": "https://user:word@check.example"}, "url", id="a password in it"),
        pytest.param("a", {"url": "https://127.0.0.1/"}, "url", id="this machine"),
        pytest.param("a", {"url": "https://[::ffff:10.0.0.1]/"}, "url", id="a neighbour"),
        pytest.param("a", {"url": "https://169.254.169.254/latest"}, "url", id="a cloud's metadata"),
        pytest.param("a", {"url": "https://check.example:25/"}, "url", id="a mail server's port"),
        pytest.param("a", {"url": "https://check.example/#x"}, "url", id="a fragment"),
        pytest.param("a", {"url": "https://check.example/?x=1"}, "url", id="a query where ours is added"),
        pytest.param("a", {"url": "https://"}, "url", id="half an address"),
        pytest.param("a", {"timeout": 5.1}, "timeout", id="too patient"),
        pytest.param("a", {"timeout": 0}, "timeout", id="no time at all"),
        pytest.param("a", {"secret": "two words"}, "secret", id="no API key"),
        pytest.param("a", {"secret": None}, "secret", id="no secret"),
        pytest.param("a", {"kind": "own", "secret": "not-one"}, "secret", id="no signing secret"),
        pytest.param("a", {"retries": 3}, "retries", id="an unknown member"),
    ],
)
def test_what_cannot_be_set_up(
    newsroom: Newsroom, admin: FlaskClient, name: str, changes: dict[str, Any], field: str
) -> None:
    answer = admin.put(f"{API}/{name}", json={**AKISMET, **changes})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]
    assert rows(newsroom) == []


def test_a_known_secret_does_not_follow_to_another_address(newsroom: Newsroom, admin: FlaskClient) -> None:
    admin.put(f"{API}/akismet", json=AKISMET)
    for elsewhere in ({"url": "https://collector.example"}, {"kind": "own"}):
        answer = admin.put(f"{API}/akismet", json={**AKISMET, "secret": None, **elsewhere})
        assert [error["field"] for error in answer.get_json()["errors"]] == ["secret"]
    assert rows(newsroom)[0].url == "https://rest.akismet.com"


def test_a_site_has_a_few_checks_at_most(newsroom: Newsroom, admin: FlaskClient) -> None:
    answers = [admin.put(f"{API}/check{n}", json=AKISMET).status_code for n in range(5)]
    assert answers == [201, 201, 201, 201, 422]
    assert admin.put(f"{API}/check0", json=AKISMET).status_code == 200


@pytest.mark.parametrize("scope", ["read", "moderate", "cms"])
def test_others_have_no_business_here(newsroom: Newsroom, program: Program, scope: str) -> None:
    caller = program(newsroom.key(scope))
    answers = [
        caller.get(API),
        caller.get(f"{API}/akismet"),
        caller.put(f"{API}/akismet", json=AKISMET),
        caller.delete(f"{API}/akismet"),
    ]
    assert {answer.status_code for answer in answers} == {403}


def test_another_sites_checks_are_not_there(newsroom: Newsroom, elsewhere: Newsroom, program: Program) -> None:
    program(elsewhere.key("admin")).put("/api/v1/moderation/sites/herald/checks/akismet", json=AKISMET)
    caller = program(newsroom.key("admin"))
    theirs = "/api/v1/moderation/sites/herald/checks"
    answers = [
        caller.get(theirs),
        caller.put(f"{theirs}/akismet", json=AKISMET),
        caller.delete(f"{theirs}/akismet"),
        caller.get(f"{API}/akismet"),
    ]
    assert {answer.status_code for answer in answers} == {404}
