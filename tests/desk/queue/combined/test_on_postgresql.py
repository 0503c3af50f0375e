"""Several things asked for at once are found by the narrowest of them (PostgreSQL), and it is the same as otherwise."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.orm import Session

from models import ActorKind, AsideKind, SetAside, Status, new_id
from models.database.ids import first_id
from models.queries.combined.one_facet import queue_walked
from models.queries.queue import queue_page
from models.queries.queue_filter import QueueFilter
from service.desk.queue import retrieval
from service.desk.queue.combined import postgresql
from service.desk.queue.listing import find_ids
from tests.desk.conftest import newsroom_of
from tests.desk.queue.combined.pages import ids_of
from tests.factories import Newsroom, add_site, finding

pytestmark = pytest.mark.postgres

ORDERS = ("priority", "oldest", "newest", "decided")
# Few enough to look at each at first; after a walk; never: then as before.
BOUNDS = ((4000, 20_000), (0, 20_000), (0, 0))


@pytest.fixture
def newsroom(postgres_services: Any) -> Newsroom:
    """Eighty comments with everything that can be asked for, some of it urgent; one that waits is held."""
    made = newsroom_of(postgres_services, add_site(postgres_services))
    chance = random.Random(8)
    threads = [
        made.thread(f"story {n}", section=("Local", "World")[n % 2], language=("de", "en")[n > 1]) for n in (0, 1, 2)
    ]
    for n in range(80):
        rules = [rule for rule in ("links", "shouting") if chance.random() < 0.4]
        made.comment(
            " ".join(chance.sample(("bridge", "town", "Müller", "closed"), 2)),
            status=chance.choice((Status.PENDING, Status.PENDING, Status.APPROVED, Status.SPAM)),
            thread=chance.choice(threads),
            chain=f"writer {n % 9}",
            priority=chance.choice((0, 0, 0, 0, 10, 20)),
            findings=[finding(rule) for rule in rules],
            facts={"language": chance.choice(("de", "en", "und"))},
        )
    now = made.services.clock.now()
    with made.services.write() as session:
        first = find_ids(session, QueueFilter(site_ids=[made.site.id], status=Status.PENDING), "oldest", 1).ids[0]
        held = {"comment_id": first, "site_id": made.site.id, "kind": AsideKind.HELD}
        session.add(SetAside(id=new_id(), by_kind=ActorKind.SYSTEM, created_at=now, **held))
    return made


def filters(newsroom: Newsroom, ids: list[str]) -> Iterator[QueueFilter]:
    """Two or three things at once, in every status."""
    chance = random.Random(9)
    # Ages begin at ids that no comment has.
    middle, later = f"{ids[len(ids) // 3]}0", ids[-len(ids) // 3]
    asked: list[dict[str, Any]] = [
        {"q": "bridge"}, {"q": "muller town"}, {"rule": "links"}, {"language": "de"}, {"section": "Local"},
        {"threads": [newsroom.thread("story 0")]}, {"chain": newsroom.chain("writer 3")}, {"unreviewed": True},
        {"since": middle}, {"until": later}, {"since": middle, "until": later}, {"dead": True},
    ]  # fmt: skip
    for n in range(36):
        some = chance.sample(asked, 2 + n % 2)
        status = chance.choice((None, Status.PENDING, Status.APPROVED))
        yield QueueFilter(site_ids=[newsroom.site.id], status=status, **{k: v for one in some for k, v in one.items()})


def test_every_page_is_the_same_by_the_narrowest(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    with newsroom.services.read() as session:
        ids = find_ids(session, QueueFilter(site_ids=[newsroom.site.id]), "oldest", 200).ids
        assert len(ids) == 80
        wrong = []
        met = 0
        for n, wanted in enumerate(filters(newsroom, ids)):
            order = ORDERS[n % 4]
            monkeypatch.setattr(retrieval, "find_on_postgresql", lambda *_: None)
            expected, total = ids_of(session, wanted, order)
            monkeypatch.undo()
            assert total in (None, len(expected))
            met += len(expected)
            for few, many in BOUNDS:
                monkeypatch.setattr(postgresql, "LOOKED_THROUGH_MOST", few)
                monkeypatch.setattr(postgresql, "LOOKED_THROUGH_AFTER_ALL", many)
                found, total = ids_of(session, wanted, order)
                monkeypatch.undo()
                if found != expected or total not in (None, len(expected)) or (few and total is None):
                    wrong.append((wanted, order, few, many, found, expected, total))
    assert met > 100
    assert not wrong


def test_a_walk_through_some_ages_goes_on_where_a_page_ends(newsroom: Newsroom) -> None:
    """Urgent or not: what has no priority is a stretch of its own."""
    long_ago = first_id(newsroom.services.clock.now() - timedelta(days=9))
    unreviewed = QueueFilter(site_ids=[newsroom.site.id], status=Status.PENDING, unreviewed=True)
    aged = replace(unreviewed, since=long_ago)
    with newsroom.services.read() as session:
        every = [(row[1], row[0]) for row in session.execute(queue_page(unreviewed, "priority", 200, sqlite=False))]
        assert {priority for priority, _ in every} == {0, 10, 20}
        for n in range(-1, len(every)):
            after = every[n] if n >= 0 else None
            query = queue_walked(aged, "unreviewed", "priority", 200, after, walk=200, sqlite=False)
            assert [(row[1], row[0]) for row in session.execute(query)] == every[n + 1 :]


@pytest.mark.parametrize("asked", [{}, {"unreviewed": True}, {"since": first_id(datetime(2020, 1, 1, tzinfo=UTC))}])
def test_a_walk_ends_where_a_page_is_full(newsroom: Newsroom, asked: dict[str, Any]) -> None:
    """Also where it begins after a comment, among others of the same priority, or goes through some ages."""
    wanted = QueueFilter(site_ids=[newsroom.site.id], status=Status.PENDING, q="bridge", **asked)
    with newsroom.services.read() as session:
        places = find_ids(session, replace(wanted, q=""), "priority", 200).places
        after = next(place for place in places if place[0] == 0)
        fits = find_ids(session, wanted, "priority", 200, after).places
        assert len(fits) > 10
        if asked:
            query = queue_walked(wanted, None, "priority", 2, after, walk=200, sqlite=False)
        else:
            query = queue_page(wanted, "priority", 2, after, walk=200, sqlite=False)
        assert [(row[1], row[0]) for row in session.execute(query)] == fits[:2]
        looked = 1 + places.index(fits[1]) - places.index(after)
        assert looked < 15
        assert _looked_up(session, query, "search_entry") <= looked


def test_what_is_looked_through_as_a_whole_is_so_once(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short walk that met too little would have been for nothing."""
    wanted = QueueFilter(site_ids=[newsroom.site.id], rule="links", unreviewed=True)
    with newsroom.services.read() as session:
        expected = find_ids(session, wanted, "priority", 80)
        monkeypatch.setattr(postgresql, "LOOKED_THROUGH_MOST", 0)
        monkeypatch.setattr(postgresql, "WALK_MOST", 2)
        monkeypatch.setattr(postgresql, "queue_looked_through", lambda *_, **__: pytest.fail("it is begun anew"))
        found = find_ids(session, wanted, "priority", 80)
    assert len(found.ids) > 10
    assert found == expected


