"""What stands behind nginx in its tests."""

from collections.abc import Iterator

import pytest

from tests.deployment.nginx import Upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    server = upstream.serve()
    yield upstream
    server.shutdown()
    server.server_close()
