"""What stands around one comment on the desk: the conversation, why it was judged so, its copies, versions, trail."""

import time

import pytest
from sqlalchemy import select

from models import ActorKind, AuditEntry, Comment, Mode, Status
from service.desk.surroundings.explanation import why
from service.desk.surroundings.word_diff import as_markup, changed_words
from service.desk.types import FindingView
from service.desk.wording import weight
from service.localization import ENGLISH, speak
from service.moderation.policies.limits import Limits
from tests.desk.queue.test_pages import hidden, page_of
from tests.factories import add_policy_version, edit, finding, move_comment
from tests.factories.decision import POLICY

API = "/api/v1/moderation"
LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("a b c", "a b c", "a b c"),
        ("a b c", "a x c", "a [b ]{x }c"),
        ("", "a", "{a}"),
        ("a", "", "[a]"),
        ("Größe<b>", "Größe<i>", "[Größe<b>]{Größe<i>}"),
        ("东京很好", "东京不好", "东京[很]{不}好"),
        ("one two", "two one", None),
    ],
)
def test_words_that_changed(old, new, marked):
    pieces = changed_words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new
    if marked is not None:
        signs = {"same": "{}", "gone": "[{}]", "new": "{{{}}}"}
        assert "".join(signs[piece.kind].format(piece.text) for piece in pieces) == marked
    assert "<b>" not in as_markup(pieces)


def test_long_texts_are_compared_in_one_piece_each():
    old, new = ("a " * 2000 + "x", "b " * 2000 + "y")
    assert [piece.kind for piece in changed_words(old, new)] == ["gone", "new"]


def test_texts_that_are_slow_to_compare_are_not_compared():
    old, new = "z " + "a c " * 1250 + "p", "y " + "a b " * 95 + "q"
    began = time.process_time()
    assert [piece.kind for piece in changed_words(old, new)] == ["gone", "new"]
    # Compared word by word it takes five.
    assert time.process_time() - began < 1
    words = [f"w{n % 300}" for n in range(800)]
    edited = ["new", *words[1:400], "other", *words[401:-1], "last"]
    assert len(changed_words(" ".join(words), " ".join(edited))) > 3


def found(rule="word_list", verdict=None, score=2.0, **more):
    shape = {"version": 1, "field": None, "start": None, "end": None, "message": "m"}
    return FindingView(**(shape | {"rule": rule, "verdict": verdict, "score": score} | more))


ASSISTED, MANUAL = Limits(3, 4.0, 12.0, Mode.ASSISTED), Limits(3, 4.0, 12.0, Mode.MANUAL)


@pytest.mark.parametrize(
    ("action", "score", "findings", "limits", "sentence"),
    [
        ("pending", 5.2, [found()], ASSISTED, "Held: its points add up to 5.2; held from 4."),
        (
            "pending",
            1,
            [found()],
            ASSISTED,
            "Held: nothing is published here without a person. Its points add up to 1.",
        ),
        ("pending", 1, [], MANUAL, "Held: a person decides everything here. Its points add up to 1."),
        ("approve", 1, [found()], ASSISTED, "Published: its points add up to 1; held from 4."),
        ("reject", 13, [found()], ASSISTED, "Rejected: its points add up to 13; refused from 12."),
        ("spam", 13, [found()], ASSISTED, "Marked as spam: its points add up to 13; refused from 12."),
        ("pending", 5, [found()], None, "Held: its points add up to 5."),
        (
            "reject",
            2,
            [found("banned", "reject")],
            ASSISTED,
            "Rejected: the rule “Banned” does so, whatever the points. Its points add up to 2; held from 4.",
        ),
        (
            "pending",
            5,
            [found("banned", "pending", observe=True)],
            ASSISTED,
            "Held: its points add up to 5; held from 4.",
        ),
        (
            "reject",
            0,
            [found("standing_decision", "reject", message="a copy of what Ann rejected at 14:05 UTC")],
            ASSISTED,
            "Rejected: it is a copy of what Ann rejected at 14:05 UTC.",
        ),
    ],
)
def test_why_in_a_sentence(action, score, findings, limits, sentence):
    assert why(action, score, findings, limits) == sentence


def test_points_are_written_as_the_language_writes_them():
    speak("de")
    try:
        assert "5,2;" in why("pending", 5.2, [found()], ASSISTED)
        assert weight(found(score=2.5)) == "+2,5"
    finally:
        speak(ENGLISH)


