"""The short form of the fifteen minutes: the same load and recount, half a minute, with what breaks most often."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import unavailable
from tests.postgres_servers import PostgresPair, programs
from tests.servers import RedisServer
from tests.soak import causes
from tests.soak.causes import Run
from tests.soak.installation import PAGE, SITE, Installation
from tests.soak.load import Load
from tests.soak.soak import soak

CAUSES = (
    causes.KILL_A_WORKER,
    causes.KILL_A_WEB,
    causes.FLUSH_REDIS,
    causes.ROLLING_RESTART,
    causes.PROMOTE,
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """PostgreSQL runs as another account, which pytest's own folder keeps out."""
    with tempfile.TemporaryDirectory(prefix="rjsoak") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.timeout(240)
def test_whatever_happens_every_comment_is_there_once(open_folder: Path) -> None:
    programs()
    binary = shutil.which("redis-server")
    if binary is None:
        unavailable("redis-server")
    assert binary
    with RedisServer(binary) as redis:
        postgres = PostgresPair(open_folder / "postgres")
        postgres.start()
        installation = Installation(open_folder, DATABASE_URL=postgres.url, REDIS_URL=redis.url)
        try:
            key = installation.start()
            load = Load(installation.nginx, SITE, PAGE, key, rate=10.0)
            result = soak(Run(installation, postgres), load, CAUSES, seconds=32.0)
            assert result.problems == [], "\n".join(result.lines)
            assert len(result.record.accepted) > 200
            assert result.record.decided
        finally:
            assert installation.stop() == []
            postgres.stop()
