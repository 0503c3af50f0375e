"""What databases refuse is told from what is wrong with us: with real servers that cannot take what they are asked."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models.migrations import CannotUpgrade, upgrade
from service.cli.diagnostics.database import check_database
from service.database_errors import Contended, again_when_contended, why_unreachable
from service.errors import Misconfigured, Unavailable
from service.operations import readiness_problems
from service.settings.database_url import database_address
from service.wiring import Services, wire
from tests.postgres_servers import Bouncer, PostgresPair
from tests.settings import make_settings

WRITE = text("UPDATE site SET name = name")


@pytest.fixture(scope="module")
def pair() -> Iterator[PostgresPair]:
    with tempfile.TemporaryDirectory(prefix="rjpair") as name:
        # PostgreSQL runs as another account.
        Path(name).chmod(0o755)
        pair = PostgresPair(Path(name))
        pair.start("fsync=off")
        services = _services(pair.url)
        upgrade(services.engine)
        services.close()
        yield pair
        pair.stop()


def _services(url: str, **changes: str) -> Services:
    return wire(make_settings(url, "redis://127.0.0.1:1", **changes))


@pytest.mark.postgres
def test_a_pooler_may_give_each_transaction_another_server(pair: PostgresPair) -> None:
    with Bouncer(pair.first) as bouncer:
        services = _services(bouncer.url, REJOINDER_PREPARE_THRESHOLD="off")
        limited = wire(services.settings, role="web", statement_seconds=7.0)
        others = wire(services.settings, role="worker")
        for turn in range(40):
            with limited.read() as session, others.write() as beside:
                assert session.execute(text("SHOW statement_timeout")).scalar() == "7s", turn
                assert beside.execute(text("SHOW statement_timeout")).scalar() == "0", turn
                beside.execute(WRITE)
        for each in (services, limited, others):
            each.close()
        told = _services(bouncer.url)
        assert "pooler" in {check.what for check in check_database(told) if check.level == "problem"}
        told.close()
    direct = _services(pair.url)
    found = {check.what: check.level for check in check_database(direct)}
    assert found == {"database": "ok", "clock": "ok", "connections": "ok"}
    direct.close()


@pytest.mark.postgres
def test_the_pool_follows_the_primary(pair: PostgresPair) -> None:
    """Last: the pair has its roles for good then."""
    services, alone = _services(pair.url), _services(pair.second.url)
    with services.write() as session:
        session.execute(WRITE)
    # A standby at the address answers, and reads are served; nothing can be written.
    with alone.read() as session:
        session.execute(text("SELECT 1"))
    assert "standby" in readiness_problems(alone)["database"]
    assert any("standby" in check.found for check in check_database(alone) if check.level == "problem")
    for _ in range(2):
        with pytest.raises(Unavailable), alone.write() as session:
            session.execute(WRITE)
    pair.promote()
    for each in (services, alone):
        # The connections of before are found dead one by one.
        for _ in range(3):
            try:
                with each.write() as session:
                    session.execute(WRITE)
            except Unavailable:
                continue
            break
        else:
            pytest.fail("the promoted server is not found")
        each.close()


@pytest.mark.postgres
def test_two_that_wait_for_each_other(postgres_url_with_tables: str) -> None:
    services = _services(postgres_url_with_tables)
    tried: list[int] = []

    @again_when_contended
    def contend() -> None:
        tried.append(1)
        with services.write() as session:
            code = "40P01" if len(tried) < 3 else "00000"
            if code != "00000":
                session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))

    contend()
    assert len(tried) == 3
    with pytest.raises(Contended), services.write() as session:
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))
    services.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("/t", "/nowhere_t"), "does not exist"),
        (("rejoinder@", "nobody@"), "does not exist"),
        (("host=", "host=/nowhere"), "nothing listens"),
    ],
)
def test_what_keeps_us_away_is_said(postgres_url: str, change: tuple[str, str], said: str) -> None:
    services = _services(postgres_url.replace(*change, 1))
    with pytest.raises(DBAPIError) as caught, services.engine.connect():
        pass
    told = why_unreachable(caught.value)
    assert said in told
    assert "\n" not in told
    services.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@h/n", "postgresql+psycopg://u:p@h/n"),
        ("postgresql://u:p%40q@h:5433/n?sslmode=require", "postgresql+psycopg://u:p%40q@h:5433/n?sslmode=require"),
        ("postgresql://u@/n?host=/run/postgresql", "postgresql+psycopg://u@/n?host=/run/postgresql"),
        (
            "postgresql://u:p@a:5432,b:5433/n?target_session_attrs=read-write",
            "postgresql+psycopg://u:p@/n?target_session_attrs=read-write&host=a,b&port=5432,5433",
        ),
        ("postgresql://u@a,[::1]:6/n", "postgresql+psycopg://u@/n?host=a,::1&port=5432,6"),
        ("sqlite:////x/y.db", "sqlite+pysqlite:////x/y.db"),
    ],
)
def test_an_address_reaches_the_driver(url: str, expected: str) -> None:
    assert database_address(url, None) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:secret@h/n",
        "postgresql://u:sec@ret@h/n",
        "postgresql://u:sec/ret@h/n",
        "postgresql://u:sec#ret@h/n",
        "postgresql://u:sec?ret@h/n",
        "postgresql://u:secret@h:port/n",
        "postgresql://u:secret@h:99999/n",
        "postgresql://u:secret@a:1,b:x/n",
        "postgresql://u:secret@h/n/m",
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        database_address(url, None)
    assert "DATABASE_URL" in str(caught.value)
    assert "sec" not in str(caught.value)
    assert "ret" not in str(caught.value)


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_keep_all_letters_is_refused(postgres_url: str, encoding: str) -> None:
    name = f"letters_{encoding.lower()}"
    services = _services(postgres_url)
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.exec_driver_sql(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    own = _services(str(services.engine.url.set(database=name).render_as_string(hide_password=False)))
    with pytest.raises(CannotUpgrade, match=encoding):
        upgrade(own.engine)
    own.close()
    with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as admin:
        admin.exec_driver_sql(f"DROP DATABASE {name}")
    services.close()
