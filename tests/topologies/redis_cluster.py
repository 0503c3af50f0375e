"""A cluster of masters with replicas, made as `redis-cli --cluster` makes one."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from tests.topologies.redis_node import HOST, RedisNode, folder, free_ports, started
from tests.waiting import ask_until, wait_until

SECONDS = 30.0
# A node gives a manual failover up by itself after five seconds (CLUSTER_MF_TIMEOUT), as where it got too few votes.
# Asked again before that, it begins anew.
GIVEN_UP_AFTER = 5.5
SLOTS = 16384


@dataclass(frozen=True, slots=True)
class Cluster:
    """What runs. `url`: what REDIS_URL is set to."""

    url: str
    nodes: list[RedisNode]

    def owner(self, key: str) -> RedisNode:
        """The master that has the key's slot now."""
        slot = key_slot(key.encode())
        for node in self.nodes:
            with node.client() as client, contextlib.suppress(redis.RedisError):
                for start, end, master, *_ in client.execute_command("CLUSTER", "SLOTS", NEVER_DECODE=True):
                    if start <= slot <= end:
                        return self._by_port(int(master[1]))
        raise LookupError("no node knows who owns it")

    def failover(self, key: str, *, kill: bool = True) -> RedisNode:
        """A replica takes the place of the key's master, which is returned. `kill`: that one dies for it; else it
        hands over, and becomes a replica under its open connections."""
        old = self.owner(key)
        if kill:
            old.kill()
            wait_until(lambda: self._took_over(key, old), seconds=SECONDS, what="a replica in its place")
            return old

        def hand_over() -> None:
            # Refused where the replica has just lost its master, as on a machine that stood still.
            with contextlib.suppress(LookupError, redis.RedisError), self._replica_of(old).client() as client:
                client.execute_command("CLUSTER", "FAILOVER")

        took_over = partial(self._took_over, key, old)
        ask_until(hand_over, took_over, every=GIVEN_UP_AFTER, seconds=SECONDS, what="a replica in its place")
        return old

    def _took_over(self, key: str, old: RedisNode) -> bool:
        with contextlib.suppress(LookupError, redis.RedisError):
            return self.owner(key) is not old and self.agreed(but=old)
        return False

    def agreed(self, but: RedisNode | None = None) -> bool:
        """Whether every node, `but` one, finds the cluster able to work."""
        for node in self.nodes:
            if node is not but:
                with node.client() as client:
                    info: Any = client.execute_command("CLUSTER", "INFO")
                    if "cluster_state:ok" not in str(info):
                        return False
        return True

    def reshard(self, key: str) -> None:
        """Moves the key's slot, with all that is in it, to another master while the cluster works."""
        slot, old = key_slot(key.encode()), self.owner(key)
        new = next(node for node in self._masters() if node is not old)
        with old.client() as source, new.client() as target:
            source_id, target_id = (one.execute_command("CLUSTER", "MYID") for one in (source, target))
            target.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id)
            source.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id)
            while names := source.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100):
                source.execute_command("MIGRATE", HOST, new.port, "", 0, 5000, "KEYS", *names)
            for one in (target, source):
                one.execute_command("CLUSTER", "SETSLOT", slot, "NODE", target_id)
        wait_until(lambda: self.owner(key) is new, seconds=SECONDS, what="the slot at its new place")

    def heal(self) -> None:
        """Starts what was killed again."""
        for node in self.nodes:
            if not node._answers():
                node.start()

    def _masters(self) -> list[RedisNode]:
        found = []
        for node in self.nodes:
            with node.client() as client, contextlib.suppress(redis.RedisError):
                if str(client.role()[0]) == "master":
                    found.append(node)
        return found

    def _replica_of(self, master: RedisNode) -> RedisNode:
        for node in self.nodes:
            with node.client() as client, contextlib.suppress(redis.RedisError):
                role = client.role()
                if str(role[0]) == "slave" and int(role[2]) == master.port:
                    return node
        raise LookupError("it has no replica")

    def _by_port(self, port: int) -> RedisNode:
        return next(node for node in self.nodes if node.port == port)


@contextmanager
def cluster(
    *, masters: int = 3, replicas: int = 1, timeout_ms: int = 800, options: Sequence[str] = ()
) -> Iterator[Cluster]:
    """So many masters with `replicas` each. `timeout_ms`: how soon a node that is silent counts as dead."""
    count = masters * (1 + replicas)
    ports = free_ports(2 * count)
    with folder() as path:
        nodes = [
            _node(path, port, bus, timeout_ms, options) for port, bus in zip(ports[:count], ports[count:], strict=True)
        ]
        with started(nodes):
            addresses = [f"{HOST}:{node.port}" for node in nodes]
            command = ["redis-cli", "--cluster", "create", *addresses]
            command += ["--cluster-replicas", str(replicas), "--cluster-yes"]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            running = Cluster(f"redis+cluster://{','.join(addresses)}", nodes)
            wait_until(lambda: _whole(running, masters, replicas), seconds=SECONDS, what="the whole cluster")
            yield running


def _node(path: Path, port: int, bus: int, timeout_ms: int, options: Sequence[str]) -> RedisNode:
    lines = ["cluster-enabled yes", f"cluster-port {bus}", f"cluster-node-timeout {timeout_ms}", *options]
    return RedisNode(port, path / str(port), lines)


def _whole(running: Cluster, masters: int, replicas: int) -> bool:
    linked = 0
    for node in running.nodes:
        with node.client() as client:
            role = client.role()
            if str(role[0]) == "slave":
                linked += str(role[3]) == "connected"
    return len(running._masters()) == masters and linked == masters * replicas and running.agreed()
