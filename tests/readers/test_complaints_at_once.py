"""What is reported or appealed, asked for and decided at once: in bulk, on the desk's lists, by an investigation."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select
from ulid import ULID

from models import Action, Decision, Status
from service.accounts.sessions import session_actor
from service.moderation.jobs import runner

API = "/api/v1/moderation"


@pytest.fixture
def desk_of(app, services, newsroom):
    def make(moderator_id):
        token = newsroom.session(moderator_id)
        client = app.test_client()
        client.set_cookie(newsroom.cookie, token, domain="localhost")
        client.environ_base["HTTP_X_CSRF_TOKEN"] = session_actor(services, token).csrf
        return client

    return make


@pytest.fixture
def anna(newsroom, desk_of):
    return desk_of(newsroom.moderator("Anna"))


def bulk(desk, complaint, action, **more):
    asked = {"filter": {"site": "gazette", "filter": complaint} | more, "action": action}
    counted = desk.post(f"{API}/bulk", json=asked)
    assert counted.status_code == 200, counted.text
    return asked, counted.get_json()


def begun(services, desk, asked, counted):
    job = desk.post(f"{API}/bulk", json=asked | {"dry_run": False, "as_of": counted["as_of"]})
    assert job.status_code == 202, job.text
    while runner.run_one(services):
        pass
    return desk.get(f"{API}/jobs/{job.get_json()['job']['id']}").get_json()["repaired"]


def status_of(desk, comment):
    return desk.get(f"{API}/comments/{comment}").get_json()["status"]


def test_what_is_reported_is_refused_at_once_but_not_what_is_reported_since(services, readers, newsroom, anna):
    quiet, *reported, late = (newsroom.published(f"Remark {n}.") for n in range(4))
    for comment in reported:
        readers.reported(comment)
    asked, counted = bulk(anna, "reported", "reject")
    assert (counted["complete"], counted["counts"]["changed"]) == (True, 2)
    readers.reported(late)
    assert begun(services, anna, asked, counted)["changed"] == 2
    assert [status_of(anna, one) for one in (*reported, quiet, late)] == ["rejected"] * 2 + ["approved"] * 2
    assert anna.get(f"{API}/queue?filter=reported").get_json()["total"] == 1
    assert readers.comment(late).open_reports == 1


@pytest.mark.parametrize("more", [{"rule": "links"}, {"status": "rejected"}, {"thread": "elsewhere"}], ids=str)
def test_beside_other_filters(readers, newsroom, anna, more):
    comment = newsroom.published()
    readers.reported(comment)
    assert bulk(anna, "reported", "reject", **more)[1]["counts"]["changed"] == 0


def test_an_appeal_against_ones_own_decision_is_left_to_a_colleague(
    services, readers, newsroom, desk_of, actor_of, decide
):
    anna, bert = actor_of("Anna"), actor_of("Bert")
    comment, unasked = newsroom.comment(), newsroom.comment()
    receipt = readers.receipt(comment)
    for one in (comment, unasked):
        decide(anna, one, "reject", reason="insult")
    assert readers.client.post(f"/api/v1/receipts/{receipt}/appeal", json={"text": "A quotation."}).status_code == 202
    counts = bulk(desk_of(anna.id), "appealed", "approve", decided=True)[1]["counts"]
    assert (counts["changed"], counts["touched"]) == (0, 1)
    desk = desk_of(bert.id)
    assert bulk(desk, "appealed", "approve")[1]["counts"]["touched"] == 1
    asked, counted = bulk(desk, "appealed", "approve", decided=True)
    assert begun(services, desk, asked, counted)["changed"] == 1
    assert [status_of(desk, one) for one in (comment, unasked)] == ["approved", "rejected"]
    assert readers.client.get(f"/api/v1/receipts/{receipt}").get_json()["appeal"]["status"] == "reversed"


@pytest.mark.parametrize("tab", ["reported", "appealed"])
def test_the_desks_list_offers_all_of_it(anna, tab):
    page = anna.get(f"/moderate/?tab={tab}").text
    offered = re.search(r'data-everything="([^"]*)"', page)
    assert json.loads(unescape(offered[1])) == {"site": "gazette", "filter": tab}


def test_an_investigation_asks_for_them(readers, newsroom, anna, monkeypatch):
    # However little a sample is: an index has these alone.
    monkeypatch.setattr("service.desk.overview.investigation.LOOKED_MOST", 3)
    # An id says when a comment came in, which is what a period asks for.
    now = newsroom.services.clock.now() - timedelta(hours=2)
    reported, *_ = (newsroom.published(f"Remark {n}.", id=str(ULID.from_datetime(now))) for n in range(7))
    readers.reported(reported)
    page = anna.get("/moderate/investigate?filter=reported").text
    assert '<option value="reported" selected>' in page
    assert '<h2 id="over">1 comment</h2>' in page
    assert 'href="/moderate/?tab=reported"' in page
    assert '<h2 id="over">0 comments</h2>' in anna.get("/moderate/investigate?filter=appealed").text
    assert '<h2 id="over">0 comments</h2>' in anna.get("/moderate/investigate?filter=reported&status=spam").text
    fields = {"csrf": anna.environ_base["HTTP_X_CSRF_TOKEN"], "filter": "reported", "action": "reject"}
    asked = anna.post("/moderate/investigate", data=fields).text
    assert "Reject all" in asked
    assert 'name="filter" value="reported"' in asked
    assert anna.post("/moderate/investigate", data=fields | {"go": "1"}).status_code == 303
    while runner.run_one(newsroom.services):
        pass
    assert readers.comment(reported).status is Status.REJECTED


def test_what_is_reported_is_left_up_at_once(services, readers, newsroom, anna):
    quiet, *reported, again = (newsroom.published(f"Remark {n}.") for n in range(4))
    receipts = [readers.reported(comment) for comment in (*reported, again)]
    hidden = newsroom.published("Hidden.")
    readers.reported(hidden)
    newsroom.take_down(hidden, Status.PENDING)
    asked, counted = bulk(anna, "reported", "keep", decided=True)
    assert (counted["counts"]["changed"], counted["counts"]["unchanged"]) == (3, 1)
    uncounted = anna.post(f"{API}/bulk", json=asked | {"dry_run": False})
    assert (uncounted.status_code, uncounted.get_json()["code"]) == (428, "count_required")
    # What is said of one since, nobody has read.
    readers.reported(again, network=2)
    assert begun(services, anna, asked, counted)["changed"] == 2
    everything = (*reported, again, hidden, quiet)
    assert [readers.comment(one).open_reports for one in everything] == [0, 0, 2, 1, 0]
    assert [status_of(anna, one) for one in everything] == [*["approved"] * 3, "pending", "approved"]
    assert [readers.look(receipt)["status"] for receipt in receipts] == ["kept", "kept", "open"]
    with services.read() as session:
        made = session.scalars(select(Decision).where(Decision.action == Action.KEEP)).all()
    assert sorted(one.comment_id for one in made) == sorted(reported)
    undone = anna.post(f"{API}/jobs/{made[0].job_id}/undo")
    assert undone.status_code == 202, undone.text
    while runner.run_one(services):
        pass
    assert [readers.comment(one).open_reports for one in everything] == [1, 1, 2, 1, 0]
    assert [readers.look(receipt)["status"] for receipt in receipts] == ["open"] * 3
