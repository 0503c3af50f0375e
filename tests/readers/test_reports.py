"""A reader reports a comment: what is taken, what it weighs, what a decision makes of it, and who hears what."""

import re
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import msgspec
import pytest
from sqlalchemy import select

from models import AddressPurpose, AddressRecord, CommentRule, Report, SearchEntry, Site, Status
from service.moderation.complaints.retention import KEPT_FOR, drop_settled
from service.moderation.undoing import undo
from service.readers.reports import COMMENT_MOST, NETWORK_MOST
from tests.factories import add_site, edit, finding, move_comment

KEY = "a-key-of-sixteen-or-more"
ILLEGAL = {
    "reason": "illegal",
    "text": "It calls for burning the market down.",
    "law": "Penal code, section 111",
    "name": "Rosa Lind",
    "email": "canary.rosa@mailbox.example",
}


def test_a_report_is_taken_and_its_receipt_tells_what_became_of_it(readers, newsroom, actor_of, decide):
    comment = newsroom.published()
    taken = readers.report(comment, text="Look at the second sentence.")
    assert taken.status_code == 202
    answer = taken.get_json()
    assert answer == {"id": ANY, "status": "open", "receipt": ANY, "receipt_url": ANY}
    assert answer["receipt_url"].endswith(f"/reports/{answer['receipt']}")
    before = readers.look(answer["receipt"])
    assert (before["status"], before["text"], before["reason"]) == ("open", "It is still being looked at.", "insult")
    assert before["comment_url"].endswith(f"/c/{comment}")
    assert readers.look(answer["receipt"]) == before, "GET changes nothing"
    decide(actor_of(), comment, "keep")
    kept = readers.look(answer["receipt"])
    assert (kept["status"], kept["text"]) == ("kept", "The editors looked at it. It stays.")
    assert kept["decided_at"] is not None


@pytest.mark.parametrize(
    ("action", "status", "again"),
    [
        pytest.param("keep", "kept", "open", id="seen and fine"),
        pytest.param("approve", "kept", "open", id="approved once more"),
        pytest.param("reject", "removed", "open", id="rejected"),
        pytest.param("spam", "removed", "open", id="spam"),
        pytest.param("pending", "open", "open", id="put back to wait"),
    ],
)
def test_a_decision_settles_what_is_open_and_its_undo_opens_it_again(
    readers, newsroom, services, actor_of, decide, action, status, again
):
    anna, comment = actor_of(), newsroom.published()
    receipts = [readers.reported(comment, network) for network in (1, 2)]
    outcome = decide(anna, comment, action)
    settled = 0 if status != "open" else 2
    assert [readers.look(receipt)["status"] for receipt in receipts] == [status] * 2
    assert readers.comment(comment).open_reports == settled
    undone = undo(services, outcome.decision_id, anna)
    assert [readers.look(receipt)["status"] for receipt in receipts] == [again] * 2
    assert (readers.comment(comment).open_reports, readers.comment(comment).priority) == (2, 20)
    # And that is taken back in its turn.
    undo(services, undone.decision_id, anna)
    assert [readers.look(receipt)["status"] for receipt in receipts] == [status] * 2
    assert readers.comment(comment).open_reports == settled


def test_what_its_writer_changes_or_withdraws_is_nobodys_fault(readers, newsroom, services, actor_of, decide):
    changed, gone = newsroom.published(), newsroom.published()
    receipts = readers.reported(changed), readers.reported(gone)
    edit(services, changed, "The bridge is overdue, I think.")
    assert readers.look(receipts[0])["status"] == "open"
    decide(actor_of(), changed, "approve")
    move_comment(services, gone, Status.WITHDRAWN)
    assert [readers.look(receipt)["status"] for receipt in receipts] == ["gone", "gone"]
    # A change that is refused leaves what was reported up: nobody has decided about that.
    kept = newsroom.published()
    receipt = readers.reported(kept)
    edit(services, kept, "Buy my pills.")
    decide(actor_of("Bert"), kept, "reject")
    assert readers.look(receipt)["status"] == "open"


