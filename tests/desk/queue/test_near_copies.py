"""Near copies on the desk: one list, whatever became of them, and one decision for all that no person has decided."""

import pytest

from models import Comment, Status
from service.moderation.jobs import runner
from tests.desk.queue.test_pages import hidden, page_of
from tests.factories import edit, finding, move_comment

API = "/api/v1/moderation"


@pytest.fixture
def copies(newsroom):
    """A first comment, three near copies of it by others, one decided by nobody else, and one that is unlike them."""
    first = newsroom.comment("Ask Anna for these lamps.", status=Status.APPROVED, thread=newsroom.thread("a"))
    found = [finding("near_copies", f"nearly the same text came before in the last day (cluster {first})", 0, 3)]
    second = newsroom.comment("Ask Bernd for these lamps.", copy_of=first, findings=found, thread=newsroom.thread("b"))
    third = newsroom.comment("Ask Clara for these lamps.", copy_of=first, findings=found, thread=newsroom.thread("c"))
    spam = newsroom.comment("Ask Doris for these lamps.", copy_of=first, status=Status.SPAM)
    return first, second, third, spam, newsroom.comment("The harbour was quiet.")


@pytest.fixture
def caller(newsroom, program):
    return program(newsroom.key("moderate"))


@pytest.fixture
def desk(newsroom, browser_of):
    return browser_of(newsroom.moderator("Anna"), csrf=False)


def ids(answer):
    assert answer.status_code == 200, answer.get_json()
    return [found["id"] for found in answer.get_json()["comments"]]


def statuses(services, wanted):
    with services.read() as session:
        return [session.get_one(Comment, one).status.value for one in wanted]


def test_the_queue_lists_a_cluster_whatever_became_of_it(copies, caller, elsewhere, program):
    first, second, third, spam, other = copies
    asked = f"{API}/queue?cluster={first}&order=oldest"
    assert ids(caller.get(asked)) == [first, second, third, spam]
    assert ids(caller.get(f"{asked}&status=pending")) == [second, third]
    assert caller.get(f"{asked}&limit=1").get_json()["total"] == 4
    found = {one["id"]: (one["cluster"], one["copies"]) for one in caller.get(asked).get_json()["comments"]}
    assert found == dict.fromkeys((first, second, third, spam), (first, 3))
    assert caller.get(f"{API}/comments/{other}").get_json()["cluster"] is None
    assert caller.get(f"{API}/comments/{other}").get_json()["copies"] == 0
    assert ids(program(elsewhere.key("moderate")).get(asked)) == []
    assert caller.get(f"{API}/queue?cluster=nonsense").status_code == 422


def test_leases_are_taken_of_a_cluster(copies, caller):
    first, second, third, *_ = copies
    body = {"site": "gazette", "limit": 10, "cluster": first, "status": "pending"}
    taken = caller.post(f"{API}/leases", json=body).get_json()["leases"]
    assert [one["comment_id"] for one in taken] == [second, third]


def test_bulk_decides_a_cluster(services, copies, caller):
    first, second, *_ = copies
    caller.post(
        f"{API}/decisions", json={"decisions": [{"comment_id": second, "action": "approve", "expected_revision": 1}]}
    )
    body = {"filter": {"site": "gazette", "cluster": first}, "action": "spam"}
    counted = caller.post(f"{API}/bulk", json=body).get_json()["counts"]
    assert (counted["changed"], counted["touched"], counted["unchanged"]) == (2, 1, 1)
    assert caller.post(f"{API}/bulk", json=body | {"dry_run": False}).status_code == 202
    while runner.run_one(services):
        pass
    assert statuses(services, copies) == ["spam", "approved", "spam", "spam", "pending"]


def test_a_copy_leads_to_the_others_and_all_are_decided_at_once(services, copies, desk):
    first, second, *_ = copies
    page = page_of(desk, f"/moderate/?at={second}")
    link = f"/moderate/?cluster={first}"
    assert page.count(f'href="{link}"') == 3
    assert "3 near copies" in page
    assert "nearly the same text came before in the last day<" in page
    page = page_of(desk, link)
    assert "4 comments</span> with nearly the same text" in page
    assert [page.count(f'id="item-{one}"') for one in copies] == [1, 1, 1, 1, 0]
    action = f"/moderate/sites/gazette/clusters/{first}"
    assert f'action="{action}"' in page
    fields = {"csrf": hidden(page, "csrf"), "action": "spam"}
    counted = desk.post(action, data=fields).get_data(as_text=True)
    assert "3 comments would change." in counted
    fields["as_of"] = hidden(counted, "as_of")
    assert statuses(services, copies) == ["approved", "pending", "pending", "spam", "pending"]
    answer = desk.post(action, data=fields | {"go": "1"})
    assert answer.status_code == 303
    assert statuses(services, copies) == ["spam", "spam", "spam", "spam", "pending"]
    page = page_of(desk, answer.headers["Location"])
    assert "3 comments were changed." in page
    back = desk.post(f"{action}/undo", data={"csrf": fields["csrf"], "job": hidden(page, "job")})
    assert "taken back" in page_of(desk, back.headers["Location"])
    assert statuses(services, copies) == ["approved", "pending", "pending", "spam", "pending"]
    assert "Undo all of it" not in page_of(desk, answer.headers["Location"])
    assert desk.post(action, data=fields | {"action": "burn"}).status_code == 422


def test_a_viewer_decides_nothing_at_once(copies, newsroom, browser_of):
    viewer = browser_of(newsroom.moderator("Vera", "viewer"))
    page = page_of(viewer, f"/moderate/?cluster={copies[0]}")
    assert 'name="action"' not in page
    assert viewer.post(f"/moderate/sites/gazette/clusters/{copies[0]}", data={"action": "spam"}).status_code == 403


def test_a_list_that_is_renewed_has_its_form(copies, desk):
    part = desk.get(f"/moderate/?cluster={copies[0]}", headers={"X-Part": "list"})
    assert part.status_code == 200
    assert hidden(part.get_data(as_text=True), "csrf")


def test_the_page_says_whose_earlier_text_stays_published(services, newsroom, desk):
    lamps = "These lamps changed my whole living room, ask {} for the price before they are gone."
    first = newsroom.comment(lamps.format("Ann"))
    for text in ("The bridge opens in May.", lamps.format("Clara")):
        edited = newsroom.comment(text, status=Status.APPROVED, copy_of=first)
        edit(services, edited, lamps.format("Bernd"))
        move_comment(services, edited, Status.PENDING)
    action = f"/moderate/sites/gazette/clusters/{first}"
    fields = {"csrf": hidden(page_of(desk), "csrf"), "action": "reject"}
    said = "1 comment keeps its earlier text published"
    assert said in desk.post(action, data=fields).get_data(as_text=True)
    answer = desk.post(action, data=fields | {"go": "1"})
    page = page_of(desk, answer.headers["Location"])
    assert said in page
    assert said in page_of(desk, f"/moderate/sites/gazette/jobs/{hidden(page, 'job')}")
    back = desk.post(f"{action}/undo", data={"csrf": fields["csrf"], "job": hidden(page, "job")})
    assert said not in page_of(desk, back.headers["Location"])
