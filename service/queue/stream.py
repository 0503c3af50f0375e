"""The stream of comments to judge: sending, reading in a group, claiming back, acknowledging, trimming.

A message says `v` (its schema, 1), `c` (comment id) and `r` (revision): a hint that there is something to judge. One
that a request brought also says `q`, the request's id for the worker's log, and where requests are traced `t`, its
traceparent; what the sweep sends again has lost both.
What is true stands in the database, so a message may be lost, repeated or late.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key
from service.telemetry import logger

log = logger(__name__)

# Names without the installation's prefix, as metrics have them; `redis_keys.key` makes keys of them.
STREAM = "comments"
DEAD_STREAM = "comments:dead"
MODERATION = "moderation"
# Every stream and the groups that read it: a message stays until the slowest of them is done.
GROUPS: dict[str, tuple[str, ...]] = {STREAM: (MODERATION,)}

# A batch costs a few queries and one commit whatever its size. So many of the longest comments, and as many read
# ahead, are still judged within CLAIM_SECONDS.
BATCH = 250
SCHEMA = b"1"
# Longer than the slow lane keeps a message and than any batch takes, short enough that a killed worker's
# comments are judged within half a minute.
CLAIM_SECONDS = 15.0
# Dead letters are a log for operators; the comments themselves wait for a person in the database.
DEAD_LETTERS_KEPT = 10_000
CONSUMER_KEPT_SECONDS = 3600

# KEYS: stream. ARGV: group, consumer, idle ms it must exceed. In one call, because a consumer that reads
# between a look and the removal would lose what it holds.
_RETIRE = """
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #row, 2 do consumer[row[i]] = row[i + 1] end
  if consumer['name'] == ARGV[2] and consumer['pending'] == 0 and consumer['idle'] >= tonumber(ARGV[3]) then
    return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) + 1
  end
