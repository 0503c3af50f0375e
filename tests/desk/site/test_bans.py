"""Banning from beside a comment, by API and by plain forms, and what the next comment meets."""

import re
from datetime import timedelta

import pytest

from models import Membership, Status
from service.moderation.facts.gather import gather
from service.moderation.policies.in_force import Policies
from tests.desk.conftest import CANARY
from tests.desk.queue.test_pages import hidden, page_of
from tests.factories import add_comment

API = "/api/v1/moderation"


@pytest.fixture
def caller(newsroom, program):
    return program(newsroom.key("moderate"))


def meets(services, comment):
    with services.read() as session:
        (case,) = gather(session, Policies(), [comment.id], services.clock.now())
    return case.known.get("banned")


def thread_of(services, comment_id):
    from models import Comment, Thread

    with services.read() as session:
        comment = session.get_one(Comment, comment_id)
        return session.get_one(Thread, comment.thread_id), comment.chain_id


def test_a_banned_writer_is_held_until_the_ban_is_lifted(services, newsroom, caller):
    comment_id = newsroom.comment(name="Robin", status=Status.APPROVED)
    made = caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain", "days": 7, "reason": "insults"})
    assert made.status_code == 201
    ban = made.get_json()
    assert (ban["kind"], ban["name"], ban["reason"], ban["comment_id"]) == ("chain", "Robin", "insults", comment_id)
    thread, chain = thread_of(services, comment_id)
    later = add_comment(services, thread, "Again.", chain=chain, proven="receipt")
    assert meets(services, later) == "chain"
    again = caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain"})
    assert (again.status_code, again.get_json()["code"]) == (409, "already_banned")
    assert ban["by"] == "moderate key"
    assert caller.get(f"{API}/sites/gazette/bans").get_json()["bans"] == [ban]
    assert caller.delete(f"{API}/sites/gazette/bans/{ban['id']}").status_code == 204
    assert caller.delete(f"{API}/sites/gazette/bans/{ban['id']}").status_code == 404
    assert meets(services, later) is None
    assert caller.get(f"{API}/sites/gazette/bans").get_json() == {"bans": [], "next_cursor": None}
    actions = [entry["action"] for entry in caller.get(f"{API}/audit").get_json()["entries"]]
    assert actions[:2] == ["ban.lift", "ban.add"]


def test_a_ban_ends_by_itself(services, fixed_clock, newsroom, caller):
    comment_id = newsroom.comment()
    caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain", "days": 1})
    fixed_clock.advance(days=1, seconds=1)
    assert caller.get(f"{API}/sites/gazette/bans").get_json()["bans"] == []
    assert caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain"}).status_code == 201


def test_an_address_is_banned_without_being_named(newsroom, caller, program):
    comment_id = newsroom.comment(address=CANARY)
    assert caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "address"}).status_code == 403
    caller = program(newsroom.key("admin"))
    made = caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "address"})
    assert made.status_code == 201
    for answer in (made, caller.get(f"{API}/sites/gazette/bans"), caller.get(f"{API}/audit")):
        assert "canary" not in answer.get_data(as_text=True)


def test_a_ban_of_an_address_is_there_for_administrators_only(newsroom, elsewhere, caller, program, browser_of):
    """A moderator neither sees it, its entries in the trail or its comment, nor lifts it; one who set it had the role.

    Being an administrator elsewhere is not enough.
    """
    admin, comment_id = program(newsroom.key("admin")), newsroom.comment(address=CANARY)
    bans, ban_path = f"{API}/sites/gazette/bans", f"{API}/comments/{comment_id}/bans"
    ours = [admin.post(ban_path, json={"kind": kind}).get_json()["id"] for kind in ("chain", "address")]
    writer, address = ours
    mixed = newsroom.moderator("Mixed", "moderator")
    with newsroom.services.write() as session:
        session.add(Membership(moderator_id=mixed, site_id=elsewhere.site.id, role="admin"))
    people = {"moderator": browser_of(newsroom.moderator("Anna")), "mixed": browser_of(mixed), "key": caller}
    for name, person in people.items():
        assert [ban["id"] for ban in person.get(bans).get_json()["bans"]] == [writer], name
        assert person.get(f"{bans}?limit=1").get_json()["next_cursor"] is None, name
        assert person.delete(f"{bans}/{address}").status_code == 404, name
        trail = person.get(f"{API}/audit?site=gazette").get_json()["entries"]
        assert {entry["target"] for entry in trail if entry["action"].startswith("ban.")} == {writer}, name
    desk = people["moderator"]
    page = page_of(desk, "/moderate/sites/gazette/bans")
    assert address not in page
    assert writer in page
    assert desk.post("/moderate/sites/gazette/bans/lift", data={"ban_id": address}).status_code == 404
    assert [ban["id"] for ban in admin.get(bans).get_json()["bans"]] == [address, writer]
    assert address in page_of(browser_of(newsroom.moderator("Ada", "admin")), "/moderate/sites/gazette/bans")
    assert admin.delete(f"{bans}/{address}").status_code == 204
    lifted = [entry["target"] for entry in admin.get(f"{API}/audit").get_json()["entries"]]
    assert lifted[:3] == [address, address, writer]
    assert address not in caller.get(f"{API}/audit").get_data(as_text=True)