def test_the_conversation_around_a_comment(newsroom, boss, reader):
    top = newsroom.published("Where it began.")
    parent = newsroom.published("An answer.", parent_id=top)
    before = newsroom.comment("Beside it, earlier.", parent_id=parent)
    here = newsroom.comment("This one.", parent_id=parent)
    after = newsroom.published("Beside it, later.", parent_id=parent)
    below = [newsroom.comment(f"Reply {n}.", parent_id=here) for n in range(6)]
    newsroom.published("Elsewhere in the thread.")
    around = boss.get(f"{API}/comments/{here}").get_json()["conversation"]
    ids = {part: [one["id"] for one in around[part]] for part in ("above", "before", "after", "replies")}
    assert ids == {"above": [top, parent], "before": [before], "after": [after], "replies": below[:5]}
    assert around["more_replies"] is True
    assert around["before"][0]["status"] == "pending"
    page = page_of(reader, f"/moderate/?at={here}")
    assert all(f'href="/moderate/?at={one}"' in page for one in (top, parent, before, after, *below[:5]))
    assert [one["id"] for one in boss.get(f"{API}/comments/{top}").get_json()["conversation"]["replies"]] == [parent]


def test_the_same_text_was_decided_before(services, newsroom, anna, elsewhere):
    first = newsroom.comment(LAMPS.format("Ann"))
    near = newsroom.comment(LAMPS.format("Bernd"), copy_of=first)
    here = newsroom.comment(LAMPS.format("Ann").upper(), copy_of=first)
    abroad = elsewhere.comment(LAMPS.format("Ann"))
    move_comment(services, abroad, Status.SPAM, kind=ActorKind.MODERATOR)
    assert anna.get(f"{API}/comments/{here}").get_json()["same_text"] == []
    for one, reason in ((first, "insult"), (near, None)):
        item = {"comment_id": one, "action": "reject", "reason": reason, "expected_revision": 1}
        made = anna.post(f"{API}/decisions", json={"decisions": [item]}).get_json()["decisions"][0]
    alike = anna.get(f"{API}/comments/{here}").get_json()["same_text"]
    assert [(one["comment_id"], one["nearly"], one["mine"]) for one in alike] == [
        (near, True, True),
        (first, False, True),
    ]
    anna.post(f"{API}/decisions/{made['decision_id']}/undo")
    page = page_of(anna, f"/moderate/?at={here}")
    assert "The same text was rejected</a>" in page
    assert "<bdi>you</bdi>: Insult." in page


def test_a_pending_edit_beside_what_is_up_and_every_version(services, newsroom, anna):
    one = newsroom.published("The bridge is fine.")
    edit(services, one, "The bridge is <b>late</b>.")
    move_comment(services, one, Status.PENDING)
    page = page_of(anna, f"/moderate/?at={one}")
    assert "What the edit changes in the text that readers see" in page
    assert "</span>fine.</del>" in page
    assert "</span>&lt;b&gt;late&lt;/b&gt;.</ins>" in page
    for n in range(3, 24):
        edit(services, one, f"The bridge, told the {n}th time.")
    page = page_of(anna, f"/moderate/case/{one}/versions")
    assert "23th" in page
    assert "?before=4" in page
    assert "The bridge is fine." in page_of(anna, f"/moderate/case/{one}/versions?before=4")
    assert "readers see this one" in page_of(anna, f"/moderate/case/{one}/versions?before=2")


def test_a_finding_is_said_to_be_wrong_and_its_exception_drafted(services, newsroom, anna, boss, reader, stranger):
    add_policy_version(services, newsroom.site, "format: 1\n")
    marks = [finding("word_list", "a banned word", 4, 14), finding("threats", "a threat", 0, 3)]
    marks.append(finding("unreachable_email", "no answer", score=0, could_not_check=True))
    one = newsroom.comment("The Scunthorpe line.", findings=marks)
    page = page_of(anna, f"/moderate/?at={one}")
    assert page.count('action="/moderate/wrong-finding"') == 2
    fields = {"comment_id": one, "finding_rule": "word_list", "field": "text", "start": "4", "end": "14"}
    # What narrows the list stands in the same form.
    fields |= {"note": "A town", "rule": "threats"}
    assert reader.post("/moderate/wrong-finding", data=fields).status_code == 403
    assert stranger.post("/moderate/wrong-finding", data=fields).status_code == 404
    assert anna.post("/moderate/wrong-finding", data=fields | {"end": "13"}).status_code == 404
    assert anna.post("/moderate/wrong-finding", data=fields | {"end": "x"}).status_code == 422
    unchecked = {"comment_id": one, "finding_rule": "unreachable_email"}
    assert anna.post("/moderate/wrong-finding", data=unchecked).status_code == 404
    answer = anna.post("/moderate/wrong-finding", data=fields)
    assert answer.headers["Location"] == f"/moderate/?rule=threats&at={one}&said=said_wrong"
    assert anna.post("/moderate/wrong-finding", data=fields).status_code == 409
    assert "Said to be wrong by Anna." in page_of(anna, answer.headers["Location"])
    (listed,) = boss.get(f"{API}/sites/gazette/wrong-findings").get_json()["wrong_findings"]
    assert (listed["words"], listed["note"], listed["by"]["name"]) == ("Scunthorpe", "A town", "Anna")
    page = page_of(boss, "/moderate/sites/gazette/wrong-findings")
    assert f"/moderate/sites/gazette/policy?wrong={listed['id']}#yaml" in page
    draft = page_of(boss, f"/moderate/sites/gazette/policy?wrong={listed['id']}")
    assert "allowed_here, kind: allow, words: [&#34;Scunthorpe&#34;]" in draft
    assert stranger.get(f"/moderate/sites/gazette/policy?wrong={listed['id']}").status_code == 404
    gone = f"{API}/sites/gazette/wrong-findings/{listed['id']}"
    assert [anna.delete(gone).status_code, boss.delete(gone).status_code, boss.delete(gone).status_code] == [
        403,
        204,
        404,
    ]


