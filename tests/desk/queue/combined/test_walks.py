"""What is asked for is all found, once and in order, where short walks through several indexes meet it."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scale import Newsroom
from benchmarks.scale_fill import BIG, fill
from models.comment import JUDGED, Status
from models.database.ids import first_id, new_ids
from models.queries import queue_filter
from models.queries.queue_filter import QueueFilter, QueueOrder
from service.desk.queue import listing, retrieval
from service.desk.queue.combined import parts, postgresql, sqlite
from service.desk.queue.listing import find_ids
from service.wiring import wire
from tests.desk.queue.combined.pages import PAGE, fits, ids_of, in_order, rows_of
from tests.settings import make_settings

WALKS = ((retrieval, "WALK_MOST"), (postgresql, "WALK_MOST"), (sqlite, "WALK_MOST"), (sqlite, "SQLITE_WALK_MOST"))
ORDERS: tuple[QueueOrder, ...] = ("priority", "oldest", "newest")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Newsroom]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'some.db'}" if on_sqlite else request.getfixturevalue("postgres_url")
    services = wire(make_settings(url, "redis://127.0.0.1:1"))
    yield Newsroom(services, fill(services, 400))
    services.close()


def noted_walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many comments each walk from now on has met."""
    met: list[int] = []

    before_all = parts.before_all

    def noted(*arguments: Any) -> Any:
        found = before_all(*arguments)
        met.append(len(found))
        return found

    for module in (parts, postgresql, sqlite):
        monkeypatch.setattr(module, "before_all", noted)
    return met


def test_everything_is_found_once_and_in_order(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is not the same of each status: a walk through all of them ends in each at another place."""
    for module, name in WALKS:
        monkeypatch.setattr(module, name, 12)
    for module in (listing, retrieval, queue_filter):
        monkeypatch.setattr(module, "TOTAL_MOST", 20)
    monkeypatch.setattr(queue_filter, "LOOKED_UP_MOST", 10)
    monkeypatch.setattr(sqlite, "WORDED_MOST", 0)
    for module in (postgresql, sqlite):
        monkeypatch.setattr(module, "LOOKED_THROUGH_MOST", 0)
        monkeypatch.setattr(module, "LOOKED_THROUGH_AFTER_ALL", 0)
    walked = noted_walks(monkeypatch)
    rows = [row for row in rows_of(room) if row["status"] in JUDGED]
    young = first_id(room.services.clock.now() - timedelta(days=20))
    threads = [row["thread_id"] for row in rows if row["thread"] == room.filled.biggest_thread][:1]
    asked: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"language": "de"}, {"language": "de"}),
        ({"rule": "link_count"}, {"rule": "link_count"}),
        ({"section": "sports"}, {"section": "sports"}),
        ({"q": room.filled.common_word}, {"q": room.filled.common_word}),
        ({"younger": "20d"}, {"since": young}),
        ({"thread": room.filled.biggest_thread}, {"threads": threads}),
        ({"filter": "unreviewed"}, {"unreviewed": True}),
        ({"language": "de", "filter": "unreviewed"}, {"language": "de", "unreviewed": True}),
        ({"rule": "link_count", "filter": "unreviewed"}, {"rule": "link_count", "unreviewed": True}),
        ({"language": "de", "younger": "20d"}, {"language": "de", "since": young}),
    ]
    skipped, tried = [], 0
    with room.services.read() as session:
        for (said, meant), order in itertools.product(asked, ORDERS):
            ids = in_order([row for row in rows if fits(row, said, room)], order)
            found, total = ids_of(session, QueueFilter(site_ids=[room.filled.sites[BIG]], **meant), order)
            if found != ids or total not in (None, len(ids)):
                skipped.append((said, order, len(found), len(ids), total))
            tried += len(ids) > PAGE
    assert tried > 20
    assert not skipped, skipped
    # What walks do not give is gathered: nobody would miss them.
    assert sum(met >= PAGE for met in walked) > 20


def test_what_was_decided_last_is_counted_where_nothing_is_looked_up(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is more of it than is counted, and a short walk meets a page of it."""
    wanted = QueueFilter(site_ids=[room.filled.sites[BIG]], status=Status.APPROVED, language="de")
    with room.services.read() as session:
        every = find_ids(session, wanted, "decided", 400)
        monkeypatch.setattr(queue_filter, "TOTAL_MOST", 10)
        monkeypatch.setattr(parts, "queue_gathered", lambda *_, **__: pytest.fail("all of it is gathered"))
        page = find_ids(session, wanted, "decided", 5)
    assert page.ids == every.ids[:5]
    assert (page.total, page.at_least) == (10, True)


def test_some_ages_are_asked_of_as_many_sites_as_there_are(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite takes a union of so many parts only."""
    monkeypatch.setattr(sqlite, "SQLITE_WALK_MOST", 12)
    monkeypatch.setattr(postgresql, "LOOKED_THROUGH_MOST", 12)
    young = first_id(room.services.clock.now() - timedelta(days=20))
    sites = [room.filled.sites[BIG], *new_ids(30)]
    wanted = QueueFilter(site_ids=sites, since=young, language="de", unreviewed=True)
    with room.services.read() as session:
        for order in ("priority", "newest"):
            alone = find_ids(session, replace(wanted, site_ids=sites[:1]), order, 60).ids
            assert len(alone) > 50
            assert find_ids(session, wanted, order, 60).ids == alone
