"""What one `read()` sees belongs together, and a `write()` is whole or nothing."""

import pytest
from sqlalchemy import bindparam, func, select

from models import Site
from models.database.direct import execute
from models.database.prepared import Prepared
from service.wiring import Services
from tests.factories import add_site


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest) -> Services:
    name = "services" if request.param == "sqlite" else "postgres_services"
    found: Services = request.getfixturevalue(name)
    return found


def test_a_read_keeps_its_snapshot(either: Services) -> None:
    count = select(func.count()).select_from(Site)
    with either.read() as session:
        assert session.scalar(count) == 0
        add_site(either)
        assert session.scalar(count) == 0
    with either.read() as session:
        assert session.scalar(count) == 1


def test_a_write_that_raises_leaves_nothing(either: Services) -> None:
    site = add_site(either)

    def fail_on_the_way() -> None:
        with either.write() as session:
            session.delete(session.merge(site))
            session.flush()
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail_on_the_way()
    with either.read() as session:
        assert session.scalar(select(func.count()).select_from(Site)) == 1


@pytest.mark.parametrize("often", [False, True])
def test_what_a_read_changes_in_memory_is_not_written(either: Services, often: bool) -> None:
    site = add_site(either)
    with either.read(often=often) as session:
        session.get_one(Site, site.id).name = "Another"
    with either.read() as session:
        assert session.get_one(Site, site.id).name == site.name


@pytest.mark.postgres
def test_what_is_read_often_stays_prepared(postgres_services: Services) -> None:
    of_a_slug = Prepared(select(Site.id).where(Site.slug == bindparam("slug")))
    for_its_values = Prepared(select(Site.name).where(Site.slug == bindparam("slug")), replan=True)
    for _ in range(8):
        with postgres_services.read(often=True) as session:
            of_a_slug.found(session, {"slug": "gazette"})
            for_its_values.found(session, {"slug": "gazette"})
    assert _prepared(postgres_services) == {"SELECT site.id"}, "what is asked for its values is not"
    with postgres_services.read() as session:
        of_a_slug.found(session, {"slug": "gazette"})
    assert _prepared(postgres_services) == set()


def _prepared(services: Services) -> set[str]:
    """How the statements begin that the connection used last has prepared."""
    with services.look_up() as connection:
        rows = execute(connection, "SELECT statement FROM pg_prepared_statements", [], reads=True)
    return {" ".join(statement.split()[:2]) for (statement,) in rows if "pg_prepared" not in statement}
