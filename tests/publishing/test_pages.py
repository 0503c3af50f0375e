"""Which comments a page has, in which order, read off the indexes of places."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import Connection, create_engine, insert, select, update
from sqlalchemy.orm import Session

from models import DEEPEST, Ancestor, Base, Comment, Status, Thread
from service.errors import Invalid
from service.moderation import places
from service.moderation.places import place_thread
from service.publishing import pages, thread_rows
from service.publishing.pages import Shown, read_page
from service.publishing.query import SORTS, PageQuery, Sort
from service.wiring import Services
from tests.factories import Newsroom, add_site

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ENGINE = create_engine("sqlite://")
Base.metadata.create_all(ENGINE)


class Row(NamedTuple):
    number: int
    parent: int | None
    shown: bool
    votes: int


def id_(number: int) -> str:
    return f"{number:026d}"


def row(number: int, parent: int | None = None, *, shown: bool = True, votes: int = 0) -> Row:
    return Row(number, parent, shown, votes)


@contextmanager
def thread_of(rows: Sequence[Row]) -> Iterator[Session]:
    """A thread called "t" of comments that are or were published, placed."""
    with Session(ENGINE) as session:
        thread = {"id": "t", "site_id": "s", "key": "k", "url": "http://news.test/", "version": 1}
        session.execute(insert(Thread), [thread | {"published_count": 0, "created_at": NOW}])
        comments = [
            {
                "id": id_(found.number),
                "site_id": "s",
                "thread_id": "t",
                "parent_id": None if found.parent is None else id_(found.parent),
                "chain_id": "c",
                "status": Status.APPROVED if found.shown else Status.REJECTED,
                "name": "Ada",
                "published_version": 1 if found.shown else None,
                "was_published": True,
                "fingerprint": b"",
                "votes": found.votes,
                "created_at": NOW,
                "sent_at": NOW,
            }
            for found in rows
        ]
        if comments:
            session.execute(insert(Comment), comments)
        place_thread(session.connection(), "t")
        yield session
        session.rollback()


def numbers(session: Session, asked: PageQuery) -> list[int]:
    return [int(shown.id) for shown in read_page(session, "t", asked)[0]]


def whole(session: Session) -> list[Shown]:
    found: list[Shown] = []
    cursor = None
    while True:
        items, cursor = read_page(session, "t", PageQuery(limit=200, cursor=cursor))
        found += items
        if cursor is None:
            return found


THREAD = [row(1), row(2, 1), row(3), row(4, 2), row(5, 3, votes=9), row(6, votes=5), row(7, 1)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(PageQuery(), [1, 2, 3, 4, 5, 6, 7], id="oldest: by time"),
        pytest.param(PageQuery(sort="newest"), [6, 3, 5, 1, 2, 4, 7], id="newest: conversations"),
        pytest.param(PageQuery(sort="top"), [6, 3, 5, 1, 2, 4, 7], id="top: votes, then newest"),
        pytest.param(PageQuery(limit=3), [1, 2, 3], id="limit"),
        pytest.param(PageQuery(depth=0), [1, 3, 6], id="only first comments"),
        pytest.param(PageQuery(depth=1), [1, 2, 3, 5, 6, 7], id="and their replies"),
        pytest.param(PageQuery(parent=id_(1)), [2, 4, 7], id="all below one"),
        pytest.param(PageQuery(parent=id_(1), depth=0), [2, 7], id="direct replies of one"),
        pytest.param(PageQuery(parent=id_(2)), [4], id="below a reply"),
        pytest.param(PageQuery(parent=id_(99)), [], id="below an unknown one"),
        pytest.param(PageQuery(around=id_(6), limit=2), [5, 6], id="around a first comment"),
        pytest.param(PageQuery(around=id_(4), limit=4), [1, 2, 3, 4], id="around: parents are near"),
        pytest.param(PageQuery(around=id_(7), limit=3), [1, 6, 7], id="around: the parent is fetched"),
        pytest.param(PageQuery(around=id_(99), limit=2), [1, 2], id="around an unknown one: the start"),
        pytest.param(PageQuery(around=id_(4), depth=1, limit=2), [1, 2], id="around one too deep: the start"),
        pytest.param(PageQuery(around=id_(4), parent=id_(1), depth=1, limit=1), [1, 2, 4], id="around: with all above"),
        pytest.param(PageQuery(around=id_(4), parent=id_(1), depth=0, limit=1), [2], id="around a reply's reply"),
        pytest.param(PageQuery(around=id_(5), parent=id_(1), limit=1), [2], id="around one elsewhere"),
    ],
)
def test_which_comments_in_which_order(asked: PageQuery, expected: list[int]) -> None:
    with thread_of(THREAD) as session:
        assert numbers(session, asked) == expected


def test_a_tombstone_stands_for_every_hidden_parent() -> None:
    with thread_of([row(1, shown=False), row(2, 1, shown=False), row(3, 2), row(4, 3, shown=False)]) as session:
        assert [(int(item.id), item.replies) for item in whole(session)] == [(1, 0), (2, 1), (3, 0)]


def test_a_reply_from_a_machine_with_a_slow_clock_still_follows_its_parent() -> None:
    with thread_of([row(1), row(9), row(5, 9), row(7, 5), row(8)]) as session:
        assert numbers(session, PageQuery()) == [1, 8, 9, 5, 7]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "Zm9v", "W10", "WyJuZXdlc3QiXQ", "WyJvbGRlc3QiLDFd", "é", "===="],
)
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with thread_of(THREAD) as session, pytest.raises(Invalid) as refused:
        read_page(session, "t", PageQuery(cursor=cursor))
    assert refused.value.errors[0].field == "cursor"


trees = st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(-3, 3)), max_size=40).map(
    lambda drawn: [
        row(at + 1, parent if 0 < parent <= at else None, shown=shown, votes=votes)
        for at, (parent, shown, votes) in enumerate(drawn)
    ]
)


@settings(max_examples=30)
@given(rows=trees, sort=st.sampled_from(["oldest", "newest", "top"]), limit=st.integers(1, 7))
def test_pages_hold_every_comment_once_and_parents_first(rows: list[Row], sort: Sort, limit: int) -> None:
    seen: list[str] = []
    cursor = None
    with thread_of(rows) as session:
        while True:
            items, cursor = read_page(session, "t", PageQuery(sort=sort, limit=limit, cursor=cursor))
            assert len(items) <= limit
            for item in items:
                assert item.parent_id is None or item.parent_id in seen
                seen.append(item.id)
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == len(whole(session))
    assert {id_(found.number) for found in rows if found.shown} <= set(seen)


@settings(max_examples=30)
@given(rows=trees, gone=st.sets(st.integers(1, 40)), sort=st.sampled_from(["oldest", "newest"]))
def test_a_cursor_holds_when_comments_are_gone(rows: list[Row], gone: set[int], sort: Sort) -> None:
    with thread_of(rows) as session:
        first, cursor = read_page(session, "t", PageQuery(sort=sort, limit=3))
    if cursor is None:
        return
    with thread_of([found._replace(shown=found.shown and found.number not in gone) for found in rows]) as session:
        rest, _ = read_page(session, "t", PageQuery(sort=sort, limit=200, cursor=cursor))
        left = whole(session)
    assert not {item.id for item in rest} & {item.id for item in first}
    assert {item.id for item in left} - {item.id for item in first} == {item.id for item in rest}


def above(rows: Sequence[Row]) -> dict[int, list[int]]:
    """The numbers above each comment, its parent last."""
    found: dict[int, list[int]] = {}
    for each in rows:
        found[each.number] = [] if each.parent is None else [*found[each.parent], each.parent]
    return found


@settings(max_examples=30)
@given(
    rows=trees,
    sort=st.sampled_from(["oldest", "newest", "top"]),
    parent=st.none() | st.integers(1, 12),
    depth=st.none() | st.integers(0, 4),
    limit=st.integers(1, 9),
)
def test_parts_are_what_the_whole_has_of_them_in_its_order(
    rows: list[Row], sort: Sort, parent: int | None, depth: int | None, limit: int
) -> None:
    ways = above(rows)

    def wanted(number: int) -> bool:
        way = ways[number]
        if parent is not None:
            if parent not in way:
                return False
            way = way[way.index(parent) + 1 :]
        return depth is None or len(way) <= depth

    with thread_of(rows) as session:
        part = PageQuery(sort=sort, limit=limit, depth=depth, parent=None if parent is None else id_(parent))
        found: list[int] = []
        cursor = None
        while True:
            items, cursor = read_page(session, "t", structs.replace(part, cursor=cursor))
            found += [int(item.id) for item in items]
            if cursor is None:
                break
        assert found == [number for number in numbers(session, PageQuery(sort=sort, limit=200)) if wanted(number)]


CHAIN = [row(number, number - 1 if number > 1 else None) for number in range(1, 301)]


def test_a_thread_deeper_than_any_can_become_shows_the_rest_at_the_deepest_level() -> None:
    with thread_of(CHAIN) as session:
        items = whole(session)
        assert [int(item.id) for item in items] == list(range(1, 301))
        assert [int(item.parent_id or 0) for item in items] == [min(number, DEEPEST) for number in range(300)]
        assert numbers(session, PageQuery(parent=id_(DEEPEST), limit=200)) == list(range(DEEPEST + 1, 251))
        assert numbers(session, PageQuery(parent=id_(200))) == []
        # The way up is as long as the deepest, however far down the comment stood.
        assert numbers(session, PageQuery(around=id_(300), limit=2)) == [*range(1, DEEPEST + 1), 299, 300]
        rows = session.execute(select(Ancestor.comment_id).where(Ancestor.comment_id == id_(300))).all()
        assert len(rows) == DEEPEST


def test_a_comment_of_another_thread_is_none_here() -> None:
    with thread_of(THREAD) as session:
        assert read_page(session, "another", PageQuery(parent=id_(1))) == ([], None)
        assert read_page(session, "another", PageQuery(around=id_(1))) == ([], None)


PARTS = [
    pytest.param(beneath, order, levels, way, id=f"{'below' if beneath else 'thread'}-{order[0]}-{levels}-{way}")
    for beneath in (False, True)
    for order in ([("key",)] if beneath else [("key",), ("turn", "key"), ("rank", "turn", "key")])
    for levels in (None, 2)
    for way in ("start", "from", "after", "before")
]


@pytest.mark.parametrize(("beneath", "order", "levels", "way"), PARTS)
def test_every_part_is_read_in_the_order_of_an_index(beneath, order, levels, way) -> None:
    """Else a page would cost what its thread does: SQLite's plan says where it goes through everything, or sorts."""
    statement = pages._statement(beneath, order, levels, way).statement
    compiled = statement.compile(ENGINE)
    with thread_of(THREAD) as session:
        values = {"whose": "t", "most": 3, "key": id_(2), "turn": id_(2), "rank": 0}
        named = compiled.construct_params(values)
        given = tuple(named[name] for name in compiled.positiontup or ())
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given).all()
    ranges = [step for step in plan if "ix_place_" in step.detail or "ix_ancestor_" in step.detail]
    assert len(ranges) == (levels or 1), plan
    assert not [step for step in plan if step.detail.startswith(("SCAN place", "SCAN ancestor"))], plan
    # What was found may be sorted in the end, which is a step of its own; a thread's or a level's comments never are.
    sorting = {step.parent for step in plan if "TEMP B-TREE" in step.detail}
    assert not [step for step in ranges if step.parent in sorting], plan


