"""What one `read()` sees belongs together, and a `write()` is whole or nothing."""

import pytest
from sqlalchemy import func, select

from models import Site
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
