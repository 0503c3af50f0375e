"""Leases are courtesy: nobody holds the whole queue, administrators pass, and they end with what held them."""

from datetime import UTC, datetime, timedelta

import pytest

from models import AuditEntry, Comment
from service.queue import backlog
from service.queue.backlog import MOST_HELD
from service.redis_keys import key
from tests.desk.conftest import API


def take(caller, comment_id):
    answer = caller.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [comment_id]})
    assert [lease["comment_id"] for lease in answer.get_json()["leases"]] == [comment_id]


def holder_of(newsroom, comment_id):
    found = backlog.holders(newsroom.services.redis, newsroom.site.id, [comment_id]).get(comment_id)
    return found and found.moderator_id


def decide(caller, comment_id, action="reject"):
    return caller.post(
        f"{API}/decisions", json={"decisions": [{"comment_id": comment_id, "action": action}]}
    ).get_json()["decisions"][0]


def test_nobody_holds_more_than_so_many(services, site):
    ids = [f"comment{n:04}" for n in range(MOST_HELD + 50)]

    def lease(who, some, limit=1000):
        return [found.comment_id for found in backlog.lease(services.redis, site.id, who, some, limit)]

    assert lease("mallory", ids) == ids[:MOST_HELD]
    assert lease("mallory", ids[-10:]) == []
    assert lease("mallory", ids[:5]) == ids[:5], "one's own are renewed"
    assert lease("ann", ids) == ids[MOST_HELD:]
    backlog.release(services.redis, site.id, "mallory", ids[:1])
    assert lease("mallory", ids) == ids[:MOST_HELD]


def test_an_administrator_passes_and_a_colleague_does_not(newsroom, browser_of, program):
    first, second = newsroom.comment(), newsroom.comment()
    holder = browser_of(newsroom.moderator("Mallory"))
    for comment_id in (first, second):
        take(holder, comment_id)
    assert decide(browser_of(newsroom.moderator("Anna")), first)["code"] == "leased"
    assert decide(program(newsroom.key("moderate")), first)["code"] == "leased"
    assert decide(browser_of(newsroom.moderator("Boss", "admin")), first)["status"] == "rejected"
    made = decide(program(newsroom.key("admin")), second)
    assert made["status"] == "rejected"


def test_an_administrator_breaks_a_lease_and_the_trail_says_so(newsroom, browser_of):
    comment_id = newsroom.comment()
    mallory = newsroom.moderator("Mallory")
    take(browser_of(mallory), comment_id)
    anna, boss = browser_of(newsroom.moderator("Anna")), browser_of(newsroom.moderator("Boss", "admin"))
    place = f"{API}/leases/{comment_id}"
    assert anna.delete(place).status_code == 204
    assert boss.delete(f"{place}?only=mine").status_code == 204
    assert holder_of(newsroom, comment_id) == mallory
    for _ in range(2):
        assert boss.delete(place).status_code == 204
    assert holder_of(newsroom, comment_id) is None
    assert decide(anna, comment_id)["status"] == "rejected"
    with newsroom.services.read() as session:
        (entry,) = session.query(AuditEntry).where(AuditEntry.action == "lease.break")
    assert (entry.target, entry.details, entry.site_id) == (comment_id, {"holder": mallory}, newsroom.site.id)
    assert boss.delete(f"{place}?only=theirs").status_code == 422


def test_nobody_breaks_another_sites_lease(newsroom, elsewhere, browser_of, stranger):
    comment_id = newsroom.comment()
    anna = newsroom.moderator("Anna")
    take(browser_of(anna), comment_id)
    assert stranger.delete(f"{API}/leases/{comment_id}").status_code == 404
    assert holder_of(newsroom, comment_id) == anna


def _close(boss, holder, holder_id):
    assert boss.delete(f"{API}/moderators/{holder_id}").status_code == 204


