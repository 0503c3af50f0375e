from typing import Any

import pytest

from models import new_id
from service.queue.stream import (
    BATCH,
    DEAD_STREAM,
    MODERATION,
    STREAM,
    Message,
    Reader,
    add_dead_letter,
    oldest_needed,
    send,
    trim,
    waiting_since,
)
from service.redis_keys import key


def ids(messages: list[Message]) -> list[str]:
    return [message.comment_id for message in messages]


def sent(client: Any, count: int) -> list[str]:
    comments = [new_id() for _ in range(count)]
    assert send(client, [(comment, 0) for comment in comments])
    return comments


def test_what_is_sent_is_read_in_order_and_in_batches(client: Any) -> None:
    comments = sent(client, BATCH + 3)
    reader = Reader(client, "one")
    assert ids(reader.read()) == comments[:BATCH]
    assert ids(reader.read()) == comments[BATCH:]
    assert reader.read() == []


def test_messages_carry_ids_and_a_schema_and_nothing_else(client: Any) -> None:
    (comment,) = sent(client, 1)
    ((_, fields),) = client.xrange(key(client, STREAM))
    assert fields == {b"v": b"1", b"c": comment.encode(), b"r": b"0"}


def test_a_missing_group_is_made_at_the_beginning(client: Any) -> None:
    reader = Reader(client, "one")
    assert reader.read(0.01) == []
    client.flushall()
    comments = sent(client, 2)
    assert ids(reader.read(0.01)) == comments
    client.xgroup_destroy(key(client, STREAM), MODERATION)
    assert reader.claim() == []
    assert ids(reader.read()) == comments


def test_two_readers_never_get_the_same_message(client: Any) -> None:
    comments = sent(client, 150)
    first, second = Reader(client, "one"), Reader(client, "two")
    assert ids(first.read()) + ids(second.read()) == comments


def test_what_was_not_acknowledged_is_claimed_back(client: Any) -> None:
    comments = sent(client, 5)
    killed = Reader(client, "killed")
    messages = killed.read()
    killed.ack_on(client, messages[:2])
    assert Reader(client, "patient", claim_seconds=60).claim() == []
    heir = Reader(client, "heir", claim_seconds=0)
    assert ids(heir.claim()) == comments[2:]


def test_claiming_walks_through_a_long_list(client: Any) -> None:
    comments = sent(client, 2 * BATCH + 50)
    killed = Reader(client, "killed", batch=3 * BATCH)
    killed.read()
    heir = Reader(client, "heir", claim_seconds=0)
    assert ids(heir.claim()) + ids(heir.claim()) + ids(heir.claim()) == comments


def test_trimming_stops_at_what_the_slowest_group_needs(client: Any) -> None:
    comments = sent(client, 10)
    reader = Reader(client, "one", batch=6)
    messages = reader.read()
    reader.ack_on(client, messages[:3] + messages[4:])
    assert trim(client) == 3
    client.xgroup_create(key(client, STREAM), "other", id="0")
    assert trim(client) == 0
    reader.ack_on(client, messages)
    assert trim(client) == 0
    client.xgroup_destroy(key(client, STREAM), "other")
    assert trim(client) == 3
    assert ids(reader.read()) == comments[6:]


def test_without_its_group_nothing_is_trimmed(client: Any) -> None:
    sent(client, 3)
    assert oldest_needed(client) is None
    assert trim(client) == 0
    assert client.xlen(key(client, STREAM)) == 3


def test_how_long_the_oldest_message_has_waited(client: Any) -> None:
    assert waiting_since(client) is None
    client.xadd(key(client, STREAM), {"v": 1, "c": new_id(), "r": 0}, id="1000-0")
    assert waiting_since(client) > 1_000_000
    reader = Reader(client, "one")
    messages = reader.read()
    assert waiting_since(client) > 1_000_000
    reader.ack_on(client, messages)
    assert waiting_since(client) is None
    sent(client, 1)
    assert 0 <= waiting_since(client) < 60


@pytest.mark.parametrize(
    "fields",
    [{"v": "2", "c": "x", "r": "0"}, {"v": "1", "c": "x"}, {"v": "1", "c": "x", "r": "no"}, {"v": "1", "c": b"\xff"}],
    ids=["a later schema", "no revision", "not a number", "not text"],
)
def test_a_message_nobody_understands_is_let_go(client: Any, fields: dict[str, Any]) -> None:
    client.xadd(key(client, STREAM), fields)
    (comment,) = sent(client, 1)
    assert ids(Reader(client, "one").read()) == [comment]
    assert client.xpending(key(client, STREAM), MODERATION)["pending"] == 1


def test_a_consumer_leaves_only_with_empty_hands(client: Any) -> None:
    sent(client, 1)
    busy, idle = Reader(client, "busy"), Reader(client, "idle")
    messages = busy.read()
    idle.read()
    idle.leave()
    busy.leave()
    assert [row["name"] for row in client.xinfo_consumers(key(client, STREAM), MODERATION)] == [b"busy"]
    busy.ack_on(client, messages)
    busy.leave()
    assert client.xinfo_consumers(key(client, STREAM), MODERATION) == []


def test_silent_consumers_are_retired_but_not_young_ones(client: Any) -> None:
    reader = Reader(client, "one")
    reader.read()
    Reader(client, "young").read()
    assert reader.retire_others() == 0


def test_dead_letters_name_the_comment_and_the_error(client: Any) -> None:
    assert add_dead_letter(client, "01A", 3, "ValueError")
    ((_, fields),) = client.xrange(key(client, DEAD_STREAM))
    assert fields == {b"v": b"1", b"c": b"01A", b"r": b"3", b"error": b"ValueError"}


def test_sending_without_redis_says_so_and_is_quick(gone: Any) -> None:
    assert not any(send(gone, [("01A", 0)]) for _ in range(1000))
    assert send(gone, [])


def test_a_full_server_refuses_and_recovers(client: Any) -> None:
    client.config_set("maxmemory", "1")
    try:
        assert not send(client, [("01A", 0)])
    finally:
        client.config_set("maxmemory", "0")
    assert send(client, [("01A", 0)])
