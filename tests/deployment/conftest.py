"""What stands behind nginx in its tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from models import Site
from service.cli.installation import Installation
from tests.deployment.fronts import Front
from tests.deployment.nginx import PUBLIC_NAME, Upstream, running
from tests.deployment.webs import ORIGIN, Web, installation
from tests.factories import Newsroom


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    server = upstream.serve()
    yield upstream
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    # Little memory for documents, so that a flood has filled it long before it ends.
    environ = installation(folder, redis_server, f"https://{PUBLIC_NAME}") | {"REJOINDER_CACHE_MB": "4"}
    with Installation(environ).services() as services, services.read() as session:
        newsroom = Newsroom(services, session.scalars(select(Site)).one())
        thread = newsroom.thread("story-1", url=f"{ORIGIN}/1")
        for number in range(30):
            newsroom.published(f"Number {number} says what the others said, only once more.", thread=thread)
    web = Web(environ, folder)
    try:
        web.start()
        yield web
    finally:
        web.end()


@pytest.fixture(scope="module", params=["granian", "nginx", "micro-cache"])
def front(web: Web, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    if request.param == "granian":
        yield Front(web.port, None)
    else:
        with running(tmp_path_factory.mktemp("nginx"), web.port, cached=request.param == "micro-cache") as nginx:
            yield Front(web.port, nginx)