def _demote(boss, holder, holder_id):
    assert boss.patch(f"{API}/moderators/{holder_id}", json={"role": "viewer"}).status_code == 200


def _close_on_the_page(boss, holder, holder_id):
    assert boss.post(f"/moderate/sites/gazette/people/{holder_id}/close").status_code == 303


def _sign_out(boss, holder, holder_id):
    assert holder.post("/moderate/sign-out").status_code == 303


@pytest.mark.parametrize("end", [_close, _demote, _close_on_the_page, _sign_out])
def test_leases_end_with_what_they_were_held_by(newsroom, browser_of, boss, end):
    comment_id = newsroom.comment()
    holder_id = newsroom.moderator("Mallory")
    holder = browser_of(holder_id)
    take(holder, comment_id)
    end(boss, holder, holder_id)
    assert holder_of(newsroom, comment_id) is None


def test_a_keys_leases_end_with_it(newsroom, program, boss):
    comment_id, kept = newsroom.comment(), newsroom.comment()
    take(program(newsroom.key("moderate")), comment_id)
    take(program(newsroom.key("moderate")), kept)
    key_id = holder_of(newsroom, comment_id)
    assert boss.delete(f"{API}/sites/gazette/keys/{key_id}").status_code == 204
    assert holder_of(newsroom, comment_id) is None
    assert holder_of(newsroom, kept)


def test_a_new_name_or_a_second_browser_keeps_them(newsroom, browser_of, boss):
    comment_id = newsroom.comment()
    anna = newsroom.moderator("Anna")
    first, second = browser_of(anna), browser_of(anna)
    take(first, comment_id)
    boss.patch(f"{API}/moderators/{anna}", json={"name": "Anna B."})
    second.post("/moderate/sign-out")
    assert holder_of(newsroom, comment_id) == anna


def test_the_desk_tells_an_administrator_that_they_pass(newsroom, browser_of, boss):
    comment_id = newsroom.comment()
    take(browser_of(newsroom.moderator("Mallory")), comment_id)
    page = f"/moderate/?at={comment_id}"
    assert "your decision counts all the same" in boss.get(page).get_data(as_text=True)
    anna = browser_of(newsroom.moderator("Anna"))
    assert "Your decision would be refused" in anna.get(page).get_data(as_text=True)


def lease(caller, **asked):
    answer = caller.post(f"{API}/leases", json=asked)
    return [found["comment_id"] for found in answer.get_json()["leases"]]


def test_two_are_handed_different_comments_of_one_filtered_view(newsroom, browser_of):
    wanted = [newsroom.comment(f"About the bridge {n}") for n in range(6)]
    for n in range(6):
        newsroom.comment(f"Something else {n}")
    anna, bernd = browser_of(newsroom.moderator("Anna")), browser_of(newsroom.moderator("Bernd"))
    assert lease(anna, site="gazette", q="bridge", limit=2) == wanted[:2]
    assert lease(bernd, site="gazette", q="bridge", limit=2) == wanted[2:4]
    assert lease(anna, site="gazette", q="bridge", limit=3) == [*wanted[:2], wanted[4]], "one's own come first"
    assert lease(bernd, comment_ids=wanted, limit=6) == [wanted[2], wanted[3], wanted[5]]


def test_all_sites_together_in_the_order_of_the_queue(newsroom, elsewhere, services, browser_of):
    ids = [room.comment(f"Comment {n}") for n in range(3) for room in (newsroom, elsewhere)]
    edith = browser_of(newsroom.moderator("Edith", everywhere=True))
    anna = browser_of(newsroom.moderator("Anna"))
    by_age = {"order": "oldest"}
    with services.read() as session:
        by_id = sorted(ids)
        ours = [comment_id for comment_id in by_id if session.get_one(Comment, comment_id).site_id == newsroom.site.id]
    assert lease(anna, limit=1, **by_age) == ours[:1], "of other sites she is handed nothing"
    rest = [comment_id for comment_id in by_id if comment_id != ours[0]]
    assert lease(edith, limit=4, **by_age) == rest[:4]
    assert lease(anna, limit=9, **by_age) == [ours[0], *(one for one in ours if one in rest[4:])]


