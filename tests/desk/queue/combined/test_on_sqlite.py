"""What is asked for by several things at once is all found, in order, page by page, however much there is of each."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import event

from benchmarks.scale import Newsroom
from benchmarks.scale_fill import RARE_LANGUAGE, RARE_WORD, fill
from models import ActorKind, AsideKind, SetAside, Status, new_id
from models.queries.queue_filter import QueueFilter, QueueOrder
from service.desk.queue.combined import sqlite
from service.desk.queue.listing import find_ids
from service.wiring import wire
from tests.desk.queue.combined.pages import PAGE, fits, in_order, pages_of, rows_of
from tests.settings import make_settings

ORDERS: tuple[QueueOrder, ...] = ("priority", "oldest", "newest", "decided")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """On SQLite: 400 comments, of which nothing is set aside."""
    services = wire(
        make_settings(f"sqlite:///{tmp_path_factory.mktemp('combined') / 'some.db'}", "redis://127.0.0.1:1")
    )
    yield Newsroom(services, fill(services, 400))
    services.close()


@pytest.fixture(params=["all few", "walked soon", "walked long", "nothing few"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower bounds, so that with few comments each way to find them is gone."""
    ways: dict[str, tuple[int, int, int]] = {
        "all few": (1000, 2000, 4000),
        "walked soon": (60, 5, 200),
        "walked long": (10, 30, 400),
        "nothing few": (0, 0, 10),
    }
    walk, worded, long = ways[request.param]
    for name, value in (("SQLITE_WALK_MOST", walk), ("WORDED_MOST", worded), ("WALK_MOST", long)):
        monkeypatch.setattr(sqlite, name, value)


def test_everything_is_found_once_and_in_order(room: Newsroom, bounds: None) -> None:
    common = room.filled.common_word
    things: list[tuple[dict[str, str], ...]] = [
        ({}, {"q": common}, {"q": RARE_WORD}, {"q": "muller"}),
        ({}, {"rule": "link_count"}),
        ({}, {"language": "de"}, {"language": RARE_LANGUAGE}),
        ({}, {"section": "sports"}, {"thread": room.filled.biggest_thread}, {"younger": "20d"}),
    ]
    rows = rows_of(room)
    tried = 0
    orders = itertools.cycle(("priority", "oldest", "newest"))
    for parts in itertools.product(*things):
        asked = {name: value for part in parts for name, value in part.items()}
        if not 2 <= len(asked) <= 3:
            continue
        for status in ("pending", "approved"):
            order = next(orders)
            ids = in_order([row for row in rows if row["status"] == status and fits(row, asked, room)], order)
            found, total, is_ = pages_of(room, asked | {"status": status, "order": order})
            assert found == ids, (asked, status, order)
            assert total == len(ids) or (is_ == "at_least" and total < len(ids)), (asked, status, order)
            tried += len(ids) > PAGE
    assert tried > 10


def test_words_that_few_have_are_found_among_all_sites_at_once(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked besides, and without what was set aside, it is the same as site by site and by status."""
    sites = list(room.filled.sites.values())
    asked = [
        {}, {"rule": "link_count"}, {"language": "de"}, {"section": "sports"}, {"unreviewed": True},
    ]  # fmt: skip
    found = 0
    with room.services.write() as session:
        wanted = QueueFilter(site_ids=sites[:1], status=Status.PENDING, q="muller")
        waiting = find_ids(session, wanted, "priority", 400).ids
        session.add(
            SetAside(
                id=new_id(),
                comment_id=waiting[0],
                site_id=sites[0],
                kind=AsideKind.HELD,
                by_kind=ActorKind.SYSTEM,
                created_at=room.services.clock.now(),
            )
        )
        session.flush()
        for more, status, order in itertools.product(asked, (None, Status.PENDING), ORDERS):
            wanted = QueueFilter(site_ids=sites, status=status, q="muller", **more)
            with monkeypatch.context() as few:
                few.setattr(sqlite, "WORDED_MOST", -1)
                expected = find_ids(session, wanted, order, 400)
            assert find_ids(session, wanted, order, 400) == replace(expected, at_least=False, total=len(expected.ids))
            assert more or (waiting[0] in expected.ids) is (status is None)
            found += len(expected.ids)
        session.rollback()
    assert found > 200


def test_for_words_that_few_have_nothing_else_is_gone_through(room: Newsroom) -> None:
    """An index of words has all of a site and of a status as well."""
    asked: list[str] = []
    event.listen(room.services.engine, "before_cursor_execute", lambda *given: asked.append(repr(given[3])))
    room.queue(q=RARE_WORD, order="newest", status="approved")
    assert any("words : " in said for said in asked)
    assert not any("site_id : " in said for said in asked)


def test_what_is_looked_through_as_a_whole_is_so_once(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short walk that met too little would have been for nothing."""
    monkeypatch.setattr(sqlite, "SQLITE_WALK_MOST", 10)
    begun: list[str] = []
    for name in ("queue_walked", "queue_looked_through"):
        select = getattr(sqlite, name)
        noted = lambda *given, name=name, select=select, **more: begun.append(name) or select(*given, **more)  # noqa: E731
        monkeypatch.setattr(sqlite, name, noted)
    wanted = QueueFilter(site_ids=[room.filled.sites["big"]], status=Status.PENDING, unreviewed=True, language="de")
    with room.services.read() as session:
        found = find_ids(session, wanted, "priority", 400)
    assert found.total == len(found.ids) > 10
    assert not found.at_least
    assert begun == ["queue_walked"]