def moved(services: Services) -> list[tuple[list[int], str | None]]:
    """The pages of a thread whose comments came and went one by one, each part and order of it."""
    newsroom = Newsroom(services, add_site(services))
    for number, parent in ((1, None), (2, 1), (3, None), (4, 2), (5, 3), (6, None), (7, 1)):
        newsroom.published(id=id_(number), parent_id=None if parent is None else id_(parent))
    for number in (1, 3, 4, 6):
        newsroom.take_down(id_(number))
    thread_id = newsroom.thread()
    with services.read() as session:
        thread = session.get_one(Thread, thread_id)
        assert thread.placed_version == thread.version == 11
        found = []
        for sort in SORTS:
            for part in ({}, {"depth": 0}, {"depth": 1}, {"parent": id_(1)}, {"around": id_(7)}, {"limit": 1}):
                shown, cursor = read_page(session, thread_id, PageQuery(sort=sort, **part))
                found.append(([int(item.id) for item in shown], cursor))
    return found


@pytest.mark.postgres
def test_postgres_gives_the_same_pages_of_what_came_and_went(services: Services, postgres_services: Services) -> None:
    here, there = moved(services), moved(postgres_services)
    assert here == there
    assert here[0] == ([1, 2, 3, 5, 7], None)


@pytest.mark.parametrize("moves_meanwhile", [0, 1, 3], ids=["alone", "one move meanwhile", "it never stands still"])
def test_a_thread_without_places_gets_them_from_its_first_reader(
    services: Services, monkeypatch: pytest.MonkeyPatch, moves_meanwhile: int
) -> None:
    newsroom = Newsroom(services, add_site(services))
    ids = [newsroom.published() for _ in range(3)]
    with services.write() as session:
        # As the release before leaves it: no place is known, or those of an earlier version.
        session.execute(update(Thread).values(placed_version=1))
    monkeypatch.setattr(places, "STEP", 2)
    left = [moves_meanwhile]
    trust = places._replace

    def and_somebody_moves_it(connection: Connection, thread_id: str, *what: Any) -> None:
        trust(connection, thread_id, *what)
        if left[0]:
            left[0] -= 1
            connection.execute(update(Thread).values(version=Thread.version + 1))

    monkeypatch.setattr(places, "_replace", and_somebody_moves_it)
    with thread_rows.placed_thread(services, "gazette", "4711") as (session, found):
        assert [shown.id for shown in read_page(session, found.id or "", PageQuery())[0]] == ids
