import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from service.queue import backlog
from service.queue.redis_guard import RedisUnavailable
from tests.waiting import wait_until

SITE = "01SITE"
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def put(client: Any, *names: str, priority: int = 0) -> None:
    comments = [(name, priority, NOON + timedelta(seconds=n)) for n, name in enumerate(names)]
    assert backlog.put(client, SITE, comments)


def leased(client: Any, moderator: str, ids: list[str] | None = None, limit: int = 10, **more: Any) -> list[str]:
    return [lease.comment_id for lease in backlog.lease(client, SITE, moderator, ids, limit, **more)]


def test_priority_comes_before_age(client: Any) -> None:
    put(client, "old", "young")
    put(client, "late but urgent", priority=1)
    put(client, "later", "unimportant", priority=-1)
    assert leased(client, "ann") == ["late but urgent", "old", "young", "later", "unimportant"]


def test_milliseconds_still_order_at_the_highest_priority() -> None:
    first, second = NOON, NOON + timedelta(milliseconds=1)
    assert backlog.score(10**9, first) < backlog.score(1000, second) < backlog.score(999, first)


def test_two_moderators_share_what_waits(client: Any) -> None:
    put(client, *"abcd")
    assert leased(client, "ann", limit=2) == ["a", "b"]
    assert leased(client, "ben") == ["c", "d"]
    assert leased(client, "ann") == ["a", "b"]
    assert leased(client, "cem") == []


def test_pressing_at_once_never_gives_one_comment_to_two(client: Any, redis_url: str) -> None:
    names = [f"c{n:03}" for n in range(120)]
    put(client, *names)
    taken: list[str] = []

    def press(moderator: str) -> None:
        with redis.Redis.from_url(redis_url) as own:
            taken.extend(leased(own, moderator, limit=20))

    threads = [threading.Thread(target=press, args=[f"m{n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == names


def test_named_comments_need_not_be_in_the_backlog(client: Any) -> None:
    assert leased(client, "ann", ["x", "y", "z"], limit=2) == ["x", "y"]
    assert leased(client, "ben", ["x", "y", "z"]) == ["z"]
    assert leased(client, "ben", []) == []


def test_holders_are_those_of_live_leases(client: Any) -> None:
    put(client, "a", "b")
    leased(client, "ann", ["a"])
    leased(client, "ben", ["b"], seconds=0.05)
    held = backlog.holders(client, SITE, ["a", "b", "c"])
    assert held["a"].moderator_id == "ann"
    assert abs((held["a"].until - datetime.now(UTC)).total_seconds() - backlog.LEASE_SECONDS) < 30
    wait_until(lambda: "b" not in backlog.holders(client, SITE, ["a", "b"]))
    assert leased(client, "ann", ["b"]) == ["b"]


def test_letting_go_frees_only_ones_own(client: Any) -> None:
    leased(client, "ann", ["a", "b"])
    assert backlog.release(client, SITE, "ben", ["a", "b"]) == 0
    assert backlog.release(client, SITE, "ann", ["a"]) == 1
    assert leased(client, "ben", ["a", "b"]) == ["a"]


def test_a_decided_comment_leaves_with_its_lease(client: Any) -> None:
    put(client, "a", "b")
    leased(client, "ann", ["a"])
    assert backlog.drop(client, SITE, ["a"])
    assert backlog.holders(client, SITE, ["a"]) == {}
    assert leased(client, "ben") == ["b"]


def test_leases_leave_no_keys_behind(client: Any) -> None:
    leased(client, "ann", ["a"], seconds=0.05)
    keys = {key: client.pttl(key) for key in client.keys("rejoinder:backlog:*")}
    assert len(keys) == 2
    assert all(0 < ttl <= backlog.LEASE_SECONDS * 1000 + 60_000 for ttl in keys.values())
    assert all(b"{01SITE}" in key for key in keys)


def test_without_redis_only_leasing_raises(gone: Any) -> None:
    with pytest.raises(RedisUnavailable):
        backlog.lease(gone, SITE, "ann", None, 1)
    assert not backlog.put(gone, SITE, [("a", 0, NOON)])
    assert not backlog.drop(gone, SITE, ["a"])
    assert backlog.holders(gone, SITE, ["a"]) == {}
    assert backlog.release(gone, SITE, "ann", ["a"]) == 0