@pytest.mark.parametrize("proven", [None, "link"])
@pytest.mark.parametrize(
    ("role", "kinds"), [("moderator", "chain hold prefix"), ("admin", "chain hold prefix address")]
)
def test_the_form_begins_with_the_narrowest_ban(newsroom, browser_of, proven, role, kinds):
    newsroom.comment(proven=proven)
    page = page_of(browser_of(newsroom.moderator("Anna", role)))
    choices = re.findall(r'name="kind" value="(\w+)"( checked)?', page)
    assert choices == [("chain", " checked"), ("hold", ""), ("trust", ""), ("note", "")]
    # What may meet others is seen first.
    assert re.findall(r'effect\?kind=(\w+)"', page) == kinds.split()
    assert ("This writer is not confirmed" in page) == (proven is None)


@pytest.mark.parametrize("kind", ["address", "prefix"])
def test_what_is_not_kept_cannot_be_banned(newsroom, program, kind):
    answer = program(newsroom.key("admin")).post(f"{API}/comments/{newsroom.comment()}/bans", json={"kind": kind})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "nothing_to_ban")


def test_a_network_is_banned_for_30_days_at_most(services, newsroom, caller):
    comment_id = newsroom.comment(prefix_hash=b"p" * 16)
    ban = caller.post(f"{API}/comments/{comment_id}/bans", json={"kind": "prefix"}).get_json()
    latest = services.clock.now() + timedelta(days=30)
    assert ban["expires_at"] == latest.isoformat().replace("+00:00", "Z")
    thread, _ = thread_of(services, comment_id)
    assert meets(services, add_comment(services, thread, "Near.", prefix_hash=b"p" * 16)) == "ip"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no-kind"),
        pytest.param({"kind": "person"}, id="no-such-kind"),
        pytest.param({"kind": "chain", "days": 0}, id="no-days"),
        pytest.param({"kind": "chain", "days": 99999}, id="for-ever"),
        pytest.param({"kind": "chain", "reason": "x" * 501}, id="long-reason"),
        pytest.param({"kind": "chain", "email": "a@b.test"}, id="unknown-field"),
    ],
)
def test_a_ban_that_makes_no_sense(newsroom, caller, body):
    assert caller.post(f"{API}/comments/{newsroom.comment()}/bans", json=body).status_code == 422


def test_bans_of_another_site_are_not_there(newsroom, elsewhere, caller, program):
    theirs = program(elsewhere.key("moderate"))
    ban = theirs.post(f"{API}/comments/{elsewhere.comment()}/bans", json={"kind": "chain"}).get_json()
    assert caller.get(f"{API}/sites/herald/bans").status_code == 404
    assert caller.delete(f"{API}/sites/gazette/bans/{ban['id']}").status_code == 404
    assert caller.post(f"{API}/comments/{ban['comment_id']}/bans", json={"kind": "chain"}).status_code == 404


def test_ban_and_lift_by_plain_forms(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Anna"), csrf=False)
    comment_id = newsroom.comment(name="Mira Holm")
    page = page_of(desk)
    fields = {"csrf": hidden(page, "csrf"), "comment_id": comment_id, "kind": "chain", "days": "7", "reason": "spam"}
    assert desk.post("/moderate/sites/gazette/bans", data=fields | {"csrf": "guess"}).status_code == 403
    assert desk.post("/moderate/sites/gazette/bans", data=fields | {"days": "8"}).status_code == 422
    done = desk.post("/moderate/sites/gazette/bans", data=fields)
    page = page_of(desk, done.headers["Location"])
    assert "The ban is in force" in page
    assert "Mira Holm" in page
    again = desk.post("/moderate/sites/gazette/bans", data=fields)
    assert "banned already" in page_of(desk, again.headers["Location"])
    lifted = desk.post(
        "/moderate/sites/gazette/bans/lift", data={"csrf": fields["csrf"], "ban_id": hidden(page, "ban_id")}
    )
    assert "Nobody is banned" in page_of(desk, lifted.headers["Location"])


def test_a_viewer_can_ban_nobody(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Vera", "viewer"))
    comment_id = newsroom.comment()
    assert "Ban, hold" not in page_of(desk)
    here = f"/moderate/?at={comment_id}"
    forms = [
        'effect?kind=address"' in browser_of(newsroom.moderator(name, role)).get(here).get_data(as_text=True)
        for name, role in (("Anna", "moderator"), ("Ada", "admin"))
    ]
    assert forms == [False, True]
    assert "/bans" not in page_of(desk)
    assert desk.post(f"{API}/comments/{comment_id}/bans", json={"kind": "chain"}).status_code == 403
