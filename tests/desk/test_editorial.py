"""What the editors say and do with words, by API and forms: nobody else's site, nothing twice, and back."""

import pytest
from msgspec import structs
from sqlalchemy import func, select

from models import (
    ActorKind,
    AuditEntry,
    Comment,
    Delivery,
    DeliveryKind,
    ProofMethod,
    Receipt,
    Site,
    Status,
    Thread,
    ThreadState,
    WriterMessage,
)
from service.accounts.actors import Actor
from service.intake.receipts import look
from service.moderation.editorial.staff_replies import names_for
from service.publishing.documents import read_thread_page
from tests.factories import add_receipt

API = "/api/v1/moderation"
SECRET = "call me on 030 1234567"
TEXT = f"A fine bridge, {SECRET}, and soon."
START = TEXT.index(SECRET)
END = START + len(SECRET)
CUT = "A fine bridge, [personal data removed by the editors], and soon."


def shown(newsroom, sort="oldest", **asked):
    return read_thread_page(newsroom.services, newsroom.site.slug, "4711", sort=sort, **asked)


def row(newsroom, comment_id):
    with newsroom.services.read() as session:
        return session.get_one(Comment, comment_id)


def actions(newsroom):
    with newsroom.services.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def redaction(newsroom, comment_id, **changes):
    comment = row(newsroom, comment_id)
    body = {"version": comment.current_version, "start": START, "end": END, "expected_revision": comment.revision}
    return body | changes


def receipt_of(newsroom, comment_id):
    return add_receipt(newsroom.services, row(newsroom, comment_id))


# Answers of the newsroom.


def test_an_answer_is_published_at_once_and_once(newsroom, anna):
    asked = newsroom.published("Why?")
    said = anna.post(f"{API}/comments/{asked}/replies", json={"text": "Because of *ice*."})
    assert (said.status_code, said.get_json()["status"]) == (201, "approved")
    again = anna.post(f"{API}/comments/{asked}/replies", json={"text": " Because of *ice*.\r\n"})
    assert again.get_json() == said.get_json()
    page = shown(newsroom)
    assert page["thread"]["count"] == 2
    answer = page["comments"][1]
    assert (answer["parent_id"], answer["author"]["name"], answer["author"]["badge"]) == (asked, "Anna", "staff")
    assert answer["html"] == "<p>Because of <em>ice</em>.</p>"
    taken = anna.post(f"{API}/decisions/{said.get_json()['decision_id']}/undo")
    assert taken.get_json()["status"] == "pending"
    assert shown(newsroom)["thread"]["count"] == 1
    assert "comment.reply_as_staff" in actions(newsroom)
    case = anna.get(f"{API}/comments/{said.get_json()['comment_id']}").get_json()
    assert [decision["action"] for decision in case["decisions"]] == ["approve", "undo"]


def test_one_name_has_one_face(newsroom, anna):
    asked = [newsroom.published("Why?"), newsroom.published("How?")]
    for comment_id in asked:
        assert (
            anna.post(f"{API}/comments/{comment_id}/replies", json={"text": "Ask us.", "name": "gazette"}).status_code
            == 201
        )
    faces = {c["author"]["avatar"] for c in shown(newsroom)["comments"] if c["author"]["badge"] == "staff"}
    assert len(faces) == 1


def test_each_name_is_offered_once(newsroom, anna, services):
    site, actor = newsroom.site, Actor(ActorKind.API_KEY, "x", "", {newsroom.site.id: "moderator"})
    for name, staff, names in (
        ("The Gazette", [], ["The Gazette"]),
        ("", [], ["gazette"]),
        ("Gazette", ["GAZETTE", "Ida Berg"], ["GAZETTE", "Ida Berg"]),
    ):
        changed = Site(slug=site.slug, name=name, settings=structs.replace(site.settings, staff_names=staff))
        assert names_for(changed, actor) == names
    # What older programs may say is taken still.
    comment_id = newsroom.comment(status=Status.APPROVED)
    answer = anna.post(f"{API}/comments/{comment_id}/replies", json={"text": "Yes.", "name": site.slug})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"text": " \u200b"}, "text", id="nothing to see"),
        pytest.param({"text": "x" * 5001}, "text", id="too long"),
        pytest.param({"text": "Fine.", "name": "Somebody"}, "name", id="another's name"),
    ],
)
def test_an_answer_keeps_the_readers_limits(newsroom, anna, body, field):
    answer = anna.post(f"{API}/comments/{newsroom.published()}/replies", json=body)
    assert (answer.status_code, [error["field"] for error in answer.get_json()["errors"]]) == (422, [field])


