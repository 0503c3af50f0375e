"""One comment with all there is to know, and the one place where its address is shown."""

import pytest

from models import CommentVersion, Status
from service.moderation.addresses.disowning import disown
from tests.desk.conftest import CANARY
from tests.factories import edit, finding

API = "/api/v1/moderation"


def test_the_whole_case(newsroom, browser_of):
    parent = newsroom.comment("What about the bridge?", name="Jonas", status=Status.APPROVED)
    newsroom.comment("Before.", chain="mira", status=Status.REJECTED)
    comment_id = newsroom.comment(
        "Listed!", chain="mira", parent_id=parent, findings=[finding("word_list", "on the list", 0, 6)], address=CANARY
    )
    anna = browser_of(newsroom.moderator("Anna"))
    body = {"decisions": [{"comment_id": comment_id, "action": "reject", "reason": "insult", "note": "again"}]}
    assert anna.post(f"{API}/decisions", json=body).status_code == 200
    case = anna.get(f"{API}/comments/{comment_id}").get_json()
    assert case["parent"]["text"] == "What about the bridge?"
    assert case["versions"] == [
        {
            "n": 1,
            "text": "Listed!",
            "html": "<p>Listed!</p>",
            "status": "rejected",
            "created_at": case["created_at"],
            "redacts": None,
            "withheld": False,
        }
    ]
    machine, person = case["decisions"]
    assert (machine["by"]["kind"], machine["policy_version"]) == ("policy", "default@test")
    assert machine["findings"][0]["rule"] == "word_list"
    assert (machine["from_status"], machine["to_status"]) == ("received", "pending")
    assert (person["by"], person["reason"], person["note"]) == (
        {"kind": "moderator", "name": "Anna"},
        "insult",
        "again",
    )
    assert case["history"]["rejected"] == 1
    assert [other["text"] for other in case["earlier"]] == ["Before."]
    assert case["form"]["form_age"] == 42
    assert case["reviewed"] is True
    assert CANARY not in str(case)


def test_what_the_owner_of_its_address_disowned(newsroom, browser_of, services):
    comment_id = newsroom.published("Listed!", findings=[finding("word_list", "on the list", 0, 6)], address=CANARY)
    with services.write() as session:
        disown(session, comment_id, services.clock.now())
    anna = browser_of(newsroom.moderator("Anna"))
    [found] = anna.get(f"{API}/queue?rule=disowned").get_json()["comments"]
    assert (found["id"], found["status"], found["author"]["proven"]) == (comment_id, "pending", False)
    assert [seen["rule"] for seen in found["findings"]] == ["word_list", "disowned"]
    case = anna.get(f"{API}/comments/{comment_id}").get_json()
    assert case["published_version"] is None
    # Whoever judges it anew goes by these.
    assert case["decisions"][-1]["facts"]["disowned"] is True
    assert (case["decisions"][-1]["reason"], case["decisions"][-1]["to_status"]) == ("disowned", "pending")
    assert CANARY not in str(case)


def test_html_of_an_older_renderer_is_made_anew(newsroom, program, services):
    comment_id = newsroom.comment("- - seen")
    with services.write() as session:
        version = session.get_one(CommentVersion, (comment_id, 1))
        version.html, version.renderer = "", 1
    case = program(newsroom.key("read")).get(f"{API}/comments/{comment_id}").get_json()
    assert case["html"] == case["versions"][0]["html"] == "<p>- - seen</p>"


def test_a_long_history_is_cut_to_its_newest_part(services, newsroom, browser_of):
    comment_id = newsroom.published("The first text.")
    for n in range(2, 24):
        edit(services, comment_id, f"Text {n}.")
    anna = browser_of(newsroom.moderator("Anna"))
    keep = {"decisions": [{"comment_id": comment_id, "action": "keep"}]}
    for _ in range(100):
        assert anna.post(f"{API}/decisions", json=keep).status_code == 200
    case = anna.get(f"{API}/comments/{comment_id}").get_json()
    # What is up is shown beside what waits, however old it is.
    assert [version["n"] for version in case["versions"]] == [1, *range(4, 24)]
    assert (case["published_version"], case["versions_total"]) == (1, 23)
    assert [decision["action"] for decision in case["decisions"]] == ["keep"] * 100
    assert case["decisions"][-1]["revision"] == case["revision"]
    assert "The first text." in anna.get(f"/moderate/?at={comment_id}").get_data(as_text=True)


def test_no_such_comment(newsroom, program):
    answer = program(newsroom.key("read")).get(f"{API}/comments/01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert answer.status_code == 404


def test_an_address_is_revealed_to_an_administrator_and_kept_in_the_trail(newsroom, browser_of):
    comment_id = newsroom.comment(address=CANARY)
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    answer = boss.post(f"{API}/comments/{comment_id}/reveal-email", json={"reason": f"court order about {CANARY}"})
    assert answer.get_json() == {"comment_id": comment_id, "email": CANARY}
    assert answer.headers["Cache-Control"] == "no-store"
    entry = boss.get(f"{API}/audit").get_json()["entries"][0]
    assert (entry["action"], entry["target"]) == ("comment.reveal_email", comment_id)
    assert entry["details"]["reason"].startswith("court order")
    assert CANARY not in str(entry)


@pytest.mark.parametrize("reason", [None, "", "     ", "x"], ids=["missing", "empty", "blank", "too short"])
def test_no_reason_no_address(newsroom, browser_of, reason):
    comment_id = newsroom.comment(address=CANARY)
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    answer = boss.post(f"{API}/comments/{comment_id}/reveal-email", json={} if reason is None else {"reason": reason})
    assert answer.status_code == 422
    assert CANARY not in answer.get_data(as_text=True)
    assert [entry["action"] for entry in boss.get(f"{API}/audit").get_json()["entries"]] == []


def test_a_comment_without_an_address(newsroom, browser_of):
    comment_id = newsroom.comment()
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    answer = boss.post(f"{API}/comments/{comment_id}/reveal-email", json={"reason": "court order"})
    assert answer.status_code == 404
