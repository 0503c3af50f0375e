"""The pane's forms: plain posts, answered with the comment."""

from datetime import UTC, datetime

import pytest

from tests.desk.conftest import API

CASE = {"X-Part": "case"}


def post(caller, comment_id, door, **form):
    return caller.post(f"/moderate/comments/{comment_id}/{door}", data=form, headers=CASE)


def aside(caller, comment_id):
    return caller.get(f"{API}/comments/{comment_id}").get_json()["set_aside"]


@pytest.mark.parametrize(
    ("form", "due"),
    [
        ({"when": "15m"}, "2026-03-14T12:15:00Z"),
        ({"when": "tomorrow"}, "2026-03-15T08:00:00Z"),
        ({"when": "tomorrow", "zone": "Asia/Tokyo"}, "2026-03-14T23:00:00Z"),
        ({"when": "date", "date": "2026-03-20", "zone": "Europe/Berlin"}, "2026-03-20T07:00:00Z"),
        ({"when": "tomorrow", "zone": "../etc/passwd"}, "2026-03-15T08:00:00Z"),
    ],
)
def test_hold_until(newsroom, anna, form, due):
    comment_id = newsroom.comment()
    page = post(anna, comment_id, "hold", note="<b>Wait</b>", **form).get_data(as_text=True)
    assert "Held for later" in page
    assert "&lt;b&gt;Wait" in page
    assert datetime.fromisoformat(aside(anna, comment_id)["due_at"]) == datetime.fromisoformat(due).astimezone(UTC)


def test_hold_needs_a_day_that_is_one(newsroom, anna):
    assert post(anna, newsroom.comment(), "hold", when="date", date="x").status_code == 422


def test_without_a_script_the_desk_says_what_was_done(newsroom, anna):
    comment_id = newsroom.comment()
    found = anna.post(f"/moderate/comments/{comment_id}/hold", data={"when": "1h"})
    assert (found.status_code, "said=held" in found.location) == (303, True)
    assert "it has left the common list" in anna.get(found.location).get_data(as_text=True)
    assert post(anna, comment_id, "let-go").status_code == 200
    assert aside(anna, comment_id) is None


def test_asked_and_answered(newsroom, anna, boss):
    comment_id = newsroom.comment()
    page = post(anna, comment_id, "escalate", to="legal", when="4h", note="Libel?").get_data(as_text=True)
    assert "Escalated to legal" in page
    assert "Your answer" not in page
    assert "Your answer" in boss.get(f"/moderate/case/{comment_id}", headers=CASE).get_data(as_text=True)
    page = post(boss, comment_id, "answer", answer="It is fine.").get_data(as_text=True)
    assert "It is fine." in page
    assert "answered by Boss" in page
    assert post(anna, comment_id, "escalate", to="nobody", note="?").status_code == 422
    assert post(anna, comment_id, "escalate", to="lead", when="1h", note="And now?").status_code == 200
    assert post(anna, comment_id, "take-back").status_code == 200
    assert aside(anna, comment_id) is None