def test_what_readers_do_not_see_is_not_answered(newsroom, anna):
    answer = anna.post(f"{API}/comments/{newsroom.comment()}/replies", json={"text": "Fine."})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_published")


# Featured and pinned.


@pytest.mark.parametrize("sort", ["oldest", "newest", "top"])
def test_what_is_pinned_comes_first_and_nowhere_else(newsroom, anna, sort):
    ids = [newsroom.published(f"Number {n}.") for n in range(9)]
    assert anna.put(f"{API}/comments/{ids[6]}/marks", json={"pinned": True, "featured": True}).status_code == 200
    seen, cursor = [], None
    while True:
        page = shown(newsroom, sort, limit=4, cursor=cursor)
        assert len(page["comments"]) <= 4
        seen += page["comments"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    found = [comment["id"] for comment in seen]
    assert sorted(found) == ids
    assert found[0] == ids[6]
    assert [(c["pinned"], c["featured"]) for c in seen] == [(True, True)] + [(False, False)] * 8
    around = [comment["id"] for comment in shown(newsroom, sort, limit=4, around=ids[6])["comments"]]
    assert around.count(ids[6]) == 1


def test_a_pin_can_be_taken_away_and_is_counted(newsroom, anna):
    ids = [newsroom.published(f"Number {n}.") for n in range(4)]
    for comment_id in ids[:3]:
        assert anna.put(f"{API}/comments/{comment_id}/marks", json={"pinned": True}).status_code == 200
    refused = anna.put(f"{API}/comments/{ids[3]}/marks", json={"pinned": True})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_pinned")
    before = anna.put(f"{API}/comments/{ids[0]}/marks", json={"pinned": False}).get_json()["before"]
    assert before["pinned"] is True
    assert anna.put(f"{API}/comments/{ids[3]}/marks", json={"pinned": True}).status_code == 200
    assert actions(newsroom)[-2:] == ["comment.unpin", "comment.pin"]


def test_only_what_is_up_and_answers_nobody_is_pinned(newsroom, anna):
    first = newsroom.published()
    answer = newsroom.published("Yes.", parent_id=first)
    assert anna.put(f"{API}/comments/{answer}/marks", json={"pinned": True}).get_json()["code"] == "answers_another"
    waits = newsroom.comment()
    assert anna.put(f"{API}/comments/{waits}/marks", json={"featured": True}).get_json()["code"] == "not_published"


# Messages.


def test_a_writer_reads_what_the_editors_wrote(newsroom, anna, services):
    comment_id = newsroom.comment()
    receipt = receipt_of(newsroom, comment_id)
    for _ in range(2):
        answer = anna.post(f"{API}/comments/{comment_id}/messages", json={"text": "Which <b>source</b>?"})
        assert (answer.status_code, answer.get_json()["message"]["by"]["name"]) == (201, "Anna")
    assert [message.text for message in look(services, receipt).messages] == ["Which <b>source</b>?"]
    assert len(anna.get(f"{API}/comments/{comment_id}").get_json()["messages"]) == 1
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 0
    anna.post(f"{API}/decisions", json={"decisions": [{"comment_id": comment_id, "action": "reject"}]})
    assert look(services, receipt).messages


@pytest.mark.parametrize(
    ("columns", "mails"),
    [
        pytest.param({"proven": ProofMethod.LINK, "wants_notify": True}, 1, id="asked for, proven"),
        pytest.param({"proven": None, "wants_notify": True}, 0, id="not proven"),
        pytest.param({"proven": ProofMethod.LINK, "wants_notify": False}, 0, id="not asked for"),
    ],
)
def test_a_mail_only_for_who_asked_and_proved(newsroom, anna, services, columns, mails, monkeypatch):
    monkeypatch.setattr(type(services.settings), "sends_mail", True)
    comment_id = newsroom.comment(**columns)
    receipt_of(newsroom, comment_id)
    for text in ("First.", "Second."):
        assert anna.post(f"{API}/comments/{comment_id}/messages", json={"text": text}).status_code == 201
    with services.read() as session:
        kinds = list(session.scalars(select(Delivery.kind)))
    assert kinds == [DeliveryKind.MESSAGE] * mails


def test_who_has_no_receipt_cannot_be_written_to(newsroom, anna):
    answer = anna.post(f"{API}/comments/{newsroom.comment()}/messages", json={"text": "Hello."})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_receipt")


def test_the_pane_says_why_nobody_can_be_written_to(newsroom, anna, services):
    comment_id = newsroom.comment(status=Status.APPROVED)
    page = f"/moderate/?at={comment_id}&tab=approved"
    assert "it came without a receipt" in anna.get(page).get_data(as_text=True)
    receipt_of(newsroom, comment_id)
    assert 'action="/moderate/message"' in anna.get(page).get_data(as_text=True)
    with services.write() as session:
        session.get_one(Receipt, comment_id).revoked_at = services.clock.now()
    assert "the receipt was revoked" in anna.get(page).get_data(as_text=True)
    reply = anna.post(f"{API}/comments/{comment_id}/replies", json={"text": "Yes."}).get_json()
    assert "own answer" in anna.get(f"/moderate/?at={reply['comment_id']}&tab=approved").get_data(as_text=True)


def test_saved_replies(newsroom, anna, reader, stranger):
    here = f"{API}/sites/gazette/saved-replies"
    assert anna.put(here, json={"name": "Source", "text": "Which source?"}).status_code == 201
    assert anna.put(here, json={"name": " Source ", "text": "Whose word is it?"}).status_code == 200
    [kept] = anna.get(here).get_json()["saved_replies"]
    assert (kept["name"], kept["text"]) == ("Source", "Whose word is it?")
    assert reader.get(here).status_code == 403
    assert stranger.get(here).status_code == 404
    assert stranger.delete(f"{API}/sites/herald/saved-replies/{kept['id']}").status_code == 404
    assert anna.delete(f"{here}/{kept['id']}").status_code == 204
    assert anna.get(here).get_json()["saved_replies"] == []


# Threads.


def test_a_moderator_keeps_a_thread(newsroom, anna, services):
    newsroom.published()
    thread_id = newsroom.thread()
    here = f"{API}/sites/gazette/threads"
    body = {"key": "4711", "state": "closed", "mode": "needs_approval", "banner": " Please\nno names. "}
    made = anna.patch(here, json=body).get_json()
    page = shown(newsroom)["thread"]
    assert (page["open"], page["banner"]) == (False, "Please no names.")
    assert made["before"] == {"key": "4711", "state": "open", "mode": None, "banner": None}
    with services.read() as session:
        version = session.get_one(Thread, thread_id).version
    anna.patch(here, json=made["before"])
    page = shown(newsroom)["thread"]
    assert (page["open"], page.get("banner")) == (True, None)
    with services.read() as session:
        thread = session.get_one(Thread, thread_id)
        assert (thread.mode, thread.version, thread.placed_version) == (None, version + 1, version + 1)
    assert actions(newsroom)[-2:] == ["thread.change", "thread.change"]


def test_what_the_newsroom_hid_is_not_a_moderators(newsroom, anna, services):
    newsroom.thread("hidden", state=ThreadState.HIDDEN)
    answer = anna.patch(f"{API}/sites/gazette/threads", json={"key": "hidden", "state": "open"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "thread_hidden")
    assert anna.patch(f"{API}/sites/gazette/threads", json={"key": "none", "state": "open"}).status_code == 404


def test_what_the_newsroom_made_read_only_stays_so(newsroom, anna):
    comment_id = newsroom.published(thread=newsroom.thread("still", mode="read_only"))
    here = f"{API}/sites/gazette/threads"
    assert anna.patch(here, json={"key": "still", "mode": None}).get_json()["code"] == "thread_read_only"
    assert anna.patch(here, json={"key": "4711", "mode": "read_only"}).status_code == 422
    fields = {"comment_id": comment_id, "way": "held", "banner": "Thank you all."}
    assert "said=thread_kept" in anna.post("/moderate/thread", data=fields).location
    [kept] = [one for one in anna.get(here).get_json()["threads"] if one["key"] == "still"]
    assert (kept["mode"], kept["banner"]) == ("read_only", "Thank you all.")


# Who may.

DOORS = [
    ("post", "comments/{id}/replies", {"text": "Hello."}),
    ("put", "comments/{id}/marks", {"featured": True}),
    ("post", "comments/{id}/redactions", {"version": 1, "start": 0, "end": 1, "expected_revision": 1}),
    ("post", "comments/{id}/messages", {"text": "Hello."}),
    ("put", "sites/gazette/saved-replies", {"name": "a", "text": "b"}),
    ("patch", "sites/gazette/threads", {"key": "4711", "state": "closed"}),
]


@pytest.mark.parametrize(("method", "path", "body"), DOORS, ids=[path for _, path, _ in DOORS])
def test_other_sites_are_not_there(newsroom, reader, stranger, method, path, body):
    url = f"{API}/{path.format(id=newsroom.published(TEXT))}"
    assert getattr(stranger, method)(url, json=body).status_code == 404
    assert getattr(reader, method)(url, json=body).status_code == 403


FORMS = [
    ("reply", {"text": "Because."}, "replied"),
    ("message", {"text": "Which source?"}, "messaged"),
    ("mark", {"mark": "featured", "on": "1"}, "featured"),
    ("mark", {"mark": "pinned"}, "unpinned"),
    ("redact", {"passage": SECRET, "version": "1", "expected_revision": "1"}, "redacted"),
    ("redact", {"passage": "x", "start": "0", "end": "6", "version": "1", "expected_revision": "1"}, "redacted"),
    ("thread", {"way": "held", "banner": "Be kind."}, "thread_kept"),
]


@pytest.mark.parametrize(("path", "fields", "said"), FORMS, ids=[f"{n}-{path}" for n, (path, _, _) in enumerate(FORMS)])
def test_plain_forms(newsroom, anna, stranger, path, fields, said):
    comment_id = newsroom.published(TEXT)
    receipt_of(newsroom, comment_id)
    fields = fields | {"comment_id": comment_id}
    assert stranger.post(f"/moderate/{path}", data=fields).status_code == 404
    answer = anna.post(f"/moderate/{path}", data=fields)
    assert (answer.status_code, f"said={said}" in answer.location, comment_id in answer.location) == (303, True, True)
    live = anna.get(answer.location).get_data(as_text=True)
    assert 'class="notice"' in live


def test_without_a_script_a_saved_reply_is_sent_as_it_is(newsroom, anna, services):
    comment_id = newsroom.comment()
    receipt_of(newsroom, comment_id)
    anna.post("/moderate/sites/gazette/saved-replies", data={"name": "Source", "text": "Which source?"})
    [kept] = anna.get(f"{API}/sites/gazette/saved-replies").get_json()["saved_replies"]
    assert "Which source?" in anna.get("/moderate/sites/gazette/saved-replies").get_data(as_text=True)
    anna.post("/moderate/message", data={"comment_id": comment_id, "text": " ", "saved": kept["id"]})
    with services.read() as session:
        assert session.scalars(select(WriterMessage.text)).all() == ["Which source?"]
    gone = anna.post("/moderate/sites/gazette/saved-replies/delete", data={"reply_id": kept["id"]})
    assert "said=reply_deleted" in gone.location


def test_undo_of_an_answer_of_another_site_is_not_there(newsroom, stranger, anna, services):
    made = anna.post(f"{API}/comments/{newsroom.published()}/replies", json={"text": "Fine."}).get_json()
    assert stranger.post(f"{API}/decisions/{made['decision_id']}/undo").status_code == 404
