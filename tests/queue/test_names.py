"""Names in Redis: two installations beside each other, what earlier versions left, and what is not ours."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from models import new_id
from service.moderation.watchdog import suspects
from service.queue import backlog, wakes
from service.queue.foreign import foreign_keys, foreign_keys_scanned
from service.queue.limits import Limiter
from service.queue.old_names import move_old_names, old_streams
from service.queue.stream import DEAD_STREAM, STREAM, Reader, add_dead_letter, send
from service.redis_keys import FAMILIES, key
from service.settings import Rate
from service.wiring import make_redis
from tests.queue.everything import NOW, SITE, use_everything
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
OURS: set[str] = set()


def ours(ids: list[str]) -> bool:
    """Stands in for the database: whether one of these is a comment that this module's old version has sent."""
    return not OURS.isdisjoint(ids)


@pytest.fixture
def two(redis_url: str) -> Any:
    with make_redis(redis_url, 5.0, prefix="one:") as one, make_redis(redis_url, 5.0, prefix="two:") as other:
        yield one, other


@pytest.fixture
def turns(two: Any) -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def test_every_key_has_the_prefix_and_a_family(two: Any, turns: ExitStack) -> None:
    one, _ = two
    use_everything(one, turns)
    assert all(name.startswith(b"one:") for name in one.keys("*"))
    assert foreign_keys_scanned(one, seconds=5) == ([], True)
    kinds = {name.decode().removeprefix("one:").split(":")[0] for name in one.keys("*")}
    assert kinds == {family.pattern.split(":")[0] for family in FAMILIES}


def test_two_installations_see_nothing_of_each_other(two: Any, turns: ExitStack) -> None:
    one, other = two
    use_everything(one, turns)
    before = {name: one.dump(name) for name in one.keys("*")}
    heard: list[list[str]] = []
    listener = wakes.Listener(one, on_threads=heard.append)
    listener.start()
    wait_until(listener.connected.is_set)
    reader = Reader(other, "w")
    reader.make_group()
    assert reader.read() == []
    assert backlog.lease(other, SITE, "bernd", None, 5) == []
    assert move_old_names(other, [SITE], ours) == []
    assert foreign_keys_scanned(other, seconds=5) == ([], True)
    wakes.wake_threads(other, ["theirs"])
    wakes.wake_threads(one, ["ours"])
    wait_until(lambda: heard)
    listener.stop()
    assert heard == [["ours"]]
    assert {name: one.dump(name) for name in one.keys("one:*")} == before


def _old_version(redis: Any, count: int) -> list[str]:
    """What a version without prefixes would have there, one message of it already taken."""
    ids = [new_id() for _ in range(count)]
    OURS.update(ids)
    redis.xgroup_create("comments", "moderation", id="0", mkstream=True)
    for comment_id in ids:
        redis.xadd("comments", {"v": "1", "c": comment_id, "r": 0})
    redis.xreadgroup("moderation", "old", {"comments": ">"}, count=1)
    redis.xadd("comments:dead", {"v": "1", "c": ids[0], "r": 0, "error": "ValueError"})
    redis.zadd(f"backlog:{{{SITE}}}:waiting", {ids[0]: 1.0})
    redis.hset(f"backlog:{{{SITE}}}:leases", ids[0], "anna")
    redis.zadd(f"backlog:{{{SITE}}}:until", {ids[0]: 1.0})
    return ids


def test_what_an_earlier_version_kept_is_moved_with_its_group(client: Any) -> None:
    ids = _old_version(client, 3)
    assert len(move_old_names(client, [SITE], ours)) == 5
    assert all(name.startswith(b"rejoinder:") for name in client.keys("*"))
    reader = Reader(client, "new", claim_seconds=0)
    assert [message.comment_id for message in reader.read()] == ids[1:]
    assert ids[0] in [message.comment_id for message in reader.claim()]
    assert client.zrange(backlog.waiting_key(client, SITE), 0, -1) == [ids[0].encode()]
    assert client.xlen(key(client, DEAD_STREAM)) == 1
    assert move_old_names(client, [SITE], ours) == []


def test_what_an_old_process_sends_meanwhile_is_moved_by_the_next_start(client: Any) -> None:
    _old_version(client, 1)
    move_old_names(client, [SITE], ours)
    late = _old_version(client, 2)
    move_old_names(client, [SITE], ours)
    assert all(name.startswith(b"rejoinder:") for name in client.keys("*"))
    assert [message.comment_id for message in Reader(client, "new").read()] == late


