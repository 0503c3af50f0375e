"""Over TLS, as a user with the least rights: one server, behind a sentinel, in a cluster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from prometheus_client.core import Metric

from service.cli.diagnostics.redis import check_redis
from service.operations.metrics import _Backlog
from service.operations.readiness import readiness_problems
from service.queue import wakes
from service.queue.old_names import move_old_names
from service.queue.usable import trouble
from service.wiring import make_redis, wire
from tests.environment import unavailable
from tests.factories import add_site
from tests.fake_https_server import write_certificate
from tests.queue.everything import use_everything
from tests.settings import make_settings
from tests.sharing.databases import make_tables
from tests.topologies import REDIS_SERVER, RedisNode, documented_rights, free_ports
from tests.topologies.redis_node import HOST, started
from tests.waiting import wait_until

USER = "rejoinder:pw@"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's, which is its own authority."""
    if REDIS_SERVER is None:
        unavailable("redis-server")
    path = tmp_path_factory.mktemp("tls") / "redis.pem"
    write_certificate(path)
    return path


def _tls(certificate: Path, port: int) -> list[str]:
    files = [f"tls-{which}-file {certificate}" for which in ("cert", "key", "ca-cert")]
    return [f"tls-port {port}", "tls-auth-clients no", "tls-replication yes", *files]


def _user(*, in_cluster: bool = False) -> str:
    return " ".join(["user rejoinder on >pw", *documented_rights(in_cluster=in_cluster)])


@contextmanager
def _server(certificate: Path, folder: Path) -> Iterator[str]:
    port, tls = free_ports(2)
    with started([RedisNode(port, folder, [*_tls(certificate, tls), _user()])]):
        yield f"rediss://{USER}{HOST}:{tls}/0"


@contextmanager
def _sentinel(certificate: Path, folder: Path) -> Iterator[str]:
    port, tls, watching, watching_tls = free_ports(4)
    lines = [*_tls(certificate, watching_tls), "requirepass watchword", f"sentinel monitor news {HOST} {tls} 1"]
    nodes = [
        RedisNode(port, folder / "data", [*_tls(certificate, tls), _user()]),
        RedisNode(watching, folder / "watcher", lines, sentinel=True),
    ]
    with started(nodes):
        yield f"rediss+sentinel://{USER}{HOST}:{watching_tls}/news/0?sentinel_password=watchword"


@contextmanager
def _cluster(certificate: Path, folder: Path) -> Iterator[str]:
    port, tls, bus = free_ports(3)
    lines = [*_tls(certificate, tls), "cluster-enabled yes", "tls-cluster yes", f"cluster-port {bus}"]
    node = RedisNode(port, folder, [*lines, _user(in_cluster=True)])
    with started([node]), node.client() as admin:
        admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: "cluster_state:ok" in str(admin.execute_command("CLUSTER", "INFO")), what="the cluster")
        yield f"rediss+cluster://{USER}{HOST}:{tls}"


def _with(url: str, **options: object) -> str:
    return url + ("&" if "?" in url else "?") + "&".join(f"{name}={value}" for name, value in options.items())


@pytest.mark.parametrize("kind", [_server, _sentinel, _cluster])
def test_all_that_is_needed_may_be_done(kind: Callable[..., Iterator[str]], certificate: Path, tmp_path: Path) -> None:
    with kind(certificate, tmp_path) as url:  # type: ignore[attr-defined]
        # A server that nobody vouches for gets no password.
        with make_redis(_with(url), 2.0) as strict:
            found = trouble(strict)
            assert found is not None
            assert "certificate" in " ".join(found)
        services = wire(make_settings(f"sqlite:///{tmp_path / 'db'}", _with(url, ssl_ca_certs=certificate)))
        make_tables(services.engine)
        site = add_site(services)
        with ExitStack() as turns:
            use_everything(services.redis, turns)
        with pytest.raises(redis.ResponseError, match=r"permissions|NOPERM"):
            services.redis.set("another:key", 1)
        assert move_old_names(services.slow_redis, [site.id], services.know_one_of) == []
        assert readiness_problems(services) == {}
        assert [check.found for check in check_redis(services) if check.level == "problem"] == []
        gauges: list[Metric] = list(_Backlog(services).collect())
        assert "rejoinder_dead_letters" in [gauge.name for gauge in gauges]
        heard: list[list[str]] = []
        listener = wakes.Listener(services.slow_redis, on_threads=heard.append, ending=services.closing)
        listener.start()
        wait_until(listener.connected.is_set)
        assert wakes.wake_threads(services.redis, ["ours"])
        wait_until(lambda: heard)
        services.close()
        listener.stop()
