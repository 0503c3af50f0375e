"""Who may call what: roles, keys, tokens of a session, other sites' things."""

import pytest

from models import Membership
from tests.desk.conftest import CANARY

API = "/api/v1/moderation"

# (method, path, body, the least that a person needs, key scopes that are enough)
CALLS = [
    pytest.param("GET", "/queue", None, "viewer", "read moderate admin", id="queue"),
    pytest.param("POST", "/leases", {"site": "gazette"}, "moderator", "moderate admin", id="leases"),
    pytest.param("DELETE", "/leases/{id}", None, "moderator", "moderate admin", id="let go"),
    pytest.param(
        "POST",
        "/decisions",
        {"decisions": [{"comment_id": "{id}", "action": "keep"}]},
        "moderator",
        "moderate admin",
        id="decisions",
    ),
    pytest.param("GET", "/comments/{id}", None, "viewer", "read moderate admin", id="comment"),
    pytest.param("POST", "/comments/{id}/reveal-email", {"reason": "a threat"}, "admin", "admin", id="reveal"),
    pytest.param("POST", "/comments/{id}/bans", {"kind": "chain"}, "moderator", "moderate admin", id="ban"),
    pytest.param("GET", "/sites/gazette/bans", None, "moderator", "moderate admin", id="bans"),
    pytest.param("DELETE", "/sites/gazette/bans/{id}", None, "moderator", "moderate admin", id="lift a ban"),
    pytest.param(
        "POST", "/comments/{id}/revoke-receipt", {"reason": "it leaked"}, "admin", "admin", id="revoke a receipt"
    ),
    pytest.param("GET", "/sites/gazette/keys", None, "admin", "admin", id="keys"),
    pytest.param("POST", "/sites/gazette/keys", {"scope": "read"}, "admin", "admin", id="make a key"),
    pytest.param("DELETE", "/sites/gazette/keys/{id}", None, "admin", "admin", id="revoke a key"),
    pytest.param("GET", "/moderators?site=gazette", None, "admin", "admin", id="people"),
    pytest.param(
        "POST",
        "/moderators",
        {"email": "a@b.test", "role": "viewer", "sites": ["gazette"]},
        "admin",
        "admin",
        id="add somebody",
    ),
    pytest.param("PATCH", "/moderators/{id}", {"role": "viewer"}, "admin", "admin", id="change somebody"),
    pytest.param("DELETE", "/moderators/{id}", None, "admin", "admin", id="close an account"),
    pytest.param("POST", "/moderators/{id}/link", None, "admin", "admin", id="let somebody in"),
    pytest.param("GET", "/audit", None, "moderator", "moderate admin", id="audit"),
    pytest.param("PUT", "/sites/gazette/threads", {"key": "4711", "title": "T"}, "admin", "cms admin", id="put thread"),
    pytest.param("GET", "/sites/gazette/threads", None, "viewer", "read moderate cms admin", id="threads"),
    pytest.param("GET", "/sites/gazette/policy", None, "viewer", "read moderate admin", id="policy"),
    pytest.param("PUT", "/sites/gazette/policy", {"yaml": "version: 1\n"}, "admin", "admin", id="put policy"),
]
ROLES = ["viewer", "moderator", "admin"]
SCOPES = ["read", "submit", "cms", "moderate", "admin"]


def call(caller, method, path, body, comment_id):
    if body is not None:
        body = {name: _filled(value, comment_id) for name, value in body.items()}
    return caller.open(API + path.format(id=comment_id), method=method, json=body)


def _filled(value, comment_id):
    if isinstance(value, list):
        return [
            {name: inner.format(id=comment_id) for name, inner in one.items()} if isinstance(one, dict) else one
            for one in value
        ]
    return value


@pytest.mark.parametrize("method, path, body, role, scopes", CALLS)
def test_roles_and_scopes(newsroom, program, browser_of, client, method, path, body, role, scopes):
    comment_id = newsroom.comment(address=CANARY)
    answer = call(client, method, path, body, comment_id)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "sign_in_needed"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for scope in SCOPES:
        status = call(program(newsroom.key(scope)), method, path, body, comment_id).status_code
        assert (status != 403) == (scope in scopes.split()), scope
        assert status != 401
    for held in ROLES:
        status = call(browser_of(newsroom.moderator(held, held)), method, path, body, comment_id).status_code
        assert (status != 403) == (ROLES.index(held) >= ROLES.index(role)), held