def test_an_administrator_is_shown_the_address_once(services, newsroom, boss, anna):
    one = newsroom.comment(address="ada.canary@mailbox.example")
    fields = {"comment_id": one, "reason": "A threat"}
    assert anna.post("/moderate/reveal-address", data=fields).status_code == 403
    assert "reveal-address" not in page_of(anna, f"/moderate/?at={one}")
    assert boss.post("/moderate/reveal-address", data=fields | {"reason": " x "}).status_code == 422
    shown = boss.post("/moderate/reveal-address", data=fields)
    assert "ada.canary@mailbox.example" in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert boss.get("/moderate/reveal-address").status_code == 405
    page = page_of(boss, f"/moderate/?at={one}")
    assert "canary" not in page
    assert "The address was shown</b> by <bdi>Boss</bdi>" in page
    with services.read() as session:
        assert session.scalar(select(AuditEntry.details).where(AuditEntry.target == one)) == {"reason": "A threat"}


def test_copies_to_come_by_api_and_pane(services, newsroom, anna, reader, stranger):
    first = newsroom.published(LAMPS.format("Ann"))
    near = newsroom.comment(LAMPS.format("Bernd"), copy_of=first)
    where = f"{API}/sites/gazette/clusters/{first}"
    counted = anna.post(where, json={"action": "reject"}).get_json()
    assert (counted["statuses"], counted["counts"]["changed"]) == ({"pending": 1, "approved": 1}, 2)
    body = {"action": "reject", "dry_run": False, "future": True, "reason": "advertising", "comment_id": near}
    assert reader.post(where, json=body).status_code == 403
    assert stranger.post(where, json=body).status_code == 404
    done = anna.post(where, json=body)
    assert (done.status_code, done.get_json()["statuses"]) == (202, {"rejected": 2})
    (standing,) = reader.get(f"{API}/sites/gazette/standing-decisions").get_json()["standing_decisions"]
    assert (standing["cluster"], standing["action"], standing["by"]["name"]) == (first, "reject", "Anna")
    page = page_of(anna, f"/moderate/?at={near}")
    assert "Copies that come are rejected" in page
    assert "<bdi>Mira Holm</bdi>" in page_of(reader, "/moderate/sites/gazette/standing-decisions")
    fields = {"standing_id": standing["id"], "comment_id": near}
    ended = anna.post("/moderate/sites/gazette/standing-decisions/end", data=fields)
    assert ended.headers["Location"].endswith("said=standing_ended")
    assert anna.delete(f"{API}/sites/gazette/standing-decisions/{standing['id']}").status_code == 404
    with services.read() as session:
        assert {session.get_one(Comment, one).status for one in (first, near)} == {Status.REJECTED}
    # What the pane showed is what is approved in advance: no later text.
    assert 'name="version" value="1"' in page
    stale = {"action": "approve", "future": "1", "comment_id": first, "version": "2"}
    where = f"/moderate/sites/gazette/clusters/{first}"
    counted = anna.post(where, data=stale).get_data(as_text=True)
    assert 'name="version" value="2"' in counted
    go = stale | {"go": "1", "as_of": hidden(counted, "as_of")}
    assert anna.post(where, data=go).status_code == 409
    assert anna.post(where, data=go | {"version": "1"}).status_code == 303


def test_the_trail_says_all_of_it(services, newsroom, anna):
    one = newsroom.comment(findings=[finding("word_list", "a word", 0, 3)])
    fields = {
        "csrf": hidden(page_of(anna, f"/moderate/?at={one}"), "csrf"),
        "comment_id": one,
        "expected_revision": "1",
    }
    anna.post("/moderate/decide", data=fields | {"decision": "reject:insult"})
    with services.read() as session:
        last = session.get_one(Comment, one)
    assert last.status is Status.REJECTED
    page = page_of(anna, f"/moderate/?at={one}")
    assert f"the rules ({POLICY})" in page
    assert "· Insult" in page
    assert "Waiting for a moderator → Rejected" in page