@pytest.mark.parametrize("status", [Status.PENDING, None])
def test_a_section_is_walked_through_further_on(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, status: Status | None
) -> None:
    """Where the walk ends, by what it passes or by what of it is in the section, no page leaves anything out."""
    for bound in ("LOOKED_THROUGH_MOST", "LOOKED_THROUGH_AFTER_ALL", "TOTAL_MOST"):
        monkeypatch.setattr(postgresql, bound, 0)
    asked = QueueFilter(site_ids=[newsroom.site.id], status=status, section="Local")
    with newsroom.services.read() as session:
        every, _ = ids_of(session, asked, "priority")
        bridges, _ = ids_of(session, replace(asked, section="", q="bridge"), "priority")
        expected = [comment_id for comment_id in every if comment_id in bridges]
        assert len(expected) > 8
        for skimmed, walk in ((80, 80), (80, 9), (25, 80), (3, 2)):
            monkeypatch.setattr(postgresql, "SKIMMED_MOST", skimmed)
            monkeypatch.setattr(postgresql, "WALK_MOST", walk)
            assert ids_of(session, replace(asked, q="bridge"), "priority")[0] == expected, (skimmed, walk)


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_some_ages_end_where_they_end(newsroom: Newsroom, order: Any) -> None:
    everything = QueueFilter(site_ids=[newsroom.site.id])
    with newsroom.services.read() as session:
        every, _ = ids_of(session, everything, order)
        low, high = f"{sorted(every)[20]}0", sorted(every)[60]
        for ages in ({"since": low}, {"until": high}, {"since": low, "until": high}, {"since": "7" + "Z" * 25}):
            since, until = ages.get("since", ""), ages.get("until", "8")
            wanted = [comment_id for comment_id in every if since <= comment_id < until]
            assert ids_of(session, replace(everything, **ages), order) == (wanted, len(wanted))


def _looked_up(session: Session, query: Select[str, int], table: str) -> int:
    """How often this select reads the table for a comment."""
    said = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plans = [session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {said}")).scalar_one()[0]["Plan"]]
    loops = 0
    while plans:
        plan = plans.pop()
        plans += plan.get("Plans", ())
        loops += plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return loops
