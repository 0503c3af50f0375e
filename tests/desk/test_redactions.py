"""A passage is removed: readers, lists and searches lose it, who may decide can read it, and nobody brings it back."""

import pytest
from sqlalchemy import select

from models import (
    CommentRule,
    SearchEntry,
    SiteSettings,
    Status,
)
from models.database.words import words_of
from service.intake.receipts import look
from service.moderation.facts.gather import _doubted
from service.moderation.facts.received_rows import received
from tests.desk.test_editorial import API, CUT, END, SECRET, START, TEXT, receipt_of, redaction, shown
from tests.factories import edit, finding

# A passage is removed.


@pytest.mark.parametrize("status", [Status.APPROVED, Status.PENDING, Status.REJECTED, Status.SPAM])
def test_a_passage_goes_and_the_comment_stays_where_it_is(newsroom, anna, services, status):
    findings = [
        finding("a", "before", 0, 6),
        finding("b", "within", START + 8, END),
        finding("c", "behind", END + 2, END + 5),
    ]
    comment_id = newsroom.comment(TEXT, status=status, findings=findings)
    receipt = receipt_of(newsroom, comment_id)
    made = anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id))
    assert (made.status_code, made.get_json()["status"], made.get_json()["version"]) == (201, status.value, 2)
    case = anna.get(f"{API}/comments/{comment_id}").get_json()
    assert (case["text"], case["status"]) == (CUT, status.value)
    assert [CUT[f["start"] : f["end"]] for f in case["findings"]] == ["A fine", "and"]
    assert [version["text"] for version in case["versions"]] == [TEXT, CUT]
    assert case["policy_version"] == "default@test"
    # Its writer has changed nothing.
    assert case["edited_at"] is None
    with services.read() as session:
        words = session.scalars(select(SearchEntry.words).where(SearchEntry.comment_id == comment_id)).one()
        assert set(session.scalars(select(CommentRule.rule))) == {"a", "c"}
    assert set(words.replace("'", "").split()) == set(words_of("Mira Holm", CUT, "Council votes on the bridge"))
    assert look(services, receipt).redacted is True
    if status is Status.APPROVED:
        assert SECRET not in str(shown(newsroom))
        assert CUT in shown(newsroom)["comments"][0]["html"]
        assert shown(newsroom)["comments"][0]["edited_at"] is None

    back = anna.post(f"{API}/decisions/{made.get_json()['decision_id']}/undo")
    assert back.get_json()["status"] == status.value
    case = anna.get(f"{API}/comments/{comment_id}").get_json()
    assert (case["text"], [f["rule"] for f in case["findings"]]) == (TEXT, ["a", "b", "c"])
    assert status is not Status.APPROVED or shown(newsroom)["comments"][0]["edited_at"] is None
    assert look(services, receipt).redacted is False
    assert "1234567" not in anna.get(f"{API}/audit").get_data(as_text=True)


def test_what_is_up_is_cut_also_beside_an_edit_that_was_refused(newsroom, anna, services):
    comment_id = newsroom.published(TEXT)
    edit(services, comment_id, "Worse.")
    refuse = {"decisions": [{"comment_id": comment_id, "action": "reject"}]}
    waits = redaction(newsroom, comment_id)
    assert anna.post(f"{API}/comments/{comment_id}/redactions", json=waits).get_json()["code"] == "not_judged"
    anna.post(f"{API}/decisions", json=refuse)
    made = anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id, version=1))
    assert made.status_code == 201
    assert CUT in shown(newsroom)["comments"][0]["html"]


def test_the_form_cuts_what_readers_see(newsroom, anna, services):
    comment_id = newsroom.published(TEXT)
    edit(services, comment_id, "Worse.")
    anna.post(f"{API}/decisions", json={"decisions": [{"comment_id": comment_id, "action": "reject"}]})
    pane = anna.get(f"/moderate/case/{comment_id}", headers={"X-Part": "case"}).get_data(as_text=True)
    assert f"readonly>{TEXT}<" in pane
    fields = {"comment_id": comment_id, "passage": SECRET, "version": "1", "expected_revision": "3"}
    assert "said=redacted" in anna.post("/moderate/redact", data=fields).location
    assert CUT in shown(newsroom)["comments"][0]["html"]


def test_only_who_may_decide_reads_what_was_removed(newsroom, anna, reader):
    comment_id = newsroom.comment(TEXT, status=Status.APPROVED, findings=[finding("patterns", SECRET, START, END)])
    said = {"rule": "patterns", "field": "text", "start": START, "end": END}
    assert anna.post(f"{API}/comments/{comment_id}/wrong-findings", json=said).status_code == 200
    seen = [
        f"{API}/comments/{comment_id}",
        f"{API}/sites/gazette/wrong-findings",
        f"/moderate/?at={comment_id}&tab=approved",
        f"/moderate/case/{comment_id}/versions",
        "/moderate/sites/gazette/wrong-findings",
    ]
    assert all(SECRET in reader.get(path).get_data(as_text=True) for path in seen[:3])
    made = anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id))
    assert made.status_code == 201
    for path in seen:
        assert SECRET not in reader.get(path).get_data(as_text=True), path
    assert SECRET in anna.get(seen[0]).get_data(as_text=True)
    assert SECRET in anna.get(seen[3]).get_data(as_text=True)
    assert "only moderators read it" in reader.get(seen[3]).get_data(as_text=True)
    versions = reader.get(seen[0]).get_json()["versions"]
    assert [(one["text"], one["withheld"]) for one in versions] == [("", True), (CUT, False)]


def test_a_writer_does_not_bring_a_passage_back_past_people(newsroom, anna, services):
    comment_id = newsroom.published(TEXT)
    anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id))
    edit(services, comment_id, TEXT)
    with services.read() as session:
        assert _doubted(session, received(session, [comment_id])) == {comment_id}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        pytest.param({"start": END, "end": START}, 422, "invalid", id="backwards"),
        pytest.param({"end": 10_000}, 422, "invalid", id="beyond its end"),
        pytest.param({"start": 1, "end": 2}, 422, "invalid", id="a space"),
        pytest.param({"version": 7}, 422, "invalid", id="no such version"),
        pytest.param({"expected_revision": 0}, 409, "decided", id="moved meanwhile"),
    ],
)
def test_what_cannot_be_removed(newsroom, anna, changes, status, code):
    comment_id = newsroom.published(TEXT)
    answer = anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id, **changes))
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_the_words_are_in_the_sites_language(newsroom, anna, services):
    with services.write() as session:
        session.merge(newsroom.site).settings = SiteSettings(language="de-AT")
    comment_id = newsroom.published(TEXT)
    anna.post(f"{API}/comments/{comment_id}/redactions", json=redaction(newsroom, comment_id))
    assert "[personenbezogene Daten von der Redaktion entfernt]" in shown(newsroom)["comments"][0]["html"]


@pytest.mark.parametrize(
    ("passage", "words"),
    [("nowhere", "does not stand there"), ("e", "stands there"), ("", "Select the passage")],
    ids=["not there", "there twice", "empty"],
)
def test_a_passage_that_is_not_clear_is_refused_in_one_sentence(newsroom, anna, passage, words):
    comment_id = newsroom.published(TEXT)
    fields = {"comment_id": comment_id, "passage": passage, "version": "1", "expected_revision": "1"}
    answer = anna.post("/moderate/redact", data=fields, headers={"X-Part": "case"})
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
