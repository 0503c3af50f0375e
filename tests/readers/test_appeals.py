"""A writer appeals against a refusal: by the receipt, once, to somebody else than who decided."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from models import Appeal, Comment, Status
from service.accounts.sessions import session_actor
from service.intake.receipts import AlreadyAppealed
from service.moderation.complaints.own_decisions import OwnDecision
from service.moderation.leases import let_go
from service.moderation.undoing import undo
from service.readers import appeals
from tests.factories import Newsroom, add_receipt, add_site, edit, move_comment

API = "/api/v1/moderation"


@pytest.fixture
def refused(readers, newsroom, actor_of, decide):
    """Makes a comment that Anna has refused; (its id, its receipt, Anna, her decision)."""

    def make(status=Status.PENDING):
        anna = actor_of(f"Anna{newsroom.minutes}")
        newsroom.minutes += 1
        comment = newsroom.comment(status=status)
        receipt = readers.receipt(comment)
        outcome = decide(anna, comment, "reject", reason="insult")
        return comment, receipt, anna, outcome.decision_id

    return make


def appeal(readers, receipt, text="I only quoted him."):
    return readers.client.post(f"/api/v1/receipts/{receipt}/appeal", json={"text": text})


def view(readers, receipt):
    return readers.client.get(f"/api/v1/receipts/{receipt}").get_json()


def test_an_appeal_is_taken_once_and_read_in_the_receipt(readers, refused):
    comment, receipt, _, _ = refused()
    assert (view(readers, receipt)["appealable"], view(readers, receipt)["appeal"]) == (True, None)
    taken = appeal(readers, receipt)
    assert taken.status_code == 202
    seen = taken.get_json()
    assert (seen["status"], seen["appealable"], seen["reason"]["code"]) == ("rejected", False, "insult")
    assert (seen["appeal"]["status"], seen["appeal"]["said"]) == ("open", "I only quoted him.")
    assert view(readers, receipt) == seen
    again = appeal(readers, receipt)
    assert (again.status_code, again.get_json()["code"]) == (409, "already_appealed")
    assert readers.comment(comment).appealed_at is not None
    assert readers.count(Appeal) == 1


@pytest.mark.parametrize(
    ("action", "outcome", "status"),
    [
        pytest.param("approve", "reversed", "published", id="reversed"),
        pytest.param("reject", "upheld", "rejected", id="refused once more"),
        pytest.param("keep", "upheld", "rejected", id="seen and left so"),
        pytest.param("pending", "open", "waiting", id="put back to wait"),
    ],
)
def test_somebody_else_settles_it_and_the_undo_opens_it_again(
    readers, refused, services, actor_of, decide, action, outcome, status
):
    comment, receipt, anna, _ = refused()
    appeal(readers, receipt)
    bert = actor_of("Bert")
    with pytest.raises(OwnDecision):
        decide(anna, comment, "approve")
    settled = decide(bert, comment, action)
    seen = view(readers, receipt)
    assert (seen["appeal"]["status"], seen["status"], seen["appealable"]) == (outcome, status, False)
    assert (readers.comment(comment).appealed_at is None) is (outcome != "open")
    if outcome == "open":
        return
    assert appeal(readers, receipt).status_code == 409
    undo(services, settled.decision_id, bert)
    assert view(readers, receipt)["appeal"]["status"] == "open"
    assert readers.comment(comment).appealed_at is not None
    with pytest.raises(OwnDecision):
        decide(anna, comment, "keep")


def test_who_is_alone_settles_it_and_it_is_said(readers, refused, decide):
    comment, receipt, anna, _ = refused()
    appeal(readers, receipt)
    decide(anna, comment, "keep")
    said = view(readers, receipt)["appeal"]
    assert said["status"] == "upheld"
    assert "The same person decided again, because nobody else can on this site." in said["text"]


def test_taking_the_refusal_back_reverses_it(readers, refused, services):
    comment, receipt, anna, decision = refused(Status.APPROVED)
    appeal(readers, receipt)
    undo(services, decision, anna)
    assert (view(readers, receipt)["appeal"]["status"], view(readers, receipt)["status"]) == ("reversed", "published")
    assert readers.comment(comment).appealed_at is None


def test_of_a_refused_change_and_of_what_its_writer_does_next(readers, newsroom, services, actor_of, decide):
    anna, bert, comment = actor_of(), actor_of("Bert"), newsroom.published("The first text.")
    receipt = readers.receipt(comment)
    assert appeal(readers, receipt).get_json()["code"] == "not_refused"
    edit(services, comment, "The second text.")
    assert appeal(readers, receipt).get_json()["code"] == "not_refused"
    decide(anna, comment, "reject")
    assert appeal(readers, receipt).status_code == 202
    edit(services, comment, "The third text.")
    assert view(readers, receipt)["appeal"]["status"] == "moot"
    decide(anna, comment, "reject")
    assert appeal(readers, receipt).status_code == 202
    decide(bert, comment, "approve")
    assert view(readers, receipt)["appeal"]["status"] == "reversed"
    move_comment(services, comment, Status.WITHDRAWN)
    assert (view(readers, receipt)["appeal"], appeal(readers, receipt).status_code) == (None, 409)


def test_what_reads_waiting_cannot_be_appealed(readers, newsroom, fixed_clock):
    spam = newsroom.comment(status=Status.SPAM)
    receipt = readers.receipt(spam)
    assert (view(readers, receipt)["status"], view(readers, receipt)["appealable"]) == ("waiting", False)
    assert appeal(readers, receipt).get_json()["code"] == "not_refused"
    fixed_clock.advance(days=2)
    assert appeal(readers, receipt).status_code == 202


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({}, "required", id="nothing"),
        pytest.param({"text": " \u200b"}, "required", id="blank"),
        pytest.param({"text": ["x"]}, "not_text", id="no text"),
        pytest.param({"text": "x" * 2001}, "too_long", id="too long"),
    ],
)
def test_what_an_appeal_has_to_say(readers, refused, values, code):
    _, receipt, _, _ = refused()
    answer = readers.client.post(f"/api/v1/receipts/{receipt}/appeal", json=values)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.get_json()["errors"]] == [code]
    assert appeal(readers, "x" * 22).get_json()["code"] == "unknown_receipt"


def test_the_desk_hands_it_to_a_colleague(readers, refused, services, newsroom, app):
    comment, receipt, anna, _ = refused()
    other, other_receipt, clara, _ = refused()
    appeal(readers, receipt, "I <b>quoted</b> him.")
    appeal(readers, other_receipt)

    def desk_of(moderator_id):
        token = newsroom.session(moderator_id)
        client = app.test_client()
        client.set_cookie(newsroom.cookie, token, domain="localhost")
        client.environ_base["HTTP_X_CSRF_TOKEN"] = session_actor(services, token).csrf
        return client

    desk = desk_of(anna.id)
    listed = desk.get(f"{API}/queue?filter=appealed").get_json()
    assert [item["id"] for item in listed["comments"]] == [comment, other]
    assert listed["comments"][0]["appealed_at"] is not None
    leased = desk.post(f"{API}/leases", json={"filter": "appealed", "limit": 10}).get_json()["leases"]
    assert [lease["comment_id"] for lease in leased] == [other]
    let_go(services, anna, site_id=newsroom.site.id, comment_id=other)
    assert f'data-id="{other}"' in desk.get("/moderate/?tab=appealed").text
    own = desk.get(f"/moderate/?tab=appealed&at={comment}").text
    assert "I &lt;b&gt;quoted&lt;/b&gt; him." in own
    assert "This was your own decision: a colleague settles the appeal." in own
    case = desk.get(f"{API}/comments/{comment}").get_json()["appeals"][0]
    assert (case["own"], case["may_settle"], case["outcome"]) == (True, False, None)
    revision = readers.comment(comment).revision
    wanted = {"decisions": [{"comment_id": comment, "action": "keep", "expected_revision": revision}]}
    assert desk.post(f"{API}/decisions", json=wanted).get_json()["decisions"][0]["code"] == "own_decision"
    assert desk_of(clara.id).post(f"{API}/decisions", json=wanted).get_json()["decisions"][0]["status"] == "rejected"
    assert desk.get(f"{API}/queue?filter=appealed").get_json()["total"] == 1


def test_the_plain_form_of_the_receipts_page(readers, refused):
    _, receipt, _, _ = refused()
    page = readers.client.get(f"/receipts/{receipt}").text
    action = re.search(r'action="([^"]+/appeal)"', page)
    assert action is not None
    refused_form = readers.client.post(action[1], data={"text": " "}, headers={"Accept": "text/html"})
    assert refused_form.status_code == 422
    assert "Say why the decision was wrong." in refused_form.text
    sent = readers.client.post(action[1], data={"text": "I <i>quoted</i> him."}, headers={"Accept": "text/html"})
    assert sent.status_code == 303
    after = readers.client.get(f"/receipts/{receipt}").text
    assert "Your appeal is waiting." in after
    assert "I &lt;i&gt;quoted&lt;/i&gt; him." in after
    twice = readers.client.post(action[1], data={"text": "Once more."}, headers={"Accept": "text/html"})
    assert (twice.status_code, "Once more." in twice.text) == (409, True)


def test_what_is_said_of_an_appeal_comes_in_the_readers_language(readers, refused, actor_of):
    actor_of("Bert")
    _, receipt, _, _ = refused()
    long = readers.client.post(f"/api/v1/receipts/{receipt}/appeal?lang=de", json={"text": "x" * 2001})
    assert long.get_json()["errors"][0]["message"] == "Höchstens 2.000 Zeichen; hier sind es 2.001."
    again = readers.client.post(f"/receipts/{receipt}/appeal?lang=de", data={"text": " "})
    assert "Bitte sagen Sie, warum die Entscheidung falsch war." in again.text
    taken = readers.client.post(f"/api/v1/receipts/{receipt}/appeal?lang=de", json={"text": "Nur zitiert."})
    told = "Ihr Widerspruch wartet. Jemand anderes als wer entschieden hat, sieht ihn sich an."
    assert taken.get_json()["appeal"]["text"] == told
    assert told in readers.client.get(f"/receipts/{receipt}?lang=de").text


@pytest.mark.postgres
def test_of_appeals_at_once_one_is_taken(postgres_services):
    services, now = postgres_services, postgres_services.clock.now()
    newsroom = Newsroom(services, add_site(services))
    comment_id = newsroom.comment()
    move_comment(services, comment_id, Status.REJECTED)
    with services.read() as session:
        receipt = add_receipt(services, session.get_one(Comment, comment_id))

    def sent(n):
        try:
            appeals._store(services, receipt, f"Reason {n}.", now, None)
        except AlreadyAppealed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(sent, range(24))) == 1
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(Appeal)) == 1