@pytest.mark.parametrize("method, path, body, role, scopes", CALLS)
def test_another_sites_things_are_not_there(newsroom, elsewhere, program, method, path, body, role, scopes):
    foreign = elsewhere.comment(address=CANARY)
    caller = program(newsroom.key("admin"))
    answer = call(caller, method, path.replace("gazette", "herald"), _abroad(body), foreign)
    if path == "/decisions":
        assert answer.get_json()["decisions"][0]["code"] == "not_found"
    elif path in ("/queue", "/audit"):
        assert answer.status_code == 200
        assert foreign not in answer.get_data(as_text=True)
        assert caller.get(API + path, query_string={"site": "herald"}).status_code == 404
    else:
        assert answer.status_code == 404, answer.get_json()
        nowhere = call(
            caller,
            method,
            path.replace("gazette", "nowhere"),
            _abroad(body, "nowhere"),
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        )
        assert nowhere.get_json() == answer.get_json()


def _abroad(body, slug="herald"):
    places = {"site": slug, "sites": [slug]}
    return body and body | {name: place for name, place in places.items() if name in body}


@pytest.mark.parametrize(
    "method, path",
    [(call.values[0], call.values[1]) for call in CALLS if call.values[0] != "GET"],
    ids=lambda word: word,
)
def test_a_cookie_alone_changes_nothing(newsroom, browser_of, method, path):
    comment_id = newsroom.comment()
    caller = browser_of(newsroom.moderator("Boss", "admin"), csrf=False)
    answer = caller.open(API + path.format(id=comment_id), method=method, json={})
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "csrf"


def test_a_role_counts_on_its_own_site_only(newsroom, elsewhere, browser_of):
    own, foreign = newsroom.comment(), elsewhere.comment()
    boss = newsroom.moderator("Boss", "admin")
    with newsroom.services.write() as session:
        session.add(Membership(moderator_id=boss, site_id=elsewhere.site.id, role="viewer"))
    caller = browser_of(boss)
    assert caller.get(f"{API}/comments/{foreign}").status_code == 200
    assert caller.post(f"{API}/comments/{foreign}/reveal-email", json={"reason": "a threat"}).status_code == 403
    body = {"decisions": [{"comment_id": foreign, "action": "spam"}, {"comment_id": own, "action": "spam"}]}
    refused, made = caller.post(f"{API}/decisions", json=body).get_json()["decisions"]
    assert (refused["status"], refused["code"]) == (403, "forbidden")
    assert made["status"] == "spam"


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        pytest.param(b"{", "application/json", 400, id="broken JSON"),
        pytest.param(b'{"decisions": "\xff"}', "application/json", 400, id="not UTF-8"),
        pytest.param(b"[" * 50_000, "application/json", 400, id="nested too deep"),
        pytest.param(b"", "application/json", 400, id="nothing"),
        pytest.param(b"decisions=1", "application/x-www-form-urlencoded", 415, id="a form"),
        pytest.param(b"null", "application/json", 422, id="null"),
        pytest.param(b'{"decisions": []}', "application/json", 422, id="no items"),
        pytest.param(b'{"decisions": [{"comment_id": "x", "action": "love"}]}', "application/json", 422, id="action"),
        pytest.param(
            b'{"decisions": [{"comment_id": "x", "action": "undo"}]}', "application/json", 422, id="undo here"
        ),
        pytest.param(
            b'{"decisions": [{"comment_id": "\\u0000", "action": "spam"}]}', "application/json", 422, id="NUL"
        ),
        pytest.param(
            b'{"decisions": [{"comment_id": "x", "action": "spam", "expected_revision": 99999999999999999999}]}',
            "application/json",
            422,
            id="a number of no size",
        ),
        pytest.param(
            b'{"decisions": [{"comment_id": "x", "action": "spam", "why": 1}]}', "application/json", 422, id="extra"
        ),
    ],
)
def test_wrong_bodies_get_a_problem_document(newsroom, program, body, content_type, status):
    answer = program(newsroom.key("moderate")).post(f"{API}/decisions", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    if status == 422:
        assert answer.get_json()["errors"][0]["message"]


def test_no_foreign_page_may_read_answers(newsroom, program):
    answer = program(newsroom.key("read")).get(f"{API}/queue?limit=0", headers={"Origin": "http://news.test"})
    assert answer.status_code == 422
    assert "Access-Control-Allow-Origin" not in answer.headers
