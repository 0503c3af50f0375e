"""Questions that the newsroom has not answered: made by threads, listed on the desk, and gone with the answer."""

from typing import Any

import pytest

from models import Thread
from tests.factories import Newsroom

API = "/api/v1/moderation"


def asked(caller: Any, **more: str) -> list[str]:
    answer = caller.get(f"{API}/queue", query_string={"filter": "unanswered", **more})
    assert answer.status_code == 200, answer.get_json()
    return [item["id"] for item in answer.get_json()["comments"]]


def mode(caller: Any, how: str, **said: Any) -> dict[str, Any]:
    answer = getattr(caller, how)(f"{API}/sites/gazette/threads", json={"key": "4711", **said})
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def test_a_question_waits_until_it_is_answered(newsroom: Newsroom, program: Any) -> None:
    caller = program(newsroom.key("moderate"))
    first, second = newsroom.published("When?"), newsroom.published("Where?")
    newsroom.published("I wonder.", parent_id=first)
    newsroom.comment("Nobody sees this yet.")
    assert asked(caller) == []
    mode(caller, "patch", mode="questions")
    assert asked(caller) == [first, second]
    assert asked(caller, order="newest") == [second, first]
    assert asked(caller, q="where") == [second]
    assert asked(caller, status="rejected") == []
    page = caller.get(f"{API}/queue", query_string={"filter": "unanswered", "limit": 1}).get_json()
    assert (page["total"], [item["id"] for item in page["comments"]]) == (2, [first])
    assert asked(caller, cursor=page["next_cursor"]) == [second]
    made = caller.post(f"{API}/comments/{first}/replies", json={"text": "On Monday."}).get_json()
    assert asked(caller) == [second]
    caller.post(f"{API}/decisions/{made['decision_id']}/undo")
    assert asked(caller) == [first, second]
    refused = caller.get(f"{API}/queue?filter=unanswered&order=decided")
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "waits")


def test_questions_stand_beside_every_mode(newsroom: Newsroom, program: Any) -> None:
    newsroom.published()
    cms, desk = program(newsroom.key("cms")), program(newsroom.key("moderate"))

    def stand() -> tuple[str | None, bool]:
        with newsroom.services.read() as session:
            thread = session.get_one(Thread, newsroom.thread())
            return thread.mode, thread.questions

    said = mode(cms, "put", mode="questions")
    assert (said["mode"], said["questions"], stand()) == ("questions", True, (None, True))
    said = mode(cms, "put", mode="needs_approval")
    assert (said["mode"], said["questions"], stand()) == ("needs_approval", True, ("needs_approval", True))
    # Moderators let go of pre-moderation, and readers go on asking.
    mode(desk, "patch", mode=None)
    assert stand() == (None, True)
    was = mode(desk, "patch", questions=False)["before"]
    assert stand() == (None, False)
    mode(desk, "patch", **{name: value for name, value in was.items() if name != "key"})
    assert stand() == (None, True)
    said = mode(cms, "put", mode=None)
    # A newsroom's system that always sends all fields ends nothing by that.
    assert (said["mode"], said["questions"], stand()) == ("questions", True, (None, True))
    mode(cms, "put", mode=None, questions=False)
    assert stand() == (None, False)


@pytest.mark.parametrize("how", ["put", "patch"])
def test_a_contradiction_is_refused(newsroom: Newsroom, program: Any, how: str) -> None:
    newsroom.published()
    caller = program(newsroom.key("cms" if how == "put" else "moderate"))
    refused = getattr(caller, how)(
        f"{API}/sites/gazette/threads", json={"key": "4711", "mode": "questions", "questions": False}
    )
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["code"] == "contradicts"


def test_the_desk_lists_them_where_anybody_asks(newsroom: Newsroom, anna: Any) -> None:
    newsroom.published()
    assert b"tab=unanswered" not in anna.get("/moderate/").data
    newsroom.thread("asks", questions=True)
    question = newsroom.published("When does it open?", thread=newsroom.thread("asks"))
    assert b"tab=unanswered" in anna.get("/moderate/").data
    page = anna.get("/moderate/?tab=unanswered").get_data(as_text=True)
    assert question in page
    assert "When does it open?" in page
