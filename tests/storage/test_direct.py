"""Statements that go past SQLAlchemy keep what is promised of all: limits hear of them, errors are what they were."""

from typing import Any

import pytest
from sqlalchemy import Engine, String, bindparam, event, literal, select, text, union_all
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models import Comment, Status
from models.database.bulk import Bulk
from models.database.direct import execute
from models.database.prepared import Prepared, found_together
from service.database_errors import error_kind
from service.telemetry import DATABASE_ERRORS
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread

_ids: Any = bindparam("ids", expanding=True)
_FOUND = (
    select(Comment.id, Comment.status, Comment.created_at, Comment.fingerprint, literal("100%"))
    .where(Comment.id.in_(_ids), Comment.status == Status.RECEIVED)
    .order_by(Comment.id)
)
_BY_PRINT = select(Comment.id).where(
    Comment.fingerprint.in_(bindparam("prints", expanding=True)), Comment.created_at <= bindparam("until")
)
_OTHERS = select(Comment.id).where(Comment.id.not_in(_ids)).order_by(Comment.id)
_TWICE = union_all(
    select(Comment.id).where(Comment.id.in_(_ids), Comment.status.in_((Status.RECEIVED, Status.SPAM))),
    select(Comment.id).where(Comment.id.in_(_ids), Comment.status == bindparam("status")),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    name = "services" if request.param == "sqlite" else "postgres_services"
    services: Services = request.getfixturevalue(name)
    return services.engine


def refused(kind: str) -> float:
    return DATABASE_ERRORS.labels(kind)._value.get()


def test_an_error_is_wrapped_counted_and_names_no_value(engine: Engine) -> None:
    sql = "INSERT INTO site (id) VALUES (?)" if engine.dialect.name == "sqlite" else "INSERT INTO site (id) VALUES ($1)"
    before = refused("constraint")
    with pytest.raises(IntegrityError) as caught, engine.begin() as connection:
        execute(connection, sql, ["somebody@example.org"])
    assert error_kind(caught.value.orig) == "constraint"
    assert refused("constraint") == before + 1
    assert "somebody" not in str(caught.value).replace(str(caught.value.orig), "")
    with engine.connect() as connection:  # It went back as good as it came.
        assert execute(connection, "SELECT 1", [], reads=True) == [(1,)]


def test_listeners_hear_of_it(engine: Engine) -> None:
    heard: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    with engine.connect() as connection:
        execute(connection, "SELECT 1", [])
    assert "SELECT 1" in heard


def test_a_percent_sign_stands_for_itself(engine: Engine) -> None:
    half = Bulk.select(lambda row: select(row["word"]).where(row["word"].like("50%")), {"word": String()})
    listed = Bulk.select(lambda row: select(text("'%s %% $1'")).where(row["word"] == row["word"]), {"word": String()})
    with engine.connect() as connection:
        assert half.found(connection, [{"word": "50% off"}]) == [("50% off",)]
        assert half.found(connection, [{"word": "50"}, {"word": "5"}]) == [("50",)]
        assert listed.found(connection, [{"word": "x"}]) == [("%s %% $1",)]


@pytest.mark.postgres
def test_a_lost_connection_takes_the_pools_others_along(postgres_services: Services) -> None:
    engine = postgres_services.engine
    with engine.connect() as one, engine.connect() as other:
        pid = one.execute(text("SELECT pg_backend_pid()")).scalar_one()
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).all()
        with pytest.raises(OperationalError) as caught:
            execute(one, "SELECT 1", [])
    assert caught.value.connection_invalidated
    assert one.closed


@pytest.fixture
def on_engine(request: pytest.FixtureRequest, engine: Engine) -> Services:
    """The services whose engine it is."""
    found: Services = request.getfixturevalue("services" if engine.dialect.name == "sqlite" else "postgres_services")
    return found


@pytest.fixture
def comments(on_engine: Services) -> list[Comment]:
    thread = add_thread(on_engine, add_site(on_engine, "alpha"))
    return [add_comment(on_engine, thread, text=f"The {n}th lamp at the pier is dark") for n in range(11)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 8, 11])
def test_lists_of_any_length(on_engine: Services, comments: list[Comment], count: int) -> None:
    values = {"ids": [comment.id for comment in comments[:count]]}
    with on_engine.read() as session:
        found = Prepared(_FOUND).found(session, values)
        assert found == [tuple(row) for row in session.execute(_FOUND, values)]
        others = Prepared(_OTHERS).found(session, values)
    assert [row[0] for row in found] == values["ids"]
    assert len(others) == len(comments) - count


def test_values_are_what_the_columns_types_make_of_them(on_engine: Services, comments: list[Comment]) -> None:
    with on_engine.read() as session:
        ((id_, status, created_at, fingerprint, fixed),) = Prepared(_FOUND).found(session, {"ids": {comments[4].id}})
        by_print = Prepared(_BY_PRINT)
        last = comments[-1].created_at
        prints = [comments[2].fingerprint, comments[3].fingerprint, comments[5].fingerprint]
        here = {row[0] for row in by_print.found(session, {"prints": prints, "until": last})}
    assert (id_, status, created_at, fingerprint, fixed) == (
        comments[4].id,
        Status.RECEIVED,
        comments[4].created_at,
        comments[4].fingerprint,
        "100%",
    )
    assert isinstance(status, Status)
    assert created_at.tzinfo is not None
    assert here == {comments[2].id, comments[3].id, comments[5].id}


def test_a_name_may_stand_in_several_places(on_engine: Services, comments: list[Comment]) -> None:
    ids = [comment.id for comment in comments[:3]]
    with on_engine.read() as session:
        found = Prepared(_TWICE).found(session, {"ids": ids, "status": Status.RECEIVED})
    assert sorted(row[0] for row in found) == sorted(ids * 2)


def test_few_statements_serve_lists_of_all_lengths(on_engine: Services, comments: list[Comment]) -> None:
    ids, heard, asked = [comment.id for comment in comments], set[str](), Prepared(_FOUND)
    event.listen(on_engine.engine, "before_cursor_execute", lambda *given: heard.add(given[2]))
    with on_engine.read() as session:
        session.connection()
        heard.clear()
        for count in range(1, len(ids) + 1):
            assert len(asked.found(session, {"ids": ids[:count]})) == count
    # Of 1, 2, 4, 8 and 16 values; a server has one statement for all.
    assert len(heard) == (5 if on_engine.settings.sqlite else 1)


def test_it_also_takes_a_connection(on_engine: Services, comments: list[Comment]) -> None:
    with on_engine.engine.connect() as connection, Session(connection) as session:
        values = {"ids": [comments[0].id]}
        assert Prepared(_FOUND).found(connection, values) == Prepared(_FOUND).found(session, values)


def test_several_are_asked_together_each_with_its_own_values(engine: Engine) -> None:
    words = Prepared(select(literal("a").label("word")).where(literal("x").in_(bindparam("some", expanding=True))))
    one = Prepared(select(bindparam("word", type_=String())))
    asked = [(words, {"some": ["x", "y", "z"]}), (one, {"word": "b"}), (words, {"some": ["y"]}), (one, {"word": "c"})]
    with engine.connect() as connection:
        assert found_together(connection, asked) == [[("a",)], [("b",)], [], [("c",)]]
        assert found_together(connection, []) == []