def test_it_is_kept_as_it_was_then(readers, newsroom, services):
    comment = newsroom.published("The first text.")
    readers.reported(comment, text="Rude.")
    edit(services, comment, "The second text.")
    with services.read() as session:
        report = session.scalars(select(Report)).one()
    assert (report.version_n, report.text, report.reason) == (1, "Rude.", "insult")


def test_reports_raise_the_priority_and_one_network_counts_once(readers, newsroom, services):
    comment = newsroom.published(findings=[finding("link_count")])
    for _ in range(3):
        readers.reported(comment, 1)
    assert readers.comment(comment).priority == 10
    readers.reported(comment, 2)
    assert readers.comment(comment).priority == 20
    readers.reported(comment, 1, **ILLEGAL)
    assert (readers.comment(comment).priority, readers.comment(comment).open_reports) == (40, 5)
    with services.read() as session:
        assert session.scalars(select(SearchEntry.priority)).all() == [40]
        assert session.scalars(select(CommentRule.priority)).all() == [40]
    for network in range(3, 13):
        readers.reported(comment, network, **ILLEGAL)
    assert readers.comment(comment).priority == 300


def test_whose_reports_are_mostly_unfounded_counts_less(readers, newsroom, actor_of, decide):
    anna = actor_of()
    for _ in range(4):
        fine = newsroom.published()
        for _ in range(3):
            readers.reported(fine, 1)
        decide(anna, fine, "keep")
    bad = newsroom.published()
    assert readers.report(bad, 1).status_code == 202
    assert readers.comment(bad).priority == 2
    readers.reported(bad, 2)
    assert readers.comment(bad).priority == 12
    # Being right makes up for it.
    for _ in range(2):
        found = newsroom.published()
        readers.reported(found, 1)
        decide(anna, found, "reject")
    again = newsroom.published()
    readers.reported(again, 1)
    assert readers.comment(again).priority == 10


def choose(services, site, networks):
    with services.write() as session:
        kept = session.get_one(Site, site.id)
        kept.settings = msgspec.structs.replace(kept.settings, reports_hide=networks)


def test_nothing_is_hidden_unless_the_site_chose_it(readers, newsroom):
    comment = newsroom.published()
    for network in range(1, 8):
        readers.reported(comment, network)
    assert readers.comment(comment).status is Status.APPROVED


@pytest.mark.parametrize("chosen", [pytest.param(3, id="three"), pytest.param(1, id="fewer than ever hide")])
def test_three_networks_hide_it_and_never_again_after_a_keep(
    readers, newsroom, services, site, actor_of, decide, chosen
):
    choose(services, site, chosen)
    anna, comment = actor_of(), newsroom.published()
    receipt, *_ = [readers.reported(comment, network) for network in (1, 2, 1, 2)]
    assert readers.comment(comment).published_version == 1
    readers.reported(comment, 3)
    hidden = readers.comment(comment)
    assert (hidden.status, hidden.published_version, hidden.priority) == (Status.PENDING, None, 30)
    assert readers.look(receipt)["status"] == "open"
    assert readers.report(comment, 4).status_code == 404
    decide(anna, comment, "approve")
    assert readers.look(receipt)["status"] == "kept"
    for network in range(5, 9):
        readers.reported(comment, network)
    assert readers.comment(comment).status is Status.APPROVED
    seen = newsroom.published()
    decide(anna, seen, "keep")
    for network in range(5, 9):
        readers.reported(seen, network)
    assert readers.comment(seen).status is Status.APPROVED


def test_reports_of_an_earlier_text_do_not_hide_a_later_one(readers, newsroom, services, site):
    choose(services, site, 3)
    comment = newsroom.published()
    for network in (1, 2):
        readers.reported(comment, network)
    edit(services, comment, "The bridge is overdue, I think.")
    move_comment(services, comment, Status.APPROVED)
    readers.reported(comment, 3)
    assert readers.comment(comment).published_version == 2
    for network in (4, 5):
        readers.reported(comment, network)
    assert readers.comment(comment).published_version is None


