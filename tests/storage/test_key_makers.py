"""Migration 0003 finds in the trail who made the keys that there are."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, select

from models.migrations import upgrade
from service.wiring import make_engine
from tests.migrations.histories import FIRST, copy_history
from tests.migrations.rows_of_0001 import EARLY, LATE, MODERATOR, SITE, fill

KEYS: dict[str, tuple[str, str | None, str | None]] = {
    # The key -> who the trail says made it, and who answers for it.
    "by a moderator": ("moderator", MODERATOR, MODERATOR),
    "by that key": ("api_key", "by a moderator", MODERATOR),
    "by the operator": ("system", None, None),
    "by a key of the operator": ("api_key", "by the operator", None),
    "by each other": ("api_key", "in a ring", None),
    "in a ring": ("api_key", "by each other", None),
    "by one forgotten": ("api_key", "gone", None),
}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_keys_that_there_are_get_their_maker(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    engine = make_engine(url)
    upgrade(engine, folder=copy_history(tmp_path / "first", only=FIRST))
    fill(engine)
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for n, (key, (kind, maker, _)) in enumerate(KEYS.items()):
            columns: dict[str, Any] = {"id": key, "site_id": SITE, "scope": "read", "lookup": bytes([100 + n]) * 32}
            connection.execute(insert(tables.tables["api_key"]).values(created_at=EARLY, **columns))
            said = {"id": f"made{n}", "site_id": SITE, "actor_kind": kind, "actor_id": maker, "target": key}
            trail = insert(tables.tables["audit_entry"])
            connection.execute(trail.values(action="key.add", details={}, created_at=LATE, **said))
    upgrade(engine)
    tables = MetaData()
    tables.reflect(engine)
    keys = tables.tables["api_key"]
    with engine.connect() as connection:
        found = dict(connection.execute(select(keys.c.id, keys.c.made_by).where(keys.c.id.in_(KEYS))).all())
    assert found == {key: maker for key, (_, _, maker) in KEYS.items()}
    engine.dispose()
