"""Three sentinels, a master and a replica."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import redis

from tests.topologies.redis_node import HOST, RedisNode, folder, free_ports, started
from tests.waiting import ask_until, wait_until

SECONDS = 30.0
# After which a sentinel gives up a failover that came to nothing.
FAILOVER_TIMEOUT_MS = 3000


@dataclass(frozen=True, slots=True)
class Sentinels:
    """What runs. `url`: what REDIS_URL is set to."""

    url: str
    name: str
    nodes: list[RedisNode]
    watchers: list[RedisNode]

    def master(self) -> RedisNode:
        """The server that the sentinels call master now."""
        with self.watchers[0].client() as client:
            _, port = client.sentinel_get_master_addr_by_name(self.name)
        return next(node for node in self.nodes if node.port == int(port))

    def failover(self, *, kill: bool = True) -> RedisNode:
        """Makes another server the master and returns the one that was. `kill`: it dies for it, and stays dead; else
        the sentinels are told to, and it becomes a replica under its open connections."""
        old = self.master()
        if kill:
            old.kill()
            wait_until(lambda: self._promoted(old), seconds=SECONDS, what="another master")
            return old

        def order() -> None:
            # Refused while one goes on, or where no replica has been heard of lately.
            if self.master() is old:
                with contextlib.suppress(redis.ResponseError), self.watchers[0].client() as client:
                    client.execute_command("SENTINEL", "FAILOVER", self.name)

        promoted = partial(self._promoted, old)
        ask_until(order, promoted, every=FAILOVER_TIMEOUT_MS / 1000, seconds=SECONDS, what="another master")
        return old

    def _promoted(self, old: RedisNode) -> bool:
        new = self.master()
        if new is old:
            return False
        with new.client() as client:
            try:
                return str(client.role()[0]) == "master"
            except redis.RedisError:
                return False

    def heal(self) -> None:
        """Starts what was killed again, and waits until each replica follows."""
        for node in self.nodes:
            if not node._answers():
                node.start()
        wait_until(self._followed, seconds=SECONDS, what="a replica that follows")

    def _followed(self) -> bool:
        try:
            with self.master().client() as client:
                return len(client.role()[2]) == len(self.nodes) - 1
        except redis.RedisError:
            return False

    def ready(self) -> bool:
        """Whether a failover would go well now: every sentinel knows the others and the replicas."""
        for watcher in self.watchers:
            with watcher.client() as client:
                found = client.sentinel_master(self.name)
                if int(found["num-other-sentinels"]) < len(self.watchers) - 1:
                    return False
                if int(found["num-slaves"]) < len(self.nodes) - 1:
                    return False
        return True


@contextmanager
def sentinels(
    *, replicas: int = 1, watchers: int = 3, down_after_ms: int = 400, options: Sequence[str] = ()
) -> Iterator[Sentinels]:
    """Master and replicas under `watchers` sentinels that agree by majority. `options`: lines for each data server."""
    ports = free_ports(1 + replicas + watchers)
    data, watching = ports[: 1 + replicas], ports[1 + replicas :]
    with folder() as path:
        nodes = [
            RedisNode(port, path / str(port), [*options, *([f"replicaof {HOST} {data[0]}"] if at else [])])
            for at, port in enumerate(data)
        ]
        lines = [
            f"sentinel monitor rejoinder {HOST} {data[0]} {watchers // 2 + 1}",
            f"sentinel down-after-milliseconds rejoinder {down_after_ms}",
            f"sentinel failover-timeout rejoinder {FAILOVER_TIMEOUT_MS}",
        ]
        guards = [RedisNode(port, path / str(port), lines, sentinel=True) for port in watching]
        with started([*nodes, *guards]):
            hosts = ",".join(f"{HOST}:{port}" for port in watching)
            running = Sentinels(f"redis+sentinel://{hosts}/rejoinder", "rejoinder", nodes, guards)
            wait_until(running._followed, seconds=SECONDS, what="the replicas")
            wait_until(running.ready, seconds=SECONDS, what="the sentinels")
            yield running
