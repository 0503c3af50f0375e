"""What is asked for by several things at once is all found, in order, page by page, however much there is of each."""

import itertools
from collections.abc import Iterator

import pytest

from benchmarks.scale import Newsroom
from benchmarks.scale_fill import RARE_LANGUAGE, RARE_WORD, fill
from service.desk.queue.combined import sqlite
from service.wiring import wire
from tests.desk.queue.combined.pages import PAGE, fits, in_order, pages_of, rows_of
from tests.settings import make_settings


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