def test_what_a_colleague_has_just_decided_is_not_handed_out(newsroom, anna, boss):
    ids = [newsroom.comment() for _ in range(3)]
    decide(boss, ids[0])
    assert lease(anna, comment_ids=ids, status="pending", limit=2) == ids[1:]
    assert holder_of(newsroom, ids[0]) is None
    assert lease(anna, comment_ids=ids[:1], limit=1) == ids[:1], "asked for by itself it can be"


@pytest.mark.parametrize(
    ("where", "aside"),
    [("hold", {}), ("escalations", {"to": "editor", "note": "Please look."})],
)
def test_what_a_colleague_has_just_set_aside_is_not_handed_out(newsroom, anna, boss, where, aside):
    ids = [newsroom.comment() for _ in range(2)]
    if where == "hold":
        aside = {"until": (newsroom.services.clock.now() + timedelta(hours=1)).isoformat()}
    assert boss.post(f"{API}/comments/{ids[0]}/{where}", json=aside).status_code in (200, 201)
    # Anna's desk has its list from before.
    assert lease(anna, comment_ids=ids, status="pending", limit=1) == ids[1:]
    assert holder_of(newsroom, ids[0]) is None
    aside_is = {"hold": "held", "escalations": "escalated"}[where]
    assert lease(anna, comment_ids=ids[:1], status="pending", filter=aside_is, limit=1) == ids[:1]


def test_another_sites_comment_is_not_handed_out(newsroom, elsewhere, anna):
    mine, theirs = newsroom.comment(), elsewhere.comment()
    answer = anna.post(f"{API}/leases", json={"comment_ids": [mine, theirs], "limit": 2})
    assert answer.status_code == 404
    assert holder_of(newsroom, mine) is None


def test_one_lets_go_of_several_and_only_of_ones_own(newsroom, elsewhere, browser_of, stranger):
    ids = [newsroom.comment() for _ in range(3)]
    anna_id = newsroom.moderator("Anna")
    anna, bernd = browser_of(anna_id), browser_of(newsroom.moderator("Bernd"))
    assert lease(anna, comment_ids=ids, limit=3) == ids
    for other in (bernd, stranger):
        assert other.post(f"{API}/leases/release", json={"comment_ids": ids}).status_code == 204
    assert holder_of(newsroom, ids[0]) == anna_id
    assert anna.post(f"{API}/leases/release", json={"comment_ids": [*ids[:2], "unknown"]}).status_code == 204
    assert [holder_of(newsroom, one) for one in ids] == [None, None, anna_id]


def test_a_page_without_a_script_holds_its_comment_shortly(newsroom, browser_of):
    """Its script takes the lease for longer; a page that cannot let go of it does not keep it from the others."""
    comment_id, anna = newsroom.comment(), newsroom.moderator("Anna")
    services, caller = newsroom.services, browser_of(anna)

    def seconds():
        found = backlog.holders(services.redis, newsroom.site.id, [comment_id])[comment_id]
        return (found.until - datetime.now(UTC)).total_seconds()

    caller.get("/moderate/")
    assert holder_of(newsroom, comment_id) == anna
    assert backlog.PAGE_LEASE_SECONDS - 30 < seconds() <= backlog.PAGE_LEASE_SECONDS
    take(caller, comment_id)
    assert seconds() > backlog.LEASE_SECONDS - 30
    # Another page of the same moderator cuts nothing short.
    caller.get("/moderate/")
    assert seconds() > backlog.LEASE_SECONDS - 30
    # What others hold outlives a short lease beside it.
    kept = services.redis.pttl(key(services.redis, backlog.backlog_name(newsroom.site.id, "leases")))
    assert kept > backlog.LEASE_SECONDS * 1000
