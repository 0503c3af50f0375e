"""What the pages around the queue must not give away, and hostile values in their addresses."""

import re

import pytest

from models import ActorKind, BanKind, Membership, Thread, new_id
from models.ban import Ban
from service.accounts.actors import Actor
from service.accounts.audit import audit
from service.moderation.threads import ThreadStep, step_threads


@pytest.fixture
def viewer_of_both(newsroom, elsewhere, services, browser_of):
    person = newsroom.moderator("Ev", "viewer")
    with services.write() as session:
        session.add(Membership(moderator_id=person, site_id=elsewhere.site.id, role="viewer"))
    return browser_of(person)


@pytest.mark.parametrize("other", [b"x" * 16, b"y" * 16], ids=["same network", "another"])
def test_nobody_learns_that_a_network_writes_on_two_sites(newsroom, elsewhere, came, viewer_of_both, other):
    came(5, thread=newsroom.thread("one"), prefix_hash=b"x" * 16)
    came(4, room=elsewhere, thread=elsewhere.thread("two"), prefix_hash=other)
    page = viewer_of_both.get("/moderate/investigate?thread=one&thread=two").get_data(as_text=True)
    assert re.findall(r'Network [A-J]</bdi></th><td class="n">(\d+)', page) == ["1", "1"]


@pytest.mark.parametrize("asked", ["action=ban.add", "person={}", ""])
def test_a_trail_is_not_shorter_by_what_is_hidden(services, newsroom, browser_of, asked):
    moderator = browser_of(newsroom.moderator("Anna"))
    at, chief = services.clock.now(), newsroom.moderator("Chief", "admin")
    actor = Actor(ActorKind.MODERATOR, chief, "Chief", {newsroom.site.id: "admin"})
    with services.write() as session:
        for n in range(60):
            kind = BanKind.ADDRESS if n == 30 else BanKind.CHAIN
            ban = Ban(id=new_id(), site_id=newsroom.site.id, kind=kind, created_at=at, reason="x")
            session.add(ban)
            session.flush()
            audit(session, actor, "ban.add", now=at, site_id=newsroom.site.id, target=ban.id)
    page = moderator.get("/moderate/audit?" + asked.format(chief)).get_data(as_text=True)
    assert page.count('<td class="when">') == 50


@pytest.mark.parametrize("mode", ["read_only", "needs_approval"])
def test_what_the_newsroom_chose_for_a_thread_stays(services, newsroom, anna, mode):
    thread_id = newsroom.thread("4711", mode=mode)
    assert step_threads(services, anna, [thread_id], ThreadStep.PREMODERATE) == 0
    with services.read() as session:
        assert session.get_one(Thread, thread_id).mode == mode


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/moderate/threads?sort=rate&cursor=rate.0.1.01ARZ3NDEKTSV4RRFFQ69G5FAV", 200),
        ("/moderate/threads?sort=rate&cursor=rate.99999999999.1.01ARZ3NDEKTSV4RRFFQ69G5FAV", 200),
        ("/moderate/audit?comment=%00", 200),
        ("/moderate/rows?ids=%00,a", 200),
        ("/moderate/?cluster=%00", 200),
        ("/moderate/?done=%00", 200),
        ("/moderate/?at=%00", 200),
    ],
)
def test_hostile_addresses_are_answered(newsroom, browser_of, address, status):
    assert browser_of(newsroom.moderator("Anna")).get(address).status_code == status


@pytest.mark.parametrize("moment", ["0", "1", "99999999999"])
def test_a_period_before_all_time_is_none(newsroom, browser_of, moment):
    sent = {"moment": moment, "period": "90d", "action": "spam", "site": newsroom.site.slug}
    assert browser_of(newsroom.moderator("Anna")).post("/moderate/investigate", data=sent).status_code < 500
