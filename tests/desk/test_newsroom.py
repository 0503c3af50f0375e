"""What the newsroom's systems say about threads, and the policy in its versions."""

import pytest
from sqlalchemy import select

from models import Status, Thread
from service.desk.site import waiting_threads
from tests.factories import move_comment

API = "/api/v1/moderation/sites/gazette"


def thread(newsroom, key):
    with newsroom.services.read() as session:
        return session.scalar(select(Thread).where(Thread.site_id == newsroom.site.id, Thread.key == key))


def test_the_newsroom_has_the_last_word_on_a_thread(newsroom, program):
    newsroom.comment(thread=newsroom.thread("a", title="What a reader saw", verified=False))
    caller = program(newsroom.key("cms"))
    answer = caller.put(
        f"{API}/threads",
        json={
            "key": "a",
            "canonical_url": "https://news.test/bridge",
            "title": "Council votes",
            "section": "local",
            "tags": ["council"],
            "language": "en-GB",
            "mode": "manual",
            "state": "closed",
        },
    )
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["title"], said["state"], said["mode"], said["verified"]) == ("Council votes", "closed", "manual", True)
    assert said["pending"] == 1
    found = thread(newsroom, "a")
    assert (found.url, found.section, found.tags, found.version) == (
        "https://news.test/bridge",
        "local",
        ["council"],
        1,
    )
    # What is absent stays; null empties.
    again = caller.put(f"{API}/threads", json={"key": "a", "state": "open", "section": None}).get_json()
    assert (again["state"], again["title"], again["section"]) == ("open", "Council votes", None)
    assert thread(newsroom, "a").version == 2
    caller.put(f"{API}/threads", json={"key": "a", "state": "open"})
    assert thread(newsroom, "a").version == 2, "nothing changed, nothing to build anew"


def test_a_thread_before_its_first_comment(newsroom, program):
    caller = program(newsroom.key("cms"))
    answer = caller.put(f"{API}/threads", json={"key": "né/w?", "canonical_url": "https://news.test/new"})
    assert answer.status_code == 201
    assert thread(newsroom, "né/w?").verified is True
    assert [found["key"] for found in caller.get(f"{API}/threads").get_json()["threads"]] == ["né/w?"]


@pytest.mark.parametrize(
    "body, field, code",
    [
        ({"title": "T"}, "key", "missing"),
        ({"key": ""}, "key", "invalid"),
        ({"key": "ü" * 300}, "key", "too_long"),
        ({"key": "a\nb"}, "key", "control_character"),
        ({"key": "new"}, "canonical_url", "missing"),
        ({"key": "new", "canonical_url": "javascript:alert(1)"}, "canonical_url", "not_a_web_address"),
        ({"key": "new", "canonical_url": "https://a:b@news.test/"}, "canonical_url", "not_a_web_address"),
        ({"key": "new", "canonical_url": "https://news.test:port/"}, "canonical_url", "not_a_web_address"),
        ({"key": "new", "canonical_url": "https://news.test/a\\b"}, "canonical_url", "not_a_web_address"),
        ({"key": "new", "canonical_url": "https://elsewhere.test/a"}, "canonical_url", "foreign_page"),
        ({"key": "a", "canonical_url": None}, "canonical_url", "invalid"),
        ({"key": "a", "title": "x" * 201}, "title", "invalid"),
        ({"key": "a", "state": "ajar"}, "state", "unknown_value"),
        ({"key": "a", "mode": "wild"}, "mode", "unknown_value"),
        ({"key": "a", "language": "not a language"}, "language", "invalid"),
        ({"key": "a", "tags": "council"}, "tags", "invalid"),
        ({"key": "a", "slow_mode": True}, "slow_mode", "unknown_field"),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, dict) else "",
)
def test_what_cannot_be_said_of_a_thread(newsroom, program, body, field, code):
    newsroom.thread("a")
    answer = program(newsroom.key("cms")).put(f"{API}/threads", json=body)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.get_json()["errors"]] == [(field, code)]


