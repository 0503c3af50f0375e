"""What a page, a publication and a removal read is found by an index: none costs more where the thread is longer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text, update

from models import ActorKind, Status, Thread, new_id
from models.database.direct import execute
from models.queries.places import ABOVE, MOVED, PLACES
from service.moderation.moves import Action, Cause, Move, after
from service.moderation.record import standings, write
from service.publishing.documents import Documents, read_thread_page
from service.publishing.query import SORTS
from service.publishing.thread_rows import _COMMENTS, permalink, placed_thread, read_comment
from service.wiring import Services
from tests.factories import Newsroom, add_comment, add_site, move_comment
from tests.plans import database_steps, whole_tables_read


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def newsroom(request: pytest.FixtureRequest) -> Newsroom:
    services = request.getfixturevalue("services" if request.param == "sqlite" else "postgres_services")
    return Newsroom(services, add_site(services))


def conversation(newsroom: Newsroom) -> list[str]:
    """Six comments of the thread 4711, two of three of which answer."""
    ids: list[str] = []
    for n in range(6):
        ids.append(newsroom.published(parent_id=ids[-1] if n % 3 else None))
    return ids


def parts(ids: list[str]) -> Iterator[dict[str, Any]]:
    for sort in SORTS:
        for limit in (2, 50):
            yield {"sort": sort, "limit": limit}
            yield {"sort": sort, "limit": limit, "around": ids[3]}
            yield {"sort": sort, "limit": limit, "parent": ids[0]}
            yield {"sort": sort, "limit": limit, "depth": 0}
            yield {"sort": sort, "limit": limit, "depth": 3, "around": ids[4]}
            yield {"sort": sort, "limit": limit, "depth": 1, "parent": ids[0]}


def test_no_page_reads_a_whole_table(newsroom: Newsroom) -> None:
    services, ids = newsroom.services, conversation(newsroom)
    with whole_tables_read(services) as found:
        for asked in parts(ids):
            page = read_thread_page(services, "gazette", "4711", **asked)
            assert page["comments"]
            if page["next_cursor"] and "around" not in asked:
                read_thread_page(services, "gazette", "4711", cursor=page["next_cursor"], **asked)
        Documents(services).counted("gazette", ("4711", "unknown"))
        with services.read() as session:
            read_comment(session, "gazette", ids[2], "")
            permalink(session, ids[2], "")
    assert found == []


@pytest.mark.parametrize("verified", [True, False], ids=["the newsroom has named the page", "its readers have"])
def test_no_publication_or_removal_reads_a_whole_table(newsroom: Newsroom, verified: bool) -> None:
    services, ids = newsroom.services, conversation(newsroom)
    waiting = newsroom.comment(parent_id=ids[2])
    with services.write() as session:
        session.execute(update(Thread).values(verified=verified))
    with whole_tables_read(services) as found:
        move_comment(services, waiting, Status.APPROVED, kind=ActorKind.MODERATOR)
        newsroom.take_down(ids[0])
        newsroom.take_down(ids[5])
    assert found == []


def test_neither_pages_nor_moves_take_more_steps_in_a_longer_thread(services: Services) -> None:
    newsroom = Newsroom(services, add_site(services))
    thread_id = newsroom.thread(verified=False)
    first = _steps(newsroom, _publish(services, thread_id, 20))
    longer = _steps(newsroom, _publish(services, thread_id, 200))
    # Twenty more for each comment would be thousands; a deeper index and a longer page take some.
    assert {what: steps for what, steps in longer.items() if steps > first[what] + 200} == {}


def _steps(newsroom: Newsroom, ids: list[str]) -> dict[str, int]:
    """What the database does for the pages of a thread and for moves in it (SQLite)."""
    services = newsroom.services
    found: dict[str, int] = {}
    with database_steps(services) as steps:
        for asked in parts(ids):
            before = steps[0]
            read_thread_page(services, "gazette", "4711", **(asked | {"limit": 5}))
            found[f"page {asked}".replace(ids[0], "first").replace(ids[3], "a").replace(ids[4], "b")] = (
                steps[0] - before
            )
        for what, to in (("removal", Status.REJECTED), ("publication", Status.APPROVED)):
            before = steps[0]
            move_comment(services, ids[3], to, kind=ActorKind.MODERATOR)
            found[what] = steps[0] - before
    return found


def _publish(services: Services, thread_id: str, how_many: int) -> list[str]:
    """So many comments of one thread, published in one transaction."""
    with services.write() as session:
        thread = session.get_one(Thread, thread_id)
        ids = [add_comment(services, thread, session=session).id for _ in range(how_many)]
        cause = Cause(Action.APPROVE, ActorKind.POLICY, policy_version="1")
        moves = [
            Move(new_id(), standing, after(standing, Status.APPROVED), cause)
            for standing in standings(session, ids, lock=True).values()
        ]
        write(session, moves, now=services.clock.now(), mails=False)
    return ids


def test_a_publication_writes_so_much_for_each_comment_above_it_in_any_thread(services: Services) -> None:
    newsroom = Newsroom(services, add_site(services))
    conversation(newsroom)
    few = _rows_written(newsroom, parent_id=None)
    ids = [newsroom.published() for _ in range(60)]
    assert _rows_written(newsroom, parent_id=None) == few
    assert _rows_written(newsroom, parent_id=ids[-1]) == few + 2, "what stands above it, and that it does"


def _rows_written(newsroom: Newsroom, **columns: Any) -> int:
    """How many rows of places approving a comment writes (SQLite)."""
    written = [0]
    waiting = newsroom.comment(**columns)

    def count(_connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if re.match(r"(INSERT INTO|UPDATE) (place|ancestor)\b", statement):
            written[0] += max(0, cursor.rowcount)

    event.listen(newsroom.services.engine, "after_cursor_execute", count)
    move_comment(newsroom.services, waiting, Status.APPROVED, kind=ActorKind.MODERATOR)
    event.remove(newsroom.services.engine, "after_cursor_execute", count)
    return written[0]


@pytest.mark.postgres
def test_few_comments_of_a_small_table_are_looked_for_by_an_index(postgres_services: Services) -> None:
    services = postgres_services
    newsroom = Newsroom(services, add_site(services))
    ids = _publish(services, newsroom.thread(verified=False), 400)
    rows = [{"id": id_} for id_ in ids[100:150]]
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE comment, comment_version, writer_chain, place"))
        for bulk in (MOVED, PLACES, ABOVE, _COMMENTS):
            statement = bulk._statement(connection.dialect, len(rows))
            plan = execute(connection, f"EXPLAIN {statement.sql}", statement.bound(rows), reads=True)
            assert not [line for (line,) in plan if "Seq Scan on" in line], plan
            assert bulk is ABOVE or len(bulk.found(connection, rows)) == len(rows)


@pytest.mark.postgres
def test_a_kept_plan_of_an_empty_table_reads_no_full_one_through(postgres_services: Services) -> None:
    services = postgres_services
    newsroom = Newsroom(services, add_site(services))
    _publish(services, newsroom.thread(verified=False), 2)
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE comment, comment_version, writer_chain, place"))
    for _ in range(15):
        read_thread_page(services, "gazette", "4711")
    with placed_thread(services, "gazette", "4711") as (session, _):
        prepared = session.execute(text("SELECT name, statement FROM pg_prepared_statements WHERE generic_plans > 0"))
        kept = [name for name, statement in prepared if "comment_version.html" in statement]
        plans = [session.scalars(text(f"EXPLAIN EXECUTE {name}(NULL, NULL, NULL, NULL, NULL)")).all() for name in kept]
    assert plans
    assert not [line for plan in plans for line in plan if re.search(r"Seq Scan on (comment|writer_chain)", line)]