def test_what_readers_cannot_see_nobody_can_report(readers, newsroom, services, elsewhere_comment):
    waiting, comment = newsroom.comment(), newsroom.published()
    hidden = newsroom.published(thread=newsroom.thread("9", state="hidden"))
    answers = [
        readers.report(unknown, **fields)
        for unknown in (waiting, hidden, elsewhere_comment, "0" * 26, "x", "a\0b")
        for fields in ({}, {"reason": "nothing we know"})
    ]
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(404, answers[0].get_data())}
    assert answers[0].get_json()["code"] == "unknown_comment"
    assert readers.report(comment, site="nowhere").get_json()["code"] == "unknown_site"
    assert readers.count(Report) == 0


@pytest.fixture
def elsewhere_comment(services):
    from tests.factories import Newsroom

    return Newsroom(services, add_site(services, "herald")).published()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        pytest.param({"reason": ""}, {"reason": "required"}, id="no reason"),
        pytest.param({"reason": "ugly"}, {"reason": "unknown_value"}, id="unknown reason"),
        pytest.param({"reason": 7, "text": []}, {"reason": "not_text", "text": "not_text"}, id="no texts"),
        pytest.param({"text": "x" * 2001}, {"text": "too_long"}, id="too long"),
        pytest.param({"reason": "other", "text": " "}, {"text": "required"}, id="unexplained"),
        pytest.param(
            {"reason": "illegal"}, {"text": "required", "name": "required", "email": "required"}, id="unsigned"
        ),
        pytest.param(ILLEGAL | {"email": "rosa"}, {"email": "not_an_address"}, id="no address"),
        pytest.param(ILLEGAL | {"law": "x" * 201}, {"law": "too_long"}, id="a whole law"),
    ],
)
def test_all_that_is_wrong_is_said_at_once(readers, newsroom, fields, wrong):
    response = readers.report(newsroom.published(), **fields)
    assert response.status_code == 422
    assert {error["field"]: error["code"] for error in response.get_json()["errors"]} == wrong
    assert readers.count(Report) == 0


def test_who_reports_a_crime_is_sealed(readers, newsroom, services):
    comment = newsroom.published()
    first = readers.report(comment, **ILLEGAL)
    receipt = first.get_json()["receipt"]
    seen = [first.get_data(as_text=True), str(readers.look(receipt)), readers.client.get(f"/reports/{receipt}").text]
    assert not [said for said in seen if "canary" in said or "Rosa" in said or "burning" in said]
    with services.read() as session:
        kept = session.scalars(select(AddressRecord)).one()
        report = session.scalars(select(Report)).one()
    assert (kept.purpose, kept.owner_id) == (AddressPurpose.REPORT, report.id)
    assert b"canary" not in kept.sealed
    assert (report.name, report.law) == ("Rosa Lind", "Penal code, section 111")
    # Of what breaks no law nobody is asked who they are, and nobody is kept.
    readers.reported(comment, 2, **{**ILLEGAL, "reason": "hate"})
    assert readers.count(AddressRecord) == 1
    assert readers.report(comment, 3, reason="child_abuse").status_code == 202


def test_the_same_key_is_the_same_report(readers, newsroom):
    comment = newsroom.published()
    first = readers.report(comment, key=KEY, text="Rude.")
    assert [readers.report(comment, 9, key=KEY, text="Rude.").get_json() for _ in range(2)] == [first.get_json()] * 2
    assert readers.report(comment, key=KEY, text="Other words.").get_json()["code"] == "idempotency_key_reused"
    assert readers.report(newsroom.published(), key=KEY, text="Rude.").get_json() != first.get_json()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: readers.report(comment, key=KEY * 2).get_json()["receipt"], range(4)))
    assert len(set(answers)) == 1
    assert readers.count(Report) == 3


def test_a_flood_fills_no_table(readers, newsroom, monkeypatch):
    comment = newsroom.published()
    for _ in range(NETWORK_MOST):
        readers.reported(comment, 1)
    full = readers.report(comment, 1)
    assert (full.status_code, full.get_json()["code"]) == (429, "reported_enough")
    assert int(full.headers["Retry-After"]) > 0
    monkeypatch.setattr("service.readers.reports.COMMENT_MOST", NETWORK_MOST + 2)
    assert [readers.report(comment, network).status_code for network in (2, 3, 4)] == [202, 202, 429]
    # Nobody keeps out what breaks the law.
    assert readers.report(comment, 5, **ILLEGAL).status_code == 202
    assert COMMENT_MOST == 100


