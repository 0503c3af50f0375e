"""The same on PostgreSQL, and what still works while Redis is away."""

import pytest

from models import Status
from service.accounts.sessions import session_actor
from service.app import create_app
from service.wiring import wire
from tests.desk.conftest import newsroom_of
from tests.factories import add_site, finding
from tests.factories.moderator import PASSWORD
from tests.settings import make_settings
from tests.sharing.databases import make_tables

API = "/api/v1/moderation"


def caller_of(newsroom, scope):
    caller = create_app(newsroom.services, rooms=("service.desk.routes",)).test_client()
    caller.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {newsroom.key(scope)}"
    return caller


@pytest.mark.postgres
def test_everything_once_on_postgresql(postgres_services):
    newsroom = newsroom_of(postgres_services, add_site(postgres_services))
    first = newsroom.comment("First", chain="m", findings=[finding("word_list", "m", 0, 5)], priority=1)
    newsroom.comment("Second", chain="m", status=Status.APPROVED)
    caller = caller_of(newsroom, "admin")
    queue = caller.get(f"{API}/queue?limit=1").get_json()
    assert queue["comments"][0]["history"]["approved"] == 1
    assert caller.post(f"{API}/leases", json={"site": "gazette"}).get_json()["leases"][0]["comment_id"] == first
    made = caller.post(f"{API}/decisions", json={"decisions": [{"comment_id": first, "action": "spam"}]}).get_json()
    decision_id = made["decisions"][0]["decision_id"]
    for tab in ("waiting", "approved", "rejected", "spam"):
        assert caller.get(f"/moderate/?tab={tab}&q=FIRST").status_code == 200
    assert caller.post(f"{API}/decisions/{decision_id}/undo").status_code == 200
    assert len(caller.get(f"{API}/comments/{first}").get_json()["decisions"]) == 3
    body = {"key": "new", "canonical_url": "https://news.test/new", "tags": ["a"]}
    assert caller.put(f"{API}/sites/gazette/threads", json=body).status_code == 201
    assert caller.put(f"{API}/sites/gazette/threads", json=body).status_code == 200
    for sort in ("newest", "pending", "rate"):
        found = caller.get(f"{API}/sites/gazette/threads?sort={sort}").get_json()["threads"]
        assert "4711" in {thread["key"] for thread in found}
    shipped = caller.get(f"{API}/sites/gazette/policy").get_json()["yaml"]
    for version in (1, 2):
        answer = caller.put(f"{API}/sites/gazette/policy", data=shipped, content_type="application/yaml")
        assert answer.get_json()["version"] == version
    actions = [entry["action"] for entry in caller.get(f"{API}/audit").get_json()["entries"]]
    assert actions == ["policy.change", "policy.change", "thread.add", "comment.undo", "comment.spam"]


def test_without_redis_people_go_on_deciding(tmp_path):
    services = wire(make_settings(f"sqlite:///{tmp_path / 'alone.db'}", f"unix://{tmp_path / 'nothing'}"))
    make_tables(services.engine)
    newsroom = newsroom_of(services, add_site(services))
    comment_id = newsroom.comment()
    newsroom.moderator("Anna", password=PASSWORD)
    caller = caller_of(newsroom, "moderate")
    assert caller.get(f"{API}/queue").get_json()["comments"][0]["id"] == comment_id
    taken = caller.post(f"{API}/leases", json={"site": "gazette"})
    assert [found["comment_id"] for found in taken.get_json()["leases"]] == [comment_id]
    assert caller.delete(f"{API}/leases/{comment_id}").status_code == 204
    assert caller.get("/moderate/").status_code == 200
    body = {"decisions": [{"comment_id": comment_id, "action": "approve", "expected_revision": 1}]}
    assert caller.post(f"{API}/decisions", json=body).get_json()["decisions"][0]["status"] == "approved"
    browser = create_app(services, rooms=("service.desk.routes",)).test_client()
    answer = browser.post("/moderate/sign-in", data={"address": "anna@desk.example", "password": PASSWORD})
    assert answer.status_code == 303
    services.close()


# Pages that go on from an id, and forms with the field of theirs that names something.
SITES = "/moderate/sites/gazette"
NAMED = (
    ("GET", f"{SITES}/standing-decisions", "cursor"),
    ("GET", f"{SITES}/wrong-findings", "cursor"),
    ("GET", f"{SITES}/writers", "cursor"),
    ("GET", f"{SITES}/bans", "cursor"),
    ("GET", f"{SITES}/policy/entries", "cursor"),
    ("GET", f"{SITES}/clusters/{'0' * 26}", "job"),
    ("POST", f"{SITES}/clusters/{'0' * 26}/undo", "job"),
    ("POST", f"{SITES}/standing-decisions/end", "standing_id"),
    ("POST", f"{SITES}/wrong-findings/settle", "finding_id"),
    ("POST", f"{SITES}/bans/lift", "ban_id"),
    ("POST", "/moderate/writer/unmark", "mark_id"),
    ("POST", "/moderate/writer/unmark", "site_of"),
    ("POST", "/moderate/writer/act", "comment_id"),
    ("POST", "/moderate/wrong-finding", "comment_id"),
    ("POST", "/moderate/reveal-address", "comment_id"),
)


@pytest.mark.postgres
def test_no_page_asks_postgresql_for_a_nul(postgres_services):
    newsroom = newsroom_of(postgres_services, add_site(postgres_services))
    token = newsroom.session(newsroom.moderator("Boss", "admin"))
    boss = create_app(postgres_services, rooms=("service.desk.routes",)).test_client()
    boss.set_cookie(newsroom.cookie, token, domain="localhost")
    actor = session_actor(postgres_services, token)
    assert actor is not None
    more = {"site_of": "gazette", "kind": "note", "reason": "why", "finding_rule": "caps", "csrf": actor.csrf}
    for method, where, name in NAMED:
        if method == "GET":
            status = boss.get(where, query_string={name: "a\0b"}).status_code
        else:
            status = boss.post(where, data=more | {name: "a\0b"}).status_code
        assert status in (200, 404), (where, name)