def test_two_that_start_at_once_lose_and_repeat_nothing(client: Any, redis_url: str) -> None:
    ids = _old_version(client, 50)
    clients = [make_redis(redis_url, 5.0) for _ in range(4)]
    threads = [threading.Thread(target=move_old_names, args=(one, [SITE], ours)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [fields[b"c"].decode() for _, fields in client.xrange(key(client, STREAM))]
    assert found == ids


@pytest.mark.parametrize(
    "put",
    [
        lambda client: client.set("comments", "another program's"),
        lambda client: client.xadd("comments", {"text": "another program's"}),
        lambda client: client.rpush("comments:dead", "another program's"),
        lambda client: client.rpush(f"backlog:{{{SITE}}}:waiting", "another program's"),
        lambda client: client.set(f"backlog:{{{SITE}}}:leases", "another program's"),
        lambda client: client.xgroup_create("comments", "moderation", mkstream=True),
        lambda client: client.xadd("comments", {"v": "1", "c": new_id(), "r": 0}),
        lambda client: client.xadd("comments", {"v": "1", "c": next(iter(OURS)), "r": 0, "more": 1}),
        lambda client: client.xadd("comments", {"v": "2", "c": next(iter(OURS)), "r": 0}),
        lambda client: client.zadd("backlog:{another}:waiting", {"a": 1.0}),
    ],
    ids=[
        "text",
        "a stream",
        "a list",
        "a backlog of another type",
        "leases of another type",
        "a group of this name",
        "another installation's",
        "more fields",
        "another schema",
        "another backlog",
    ],
)
def test_what_is_not_ours_keeps_its_name(client: Any, put: Any) -> None:
    OURS.add(new_id())
    put(client)
    before = client.keys("*")
    assert move_old_names(client, [SITE], ours) == []
    assert client.keys("*") == before


def test_more_than_one_call_moves_is_moved_and_what_is_not_ours_stays(client: Any) -> None:
    ids = [new_id() for _ in range(2500)]
    OURS.update(ids)
    add_dead_letter(client, new_id(), 0, "ValueError")
    with client.pipeline(transaction=False) as pipe:
        pipe.xadd("comments:dead", {"text": "another program's"})
        pipe.xadd("comments:dead", {str(n): "wide" for n in range(9000)})
        for comment_id in ids:
            pipe.xadd("comments:dead", {"v": "1", "c": comment_id, "r": 0, "error": "ValueError"})
        pipe.execute()
    assert move_old_names(client, [SITE], ours) == ["comments:dead"]
    assert [fields[b"c"].decode() for _, fields in client.xrange(key(client, DEAD_STREAM))][1:] == ids
    assert client.xlen("comments:dead") == 2


def test_one_key_that_cannot_be_moved_keeps_no_other(client: Any) -> None:
    _old_version(client, 1)
    client.set(key(client, STREAM), "another program's")
    assert len(move_old_names(client, [SITE], ours)) == 4
    assert client.xlen("comments") == 1


def test_what_only_looks_like_ours_is_named(client: Any) -> None:
    client.xadd("comments", {"v": "1", "c": new_id(), "r": 0})
    client.xadd("comments:dead", {"text": "another program's"})
    assert move_old_names(client, [SITE], ours) == []
    assert old_streams(client) == ["comments"]


@pytest.mark.parametrize("pattern", [family.pattern for family in FAMILIES])
def test_a_value_of_another_type_is_named(client: Any, pattern: str) -> None:
    name = pattern.replace("*", SITE)
    client.rpush(key(client, name), "theirs")
    found, all_seen = foreign_keys_scanned(client, seconds=5)
    assert all_seen
    assert [(one.name, one.found) for one in found] == [(key(client, name), "a list")]
    quick = [one.name for one in foreign_keys(client, [SITE])]
    assert quick == ([key(client, name)] if not name.startswith(("limit", "throttle", "comments:trail")) else [])


def test_text_where_a_number_belongs_is_named(client: Any) -> None:
    client.set("rejoinder:limit:{s}:k", "theirs")
    client.set("rejoinder:throttle:ab", 3)
    (found,), _ = foreign_keys_scanned(client, seconds=5)
    assert str(found) == "rejoinder:limit:{s}:k is text; it should be a string with a rate limit"


def test_foreign_values_stop_no_caller(client: Any) -> None:
    for family in FAMILIES:
        client.rpush(key(client, family.pattern.replace("*", SITE)), "theirs")
    client.rpush(f"rejoinder:limit:{{{SITE}}}:k", "theirs")
    assert not send(client, [(new_id(), 0)])
    assert not backlog.put(client, SITE, [(new_id(), 0, NOW)])
    assert backlog.holders(client, SITE, ["a"]) == {}
    assert Limiter(client).take([("k", Rate(5, 60.0))], tag=SITE) is None
    assert suspects.load(client, SITE) == ()


def test_a_user_that_may_use_our_prefix_only_is_enough(client: Any, redis_url: str) -> None:
    rights = (ROOT / "docs" / "operations.md").read_text("utf-8").split("ACL SETUSER rejoinder on >PASSWORD ")[1]
    client.acl_setuser("rejoinder", enabled=True, passwords=["+a-password"])
    client.execute_command("ACL", "SETUSER", "rejoinder", *rights.splitlines()[0].split())
    path = client.connection_pool.connection_kwargs["path"]
    with make_redis(f"unix://rejoinder:a-password@{path}", 5.0) as own, ExitStack() as turns:
        assert move_old_names(own, [SITE], ours) == []
        use_everything(own, turns)
        assert foreign_keys_scanned(own, seconds=5) == ([], True)
        assert foreign_keys(own, [SITE]) == []
        assert own.info()
        heard: list[list[str]] = []
        listener = wakes.Listener(own, on_threads=heard.append)
        listener.start()
        wait_until(listener.connected.is_set)
        assert wakes.wake_threads(own, ["ours"])
        wait_until(lambda: heard)
        listener.stop()
    client.acl_deluser("rejoinder")