end
return 0
"""

# KEYS: stream. ARGV: schema, then of each message comment id, revision, and request id and traceparent or ''. One
# command costs the sender a fifth of what one a message does.
_ADD = """
for i = 2, #ARGV, 4 do
  local message = {'v', ARGV[1], 'c', ARGV[i], 'r', ARGV[i + 1]}
  for j, name in ipairs({'q', 't'}) do
    if ARGV[i + 1 + j] ~= '' then
      message[#message + 1] = name
      message[#message + 1] = ARGV[i + 1 + j]
    end
  end
  redis.call('XADD', KEYS[1], '*', unpack(message))
end
return 0
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A hint on the stream: judge this comment if it still stands at this revision. No `id`: it was never there."""

    id: bytes
    comment_id: str
    revision: int
    # Of the request that brought it; "" where that is not known.
    request_id: str = ""
    traceparent: str = ""


def send(
    redis: Redis,
    comments: Iterable[tuple[str, int]],
    request_ids: Mapping[str, str] | None = None,
    traceparents: Mapping[str, str] | None = None,
) -> bool:
    """Puts `(comment id, revision)` on the stream, after their commit. False without Redis: the sweep sends again.

    `request_ids`, `traceparents`: by comment id. Never retried here: a lost answer does not say whether the message
    arrived.
    """
    wanted = list(comments)
    if not wanted:
        return True
    try:
        with guarded(redis, "send"):
            args = [SCHEMA, *_flat(wanted, request_ids or {}, traceparents or {})]
            redis.register_script(_ADD)(keys=[key(redis, STREAM)], args=args)
    except RedisUnavailable:
        return False
    return True


def _flat(
    comments: Iterable[tuple[str, int]], request_ids: Mapping[str, str], traceparents: Mapping[str, str]
) -> Iterator[str | int]:
    for comment_id, revision in comments:
        yield comment_id
        yield revision
        yield request_ids.get(comment_id, "")
        yield traceparents.get(comment_id, "")


class Reader:
    """One consumer of the group. Its methods raise RedisError: the worker backs off and tries again.

    Give it a client whose socket time-out is longer than `block` and that does not retry: a retried read would
    leave the first answer's messages with nobody.
    """

    def __init__(
        self, redis: Redis, consumer: str, *, batch: int = BATCH, claim_seconds: float = CLAIM_SECONDS
    ) -> None:
        # redis-py types only part of its stream commands.
        self._redis: Any = redis
        self._stream = key(redis, STREAM)
        self.consumer = consumer
        self.batch = batch
        self._claim_ms = int(claim_seconds * 1000)
        self._claim_from: bytes | str = "0-0"

    def make_group(self) -> None:
        """Makes the group at 0, so that it reads all that the stream still has. One that exists is left alone."""
        try:
            self._redis.xgroup_create(self._stream, MODERATION, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        else:
            log.warning("group_made", stream=STREAM, group=MODERATION)

    def read(self, block: float = 0.0) -> list[Message]:
        """The next new messages, waiting up to `block` seconds for the first; 0 does not wait."""
        block_ms = max(1, int(block * 1000)) if block > 0 else None
        try:
            answer = self._read(block_ms)
        except ResponseError as error:
            # Flushed, failed over to an empty replica, or never there.
            if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                raise
            self.make_group()
            answer = self._read(None)
        return self._messages(entry for _, entries in answer for entry in entries)

    def _read(self, block_ms: int | None) -> Any:
        found = self._redis.xreadgroup(MODERATION, self.consumer, {self._stream: ">"}, count=self.batch, block=block_ms)
        return found or ()

    def claim(self) -> list[Message]:
        """Messages that somebody took and did not finish in time; from now on ours, to be judged solo.

        Walks on from call to call, so that a long list of pending ones is seen whole.
        """
        try:
            answer = self._redis.xautoclaim(
                self._stream,
                MODERATION,
                self.consumer,
                min_idle_time=self._claim_ms,
                start_id=self._claim_from,
                count=self.batch,
            )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            self.make_group()
            return []
        # The third part, ids that were trimmed away meanwhile, the server has already forgotten.
        self._claim_from, entries = answer[0], answer[1]
        return self._messages(entries)

    def _messages(self, entries: Iterable[tuple[bytes, dict[bytes, bytes] | None]]) -> list[Message]:
        messages: list[Message] = []
        unreadable: list[bytes] = []
        for entry_id, fields in entries:
            try:
                if not fields or fields[b"v"] != SCHEMA:
                    raise KeyError("v")
                request_id, traceparent = fields.get(b"q", b"").decode(), fields.get(b"t", b"").decode()
                messages.append(Message(entry_id, fields[b"c"].decode(), int(fields[b"r"]), request_id, traceparent))
            except (KeyError, ValueError):
                unreadable.append(entry_id)
        if unreadable:
            # The row is the outbox: whatever this was, the sweep sends a readable one.
            log.warning("messages_not_understood", count=len(unreadable))
            self._redis.xack(self._stream, MODERATION, *unreadable)
        return messages

    def ack_on(self, pipe: Any, messages: Collection[Message]) -> None:
        """Done with these, put on a pipeline of the caller's; call it after the commit."""
        ids = [message.id for message in messages if message.id]
        if ids:
            pipe.xack(self._stream, MODERATION, *ids)

    def leave(self) -> None:
        """Takes this consumer out of the group unless it still holds messages. Best effort at shutdown."""
        with contextlib.suppress(Exception):
            self._retire(self.consumer, 0)

    def retire_others(self) -> int:
        """Takes out consumers that hold nothing and have been silent for an hour; how many."""
        names = [cast(bytes, row["name"]).decode() for row in self._redis.xinfo_consumers(self._stream, MODERATION)]
        return sum(self._retire(name, CONSUMER_KEPT_SECONDS * 1000) for name in names if name != self.consumer)

    def _retire(self, consumer: str, idle_ms: int) -> int:
        script = self._redis.register_script(_RETIRE)
        return int(script(keys=[self._stream], args=[MODERATION, consumer, idle_ms]))


def add_dead_letter(redis: Redis, comment_id: str, revision: int, error: str) -> bool:
    """Notes a dead letter for operators; `error` is a type's name. False without Redis: the comment is safe anyway."""
    try:
        with guarded(redis, "bury"):
            redis.xadd(
                key(redis, DEAD_STREAM),
                {"v": SCHEMA, "c": comment_id, "r": revision, "error": error},
                maxlen=DEAD_LETTERS_KEPT,
                approximate=True,
            )
    except RedisUnavailable:
        return False
    return True


def workers_seen(redis: Redis, within_seconds: float) -> int:
    """How many workers have asked for comments lately, under this installation's prefix. Raises RedisError."""
    try:
        rows = cast(Any, redis).xinfo_consumers(key(redis, STREAM), MODERATION)
    except ResponseError as error:
        if "no such key" in str(error) or str(error).startswith("NOGROUP"):
            return 0
        raise
    return sum(row["idle"] <= within_seconds * 1000 for row in rows)


def oldest_needed(redis: Redis, stream: str = STREAM) -> tuple[int, int] | None:
    """The id, as (ms, sequence), below which no group of the stream needs anything; None while a group is missing.

    Raises RedisError; a stream that does not exist answers None.
    """
    try:
        rows = cast(Any, redis).xinfo_groups(key(redis, stream))
    except ResponseError as error:
        if "no such key" in str(error):
            return None
        raise
    groups = {cast(bytes, row["name"]).decode(): row for row in rows}
    if any(name not in groups for name in GROUPS[stream]):
        return None
    needed: list[tuple[int, int]] = []
    # Groups that nobody here knows count too: somebody made them for a reason.
    for name, row in groups.items():
        last = _id(row["last-delivered-id"])
        needed.append((last[0], last[1] + 1))
        if row["pending"]:
            first = cast(Any, redis).xpending(key(redis, stream), name)["min"]
            if first is not None:
                needed.append(_id(first))
    return min(needed)


def trim(redis: Redis, stream: str = STREAM) -> int:
    """Removes what no group needs any more; how many messages. Raises RedisError."""
    needed = oldest_needed(redis, stream)
    if needed is None:
        return 0
    return int(redis.xtrim(key(redis, stream), minid=f"{needed[0]}-{needed[1]}", approximate=False))


def waiting_since(redis: Redis, stream: str = STREAM) -> float | None:
    """How many seconds ago the oldest message that still has to be handled was sent, by the clock of Redis.

    None: nothing on the stream is waiting, so whatever the database still calls `received` has lost its message.
    """
    needed = oldest_needed(redis, stream)
    # Without its group the stream is read from the beginning once a worker makes it anew.
    start = "-" if needed is None else f"{needed[0]}-{needed[1]}"
    first: Any = redis.xrange(key(redis, stream), min=start, count=1)
    if not first:
        return None
    seconds, micros = redis.time()
    return float(seconds + micros / 1_000_000 - _id(first[0][0])[0] / 1000)


def _id(text: bytes | str) -> tuple[int, int]:
    milliseconds, _, sequence = (text.decode() if isinstance(text, bytes) else text).partition("-")
    return int(milliseconds), int(sequence)
