"""Marks, what they meet, and chosen words, on both databases."""

import pytest

from models import ActorKind, Comment, EntryKind, MarkKind, Site, Status, new_id
from service.accounts.actors import Actor
from service.moderation.jobs import runner
from service.moderation.jobs.look_back import would_catch
from service.moderation.jobs.writer_sweep import Sweep, begin_sweep, effect_of
from service.moderation.policies.entries import change, choose
from service.moderation.writers.about import about_writer
from service.moderation.writers.marks import lift_mark, marks_of, set_mark
from service.privacy.chains import prove_by_link
from service.wiring import Services
from tests.factories import Newsroom, add_site


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services)


@pytest.fixture
def boss(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Boss", {site.id: "admin"})


def test_a_mark_counts_for_chains_that_become_one(services: Services, site: Site, boss: Actor) -> None:
    """Only once both have proved the address: to type it is nothing."""
    newsroom = Newsroom(services, site)
    ids = [newsroom.comment(address="ada@mailbox.example") for _ in range(2)]
    now = services.clock.now()

    def marks() -> list[str | None]:
        with services.read() as session:
            chains = [session.get_one(Comment, comment_id).chain_id for comment_id in ids]
            found = marks_of(session, [site.id], chains, now)
        return [found.get(chain) for chain in chains]

    set_mark(services, boss, ids[0], MarkKind.TRUST)
    assert marks() == ["trust", None]
    held = set_mark(services, boss, ids[1], MarkKind.HOLD)
    assert marks() == ["trust", "hold"]
    with services.write() as session:
        for comment_id in ids:
            prove_by_link(session, services.keyring, session.get_one(Comment, comment_id), now)
    assert marks() == ["hold", "hold"]
    lift_mark(services, boss, site, held.id)
    assert marks() == ["trust", "trust"]


def test_a_sweep_in_chunks(services: Services, site: Site, boss: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.moderation.jobs.writer_sweep.CHUNK", 2)
    newsroom = Newsroom(services, site)
    ids = [newsroom.comment(chain="mira") for _ in range(3)]
    ids += [newsroom.comment(chain="mira", status=Status.APPROVED) for _ in range(2)]
    found = effect_of(services, ids[0], "chain", 7)
    assert (found.waiting, found.published, found.complete, len(found.examples)) == (3, 2, True, 5)
    job = begin_sweep(services, boss, ids[0], "chain", Sweep(waiting="reject", published="spam"))
    assert job is not None
    assert job.total == 5
    while runner.run_one(services):
        pass
    with services.read() as session:
        statuses = [session.get_one(Comment, comment_id).status for comment_id in ids]
        about = about_writer(session, site, session.get_one(Comment, ids[0]), services.clock.now())
    assert statuses == [Status.REJECTED] * 3 + [Status.SPAM] * 2
    assert (about.judged, about.approved, about.waiting, about.strikes) == (5, 0, 0, [])


def test_chosen_words(services: Services, site: Site, boss: Actor) -> None:
    newsroom = Newsroom(services, site)
    newsroom.comment("What a flimflam.")
    newsroom.comment("See https://pills.example/buy", name="flimflam")
    assert would_catch(services, site, EntryKind.WORD, "flimflam").by_status == {Status.PENDING: 2}
    assert would_catch(services, site, EntryKind.DOMAIN, "pills.example").found == 1
    entry = choose(services, boss, site, EntryKind.WORD, "flimflam")
    assert change(services, boss, site, entry.id, "on").policy_n == 2