def test_at_the_same_time_nothing_is_counted_twice_or_lost(readers, newsroom, actor_of, decide):
    comment, anna = newsroom.published(), actor_of()

    def one(network: int) -> object:
        return decide(anna, comment, "keep") if network == 5 else readers.report(comment, network).status_code

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(1, 10)))
    with readers.services.read() as session:
        still = session.scalars(select(Report).where(Report.settled_at.is_(None))).all()
    assert readers.count(Report) == 8
    kept = readers.comment(comment)
    assert (kept.open_reports, kept.priority) == (len(still), 10 * len(still))


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("http://news.test", 202, id="the site's"),
        pytest.param("https://evil.test", 403, id="foreign"),
        pytest.param("null", 403, id="opaque"),
    ],
)
def test_only_the_sites_pages_report(readers, newsroom, origin, status):
    path = f"/api/v1/sites/{readers.site.slug}/comments/{newsroom.published()}/reports"
    answer = readers.client.post(path, json={"reason": "spam"}, headers={"Origin": origin})
    assert answer.status_code == status
    asked = readers.client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert asked.headers.get("Access-Control-Allow-Origin") == (origin if status == 202 else None)


def test_whoever_reported_takes_it_back(readers, newsroom, services):
    comment = newsroom.published()
    receipt = readers.reported(comment, **ILLEGAL)
    answer = readers.client.delete(f"/api/v1/reports/{receipt}")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "taken_back")
    assert readers.client.delete(f"/api/v1/reports/{receipt}").get_json() == answer.get_json()
    assert (readers.comment(comment).open_reports, readers.comment(comment).priority) == (0, 0)
    with services.read() as session:
        report = session.scalars(select(Report)).one()
        assert session.scalars(select(AddressRecord)).all() == []
    assert (report.text, report.law, report.name, report.key_lookup) == (None, None, None, None)
    assert readers.client.get("/api/v1/reports/" + "x" * 22).get_json()["code"] == "unknown_report"


def test_a_receipt_says_how_it_stands_now(readers, newsroom, actor_of, decide):
    def seen(receipt):
        told = readers.client.get(f"/api/v1/reports/{receipt}").get_json()
        page = readers.client.get(f"/reports/{receipt}").text
        assert told["text"] in page
        return told["status"], told["comment_url"] is not None, re.findall("<h1>(.*)</h1>", page)[0]

    comment, anna, ben = newsroom.published(), actor_of(), actor_of("Ben")
    taken, left = readers.reported(comment, 1), None
    decide(anna, comment, "reject", reason="insult")
    assert seen(taken) == ("removed", False, "The comment was removed")
    decide(ben, comment, "approve")
    assert seen(taken) == ("restored", True, "The comment is shown again")
    left = readers.reported(comment, 2)
    decide(anna, comment, "keep")
    assert seen(left) == ("kept", True, "The comment stays")
    decide(anna, comment, "reject", reason="insult")
    assert seen(left) == ("kept", False, "The comment is not there any more")
    assert seen(taken) == ("removed", False, "The comment was removed")
    other = newsroom.published()
    first = readers.reported(other, 3)
    edit(readers.services, other, "Something else.")
    decide(anna, other, "approve")
    assert seen(first) == ("gone", True, "The comment was changed")


def test_what_was_settled_long_ago_goes(readers, newsroom, services, fixed_clock, actor_of, decide):
    old, open_one = newsroom.published(), newsroom.published()
    receipt, kept = readers.reported(old, **ILLEGAL), readers.reported(open_one)
    decide(actor_of(), old, "reject")
    assert drop_settled(services) == 0
    fixed_clock.advance(days=KEPT_FOR.days, hours=1)
    assert drop_settled(services) == 1
    assert readers.client.get(f"/api/v1/reports/{receipt}").status_code == 404
    assert readers.look(kept)["status"] == "open"
    with services.read() as session:
        assert AddressPurpose.REPORT not in session.scalars(select(AddressRecord.purpose)).all()
