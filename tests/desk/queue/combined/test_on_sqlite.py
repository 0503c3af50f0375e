"""What is asked for by several things at once is all found, in order, page by page, however much there is of each."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from benchmarks.scale import Newsroom
from benchmarks.scale_fill import BIG, RARE_LANGUAGE, RARE_WORD, fill
from models import Comment, CommentRule, SearchEntry, Thread
from service.desk.queue.combined import sqlite
from service.wiring import wire
from tests.settings import make_settings

PAGE = 7


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
    rows = _rows(room)
    tried = 0
    orders = itertools.cycle(("priority", "oldest", "newest"))
    for parts in itertools.product(*things):
        asked = {name: value for part in parts for name, value in part.items()}
        if not 2 <= len(asked) <= 3:
            continue
        for status in ("pending", "approved"):
            order = next(orders)
            wanted = [row for row in rows if row["status"] == status and _fits(row, asked, room)]
            wanted.sort(key=lambda row: (-row["priority"], row["id"]) if order == "priority" else row["id"])
            ids = [row["id"] for row in (reversed(wanted) if order == "newest" else wanted)]
            found, total, is_ = _pages(room, asked | {"status": status, "order": order})
            assert found == ids, (asked, status, order)
            assert total == len(ids) or (is_ == "at_least" and total < len(ids)), (asked, status, order)
            tried += len(ids) > PAGE
    assert tried > 10


def _rows(room: Newsroom) -> list[dict[str, Any]]:
    with room.services.read() as session:
        rules: dict[str, set[str]] = {}
        for comment_id, rule in session.execute(select(CommentRule.comment_id, CommentRule.rule)):
            rules.setdefault(comment_id, set()).add(rule)
        words = {row[0]: row[1].split() for row in session.execute(select(SearchEntry.comment_id, SearchEntry.words))}
        found = session.execute(
            select(Comment, Thread.key, Thread.section, Thread.language)
            .join(Thread, Thread.id == Comment.thread_id)
            .where(Comment.site_id == room.filled.sites[BIG])
        )
        return [
            {
                "id": comment.id, "status": comment.status.value, "priority": comment.priority, "thread": key,
                "section": section, "language": comment.language or language, "at": comment.created_at,
                "rules": rules.get(comment.id, set()), "words": words.get(comment.id, []),
            }
            for comment, key, section, language in found
        ]  # fmt: skip


def _fits(row: dict[str, Any], asked: dict[str, str], room: Newsroom) -> bool:
    if "younger" in asked and (room.services.clock.now() - row["at"]).days >= int(asked["younger"][:-1]):
        return False
    if "q" in asked and not any(word.startswith(asked["q"]) for word in row["words"]):
        return False
    if "rule" in asked and asked["rule"] not in row["rules"]:
        return False
    return all(row[name] == asked[name] for name in ("language", "section", "thread") if name in asked)


def _pages(room: Newsroom, asked: dict[str, str]) -> tuple[list[str], int, str]:
    """All ids, page by page, and the total that the first page says."""
    found: list[str] = []
    first: Any = None
    cursor = ""
    while True:
        answer = room.queue(**asked, site=BIG, limit=str(PAGE), cursor=cursor)
        first = first or answer
        found += [comment["id"] for comment in answer["comments"]]
        cursor = answer["next_cursor"] or ""
        if not cursor:
            return found, first["total"], first["total_is"]