def test_threads_in_three_orders(newsroom, program):
    for key, count in (("a", 1), ("b", 3), ("c", 2)):
        for _ in range(count):
            newsroom.comment(thread=newsroom.thread(key))
    newsroom.thread("quiet")
    caller = program(newsroom.key("read"))

    def keys(**query):
        answer = caller.get(f"{API}/threads", query_string=query).get_json()
        return [found["key"] for found in answer["threads"]], answer["next_cursor"]

    assert keys(sort="pending") == (["b", "c", "a"], None)
    assert keys(sort="rate") == (["b", "c", "a"], None)
    first, cursor = keys(sort="newest", limit=3)
    assert first == ["quiet", "c", "b"]
    assert keys(sort="newest", cursor=cursor) == (["a"], None)
    assert caller.get(f"{API}/threads?sort=pending&cursor=x").status_code == 422


def test_threads_with_most_waiting_are_remembered_where_much_waits(newsroom, program, fixed_clock, monkeypatch):
    """Which they are, for a while; how much waits in them is always counted."""
    monkeypatch.setattr(waiting_threads, "TOTAL_MOST", 1)
    made = [newsroom.comment(thread=newsroom.thread(key)) for key in ("a", "a", "b", "b", "b")]
    caller = program(newsroom.key("read"))

    def found():
        answer = caller.get(f"{API}/threads?sort=pending").get_json()
        return [(thread["key"], thread["pending"]) for thread in answer["threads"]]

    assert found() == [("b", 3), ("a", 2)]
    newsroom.comment(thread=newsroom.thread("new"))
    for one in made[2:4]:
        move_comment(newsroom.services, one, Status.APPROVED)
    assert found() == [("a", 2), ("b", 1)]
    fixed_clock.advance(seconds=31)
    assert sorted(found()) == [("a", 2), ("b", 1), ("new", 1)]


POLICY = "version: 1\nmode: manual\n"


def test_a_policy_in_versions(newsroom, browser_of):
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    shipped = boss.get(f"{API}/policy").get_json()
    assert shipped["version"] == 0
    first = boss.put(f"{API}/policy", data=shipped["yaml"], content_type="application/yaml")
    assert first.status_code == 200, first.get_json()
    assert first.get_json()["version"] == 1
    assert first.get_json()["author"] == "Boss"
    changed = shipped["yaml"] + "\n# ours\n"
    body = {"yaml": changed, "note": "our own", "expected_version": 1}
    assert boss.put(f"{API}/policy", json=body).get_json()["version"] == 2
    late = boss.put(f"{API}/policy", json=body)
    assert (late.status_code, late.get_json()["code"]) == (409, "policy_changed")
    now = boss.get(f"{API}/policy").get_json()
    assert (now["yaml"], now["note"], now["version"]) == (changed, "our own", 2)
    assert boss.get("/api/v1/moderation/audit").get_json()["entries"][0]["action"] == "policy.change"


def test_a_wrong_policy_says_where(newsroom, browser_of):
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    answer = boss.put(f"{API}/policy", data="rules:\n  word_lits: {}\n", content_type="application/yaml")
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["problems"][0]["line"] >= 1
    assert problem["problems"][0]["column"] >= 1
    assert problem["errors"][0]["field"] == "yaml"
    assert "ine" in problem["errors"][0]["message"]
    assert boss.get(f"{API}/policy").get_json()["version"] == 0


@pytest.mark.parametrize(
    "data, content_type, status",
    [
        (b"\xff\xfe", "application/yaml", 400),
        (b"a" * (256 * 1024 + 1), "application/yaml", 413),
        (b"a: &x 1\nb: *x\n", "application/yaml", 422),
        (b"a: 1", "image/png", 415),
    ],
    ids=["not UTF-8", "too large", "aliases", "another kind"],
)
def test_what_is_no_policy(newsroom, browser_of, data, content_type, status):
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    assert boss.put(f"{API}/policy", data=data, content_type=content_type).status_code == status
