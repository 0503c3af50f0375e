"""What goes wrong in fifteen minutes: each cause breaks one thing, and says for how long answers may fail by it."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from service.redis_keys import key
from service.wiring import Services
from tests.postgres_servers import PostgresPair
from tests.soak.installation import Installation
from tests.topologies.redis_cluster import Cluster
from tests.topologies.redis_sentinels import Sentinels


@dataclass(frozen=True)
class Run:
    """Everything that can be broken. `release`: the program that an upgrade goes to, where the run begins earlier."""

    installation: Installation
    postgres: PostgresPair
    sentinels: Sentinels | None = None
    cluster: Cluster | None = None
    release: Path | None = None


@dataclass(frozen=True)
class Cause:
    """`fails_for`: seconds after it has begun in which answers may fail: those that were asked for in them."""

    name: str
    act: Callable[[Run], None]
    fails_for: float = 0.0


def _kill_a_worker(run: Run) -> None:
    part = run.installation.workers[0]
    part.kill()
    time.sleep(1.0)
    part.start(run.installation.environ)


def _kill_a_web(run: Run) -> None:
    part = run.installation.webs[0]
    part.kill()
    time.sleep(1.0)
    part.start(run.installation.environ)
    run.installation.wait_until_ready(0)


def _hang_a_web(run: Run) -> None:
    part = run.installation.webs[1]
    part.send(signal.SIGSTOP, all_of_it=True)
    time.sleep(8.0)
    part.send(signal.SIGCONT, all_of_it=True)


def _flush_redis(run: Run) -> None:
    with_redis(run, _flush)


def _flush(services: Services) -> None:
    for name in list(services.redis.scan_iter(f"{key(services.redis, '')}*")):
        services.redis.delete(name)


def with_redis(run: Run, act: Callable[[Services], None]) -> None:
    services = run.installation.services()
    try:
        act(services)
    finally:
        services.close()


def _fill_redis(run: Run) -> None:
    """It refuses every write for ten seconds, as one that is full does."""

    def fill(services: Services) -> None:
        services.redis.config_set("maxmemory", "1")
        time.sleep(10.0)
        services.redis.config_set("maxmemory", "0")

    with_redis(run, fill)


def _sentinel_failover(run: Run) -> None:
    assert run.sentinels is not None
    run.sentinels.failover()
    run.sentinels.heal()


def _move_to_the_cluster(run: Run) -> None:
    assert run.cluster is not None
    run.installation.restart_all(REDIS_URL=run.cluster.url)


def _cluster_failover(run: Run) -> None:
    assert run.cluster is not None
    run.cluster.failover(_any_key(run))
    run.cluster.heal()


def _reshard(run: Run) -> None:
    assert run.cluster is not None
    run.cluster.reshard(_any_key(run))


def _any_key(run: Run) -> str:
    """All of ours are on one master."""
    found: list[str] = []
    with_redis(run, lambda services: found.append(key(services.redis, "comments")))
    return found[0]


def _upgrade(run: Run) -> None:
    """As docs/operations.md says it: the database first, then one process after another."""
    assert run.release is not None
    assert run.sentinels is not None
    installation = run.installation
    installation.program = run.release
    installation.cli("db", "upgrade")
    installation.restart_all(run.release, DATABASE_URL=run.postgres.url, REDIS_URL=run.sentinels.url)


# What is refused while nothing can be written lasts as long as that, and a few seconds more.
KILL_A_WORKER = Cause("a worker is killed", _kill_a_worker)
KILL_A_WEB = Cause("a web is killed", _kill_a_web, fails_for=2.0)
HANG_A_WEB = Cause("a web hangs for eight seconds", _hang_a_web, fails_for=10.0)
FLUSH_REDIS = Cause("Redis is flushed", _flush_redis)
FILL_REDIS = Cause("Redis is full for ten seconds", _fill_redis)
SENTINEL_FAILOVER = Cause("Redis's master is killed, Sentinel names another", _sentinel_failover)
UPGRADE = Cause("the database is migrated, and everything restarted as the new release", _upgrade)
ROLLING_RESTART = Cause("everything is restarted, one after another", lambda run: run.installation.restart_all())
MOVE_TO_THE_CLUSTER = Cause("a rolling restart moves to a Redis cluster", _move_to_the_cluster)
CLUSTER_FAILOVER = Cause("a master of the cluster is killed", _cluster_failover)
RESHARD = Cause("slots of the cluster move", _reshard)
PROMOTE = Cause(
    "PostgreSQL's primary is gone, the standby promoted", lambda run: run.postgres.promote(), fails_for=10.0
)
