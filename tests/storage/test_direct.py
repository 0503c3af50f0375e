"""Statements that go past SQLAlchemy keep what is promised of all: limits hear of them, errors are what they were."""

import pytest
from sqlalchemy import Engine, String, event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from models.database.bulk import Bulk
from models.database.direct import execute
from service.database_errors import error_kind
from service.telemetry import DATABASE_ERRORS
from service.wiring import Services


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
