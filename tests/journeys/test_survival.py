"""Whatever is killed, flushed or restarted on the way: the comment arrives, once."""

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import redis

from tests.journeys.service_process import (
    Running,
    command_of,
    descendants,
    start,
    wait_for_queue,
    wait_for_status,
)
from tests.waiting import wait_until

COMMENTS = "/api/v1/sites/demo/comments"


def _kill_worker(running: Running) -> None:
    pids = wait_until(running.worker_pids, what="a worker")
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _flush_redis(running: Running) -> None:
    pointer = running.data_dir / "valkey.socket-path"
    path = pointer.read_text().strip() if pointer.exists() else str(running.data_dir / "valkey.sock")
    client = redis.Redis(unix_socket_path=path)
    client.flushall()
    client.close()


def _restart(running: Running) -> None:
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(10)
    again = start(running.data_dir, port=running.port)
    running.process, running.addresses = again.process, again.addresses


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(_kill_worker, id="the-worker-is-killed"),
        pytest.param(_flush_redis, id="redis-is-flushed"),
        pytest.param(_restart, id="everything-is-killed-and-started-again"),
    ],
)
@pytest.mark.timeout(240)
def test_a_comment_arrives_once(up: Callable[..., Running], harm: Callable[[Running], None]) -> None:
    running = up()
    client = running.client()
    sent = [client.post(COMMENTS, running.comment(body=f"Remark number {n}.")) for n in range(20)]
    assert {answer.status for answer in sent} == {202}
    harm(running)
    late = client.post(COMMENTS, running.comment(body="A remark after the harm."))
    assert late.status == 202
    moderator, token = running.moderator(), running.cli("key", "add", "demo", "--scope", "moderate")["key"]
    for answer in [*sent, late]:
        entry = wait_for_queue(moderator, answer.json["id"])
        harm_twice = answer is sent[0]
        if harm_twice:
            harm(running)
            if harm is _restart:
                moderator = running.moderator()
        decision = {"comment_id": entry["id"], "action": "approve", "expected_revision": entry["revision"]}
        _approve(running, token, decision)
    for answer in [*sent, late]:
        wait_for_status(client, answer.json["receipt"], "published")
    page = wait_until(
        lambda: (found := client.get(f"{COMMENTS}?thread=story-1&limit=100").json)["thread"]["count"] == 21 and found,
        what="the published thread",
    )
    ids = [comment["id"] for comment in page["comments"]]
    assert sorted(ids) == sorted(answer.json["id"] for answer in [*sent, late])
    assert _decisions_each(running, "approved") == [1]


def _approve(running: Running, token: str, decision: dict[str, Any]) -> None:
    answer = running.client().post(
        "/api/v1/moderation/decisions", {"decisions": [decision]}, Authorization=f"Bearer {token}"
    )
    assert answer.status == 200, answer.text


def _decisions_each(running: Running, status: str) -> list[int]:
    """How many decisions to `status` the comments have that have any: [1] when none has two."""
    database = sqlite3.connect(running.data_dir / "rejoinder.db")
    rows = database.execute(
        "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM decision WHERE to_status = ? GROUP BY comment_id)", (status,)
    ).fetchall()
    database.close()
    return [n for (n,) in rows]


def test_a_killed_supervisor_leaves_nothing_running(up: Callable[..., Running]) -> None:
    running = up()
    below = descendants(running.process.pid)
    assert any("valkey" in command_of(pid) for pid in below)
    running.process.kill()
    running.process.wait(10)

    def gone() -> bool:
        return not any(command_of(pid) for pid in below)

    wait_until(gone, what="the end of every child")
