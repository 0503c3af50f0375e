"""The migrated schema is the models' schema, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from models import Base
from models.migrations import state, upgrade
from models.migrations.new import is_compared
from service.wiring import make_engine


def _differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_compared})
        return compare_metadata(context, Base.metadata)


def _migrate_and_compare(engine: Engine) -> None:
    assert state(engine) == "empty"
    upgrade(engine)
    assert state(engine) == "current"
    upgrade(engine)
    assert _differences(engine) == []
    engine.dispose()


def test_migrations_and_models_agree_on_sqlite(tmp_path):
    _migrate_and_compare(make_engine(f"sqlite:///{tmp_path / 'migrated.db'}"))


@pytest.mark.postgres
def test_migrations_and_models_agree_on_postgresql(postgres_url):
    _migrate_and_compare(make_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://")))
