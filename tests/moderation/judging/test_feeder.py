"""Whatever becomes of the batches, every permit comes back once, and no more are fetched ahead than there are."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as Disconnected
from structlog.testing import capture_logs

from service.backoff import Backoff
from service.errors import Unavailable
from service.moderation.judging import feeder as feeder_module
from service.moderation.judging import worker as worker_module
from service.moderation.judging.feeder import Batch, BatchKind, Feeder
from service.moderation.judging.worker import PERMITS, Judged, Worker
from service.queue.stream import Message, Reader, send
from service.settings import Settings
from service.wiring import Services, wire
from tests.waiting import wait_until

# What becomes of one comment, once for each entry, from the first time it is judged. Then all goes well.
Fault = Literal["slow", "stumbles", "not judged", "not written", "database away", "not judged alone"]
# Messages of a batch, where they come by Redis.
MOST = 3
FAULTS: tuple[Fault, ...] = ("slow", "stumbles", "not judged", "not written", "database away", "not judged alone")
Faults = tuple[Fault, ...]


@dataclass(frozen=True)
class Fetch:
    """One turn of the feeder: `faults` has an entry a message."""

    kind: Literal["fresh", "claimed", "nothing", "redis away"]
    faults: tuple[Faults, ...] = ()


# After these a message may be left to be claimed back: a database that is still away at the end is not waited for.
LEAVING: frozenset[Fault] = frozenset({"database away", "not judged alone"})


def _fetches(faults: Sequence[Fault]) -> st.SearchStrategy[list[Fetch]]:
    of_a_comment = st.lists(st.sampled_from(faults), max_size=4).map(tuple)
    of_a_batch = st.lists(of_a_comment, min_size=1, max_size=3).map(tuple)
    fetch = st.one_of(
        st.builds(Fetch, st.sampled_from(["fresh", "claimed"]), of_a_batch),
        st.sampled_from([Fetch("nothing"), Fetch("redis away")]),
    )
    return st.lists(fetch, max_size=12)


fetches_of_all_kinds = st.sampled_from([FAULTS, [fault for fault in FAULTS if fault not in LEAVING]]).flatmap(_fetches)


@dataclass
class Script:
    """What is fetched and what becomes of it. Sets `stop` when all has been fetched."""

    fetches: list[Fetch]
    stop: threading.Event = field(default_factory=threading.Event)
    ahead: dict[str, list[Fault]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    fetched: int = 0
    most_fetched: int = 0

    def messages(self, *kinds: str) -> list[Message]:
        """Those of the next turn, if it is of one of these kinds; none otherwise."""
        if not self.fetches:
            self.stop.set()
            return []
        if self.fetches[0].kind not in kinds:
            return []
        fetch = self.fetches.pop(0)
        if fetch.kind == "redis away":
            raise Disconnected
        messages = []
        for faults in fetch.faults:
            comment_id = f"comment-{len(self.ahead)}"
            self.ahead[comment_id] = list(faults)
            messages.append(Message(comment_id.encode(), comment_id, 0))
        if messages:
            self.fetched += 1
            self.most_fetched = max(self.most_fetched, self.fetched)
        return messages

    def happens(self, fault: Fault, messages: Sequence[Message]) -> list[Message]:
        """The messages whose comments have this fault ahead as their next one; it has passed by now."""
        found = [message for message in messages if self.ahead[message.comment_id][:1] == [fault]]
        for message in found:
            self.ahead[message.comment_id].pop(0)
        return found


class Scripted(Reader):
    script: Script

    def claim(self) -> list[Message]:
        return self.script.messages("claimed")

    def read(self, block: float = 0.0) -> list[Message]:
        return self.script.messages("fresh", "nothing", "redis away")


class Watched(Feeder):
    script: Script

    def done(self, batch: Batch) -> None:
        if batch.kind.holds_permit:
            self.script.fetched -= 1
        super().done(batch)


class Acting(Worker):
    """Does what the script says instead of judging; feeds, hands over, waits and gives up as every worker does."""

    def __init__(self, services: Services, script: Script, *, behind: bool, permits: int) -> None:
        super().__init__(services, consumer="tested")
        self.script = script
        self.reader = Scripted(services.slow_redis, "tested")
        self.reader.script = script
        self._writes_behind = behind
        self.feeder = Watched(self.reader, permits=permits)
        self.feeder.script = script

    def judge(self, messages: Sequence[Message], *, suspects: Any = None) -> Judged:
        if self.script.happens("database away", messages):
            raise Unavailable
        if self.script.happens("not judged", messages):
            raise ValueError
        slow = self.script.happens("slow", messages)
        if slow:
            self._released(list(slow))
        here = [message for message in messages if message not in slow]
        stumbled = self.script.happens("stumbles", here)
        return Judged([message for message in here if message not in stumbled], [], stumbled)

    def _write(self, judged: Judged) -> None:
        if self.script.happens("database away", judged.done):
            raise Unavailable
        if self.script.happens("not written", judged.done):
            raise ValueError
        self.script.acknowledged.update(message.comment_id for message in judged.done)

    def _judge_solo(self, message: Message) -> None:
        if self.script.happens("database away", [message]):
            raise Unavailable
        if self.script.happens("not judged alone", [message]):
            raise ValueError
        self.script.acknowledged.add(message.comment_id)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder_module, "CLAIM_EVERY", 0.0)
    for module in (feeder_module, worker_module):
        monkeypatch.setattr(module, "SERVER_AWAY", Backoff((0.0,)))


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """One kind of database is enough: nothing here gets as far."""
    services = wire(settings)
    yield services
    services.close()


@pytest.mark.usefixtures("impatient")
# With more than enough of them, one that does not come back is counted, and nobody waits for it for ever.
@pytest.mark.parametrize("more", [1000, 0], ids=["more than enough", "as ever"])
@given(fetches=fetches_of_all_kinds, behind=st.booleans())
@given_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_all_permits_come_back(services: Services, more: int, fetches: list[Fetch], behind: bool) -> None:
    script, permits = Script(list(fetches)), PERMITS + behind + more
    worker = Acting(services, script, behind=behind, permits=permits)
    # Kept instead of written: a traceback in colour takes longer than all the rest.
    with capture_logs():
        worker.run(script.stop)
    assert script.fetched == 0
    assert script.most_fetched <= permits
    free = worker.feeder._permits
    assert [free.acquire(blocking=False) for _ in range(permits + 1)] == [*[True] * permits, False]
    if LEAVING.isdisjoint(fault for fetch in fetches for faults in fetch.faults for fault in faults):
        assert script.acknowledged == set(script.ahead)


@pytest.mark.parametrize(
    ("kind", "alone", "permit", "behind"),
    [
        pytest.param(BatchKind.FRESH, False, True, True, id="fresh"),
        pytest.param(BatchKind.CLAIMED, True, True, False, id="claimed"),
        pytest.param(BatchKind.RELEASED, False, False, True, id="released"),
        pytest.param(BatchKind.STUMBLED, True, False, False, id="stumbled"),
        pytest.param(BatchKind.RETRIED, False, True, False, id="retried"),
        pytest.param(BatchKind.RETRIED_RELEASED, False, False, False, id="retried-released"),
    ],
)
def test_what_may_be_done_with_a_kind_of_batch(kind: BatchKind, alone: bool, permit: bool, behind: bool) -> None:
    assert (kind.judged_solo, kind.holds_permit, kind.written_behind) == (alone, permit, behind)


@pytest.mark.parametrize("kind", [kind for kind in BatchKind if kind.written_behind])
def test_a_batch_that_is_retried_keeps_what_it_holds_and_is_not_written_behind_again(kind: BatchKind) -> None:
    assert kind.retried.holds_permit == kind.holds_permit
    assert not kind.retried.written_behind
    with pytest.raises(KeyError):
        _ = kind.retried.retried


@pytest.fixture
def feeding(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feeder]:
    """A feeder that looks for forgotten messages at each turn, and takes any that waits for being forgotten."""
    monkeypatch.setattr(feeder_module, "CLAIM_EVERY", 0.0)
    monkeypatch.setattr(feeder_module, "BLOCK_SECONDS", 0.01)
    stop = threading.Event()
    feeder = Feeder(Reader(services.slow_redis, "tested", batch=MOST, claim_seconds=0), permits=3)
    feeder.start(stop)
    yield feeder
    stop.set()
    for _ in feeder.batches():
        pass


def ids_of(batch: Batch) -> list[str]:
    return [message.comment_id for message in batch.messages]


def test_a_batch_that_takes_long_is_not_taken_back_from_who_has_it(services: Services, feeding: Feeder) -> None:
    batches = feeding.batches()
    send(services.redis, [("first", 0)])
    first = next(batches)
    # While it is worked on, others come; they would come after it.
    send(services.redis, [("second", 0)])
    second = next(batches)
    feeding.put_polled([Message(b"", "first", 0), Message(b"", "third", 0)], again=False)
    polled = next(batches)
    assert [ids_of(batch) for batch in (first, second, polled)] == [["first"], ["second"], ["third"]]
    assert (first.kind, second.kind) == (BatchKind.FRESH, BatchKind.FRESH)
    # It was finished and not acknowledged: now it is a forgotten one.
    feeding.done(first)
    again = next(batches)
    assert (again.kind, ids_of(again)) == (BatchKind.CLAIMED, ["first"])


def test_what_comes_during_a_batch_is_one_batch(services: Services, feeding: Feeder) -> None:
    batches = feeding.batches()
    send(services.redis, [("first", 0)])
    assert ids_of(next(batches)) == ["first"]
    # One of them fetched ahead would be judged by itself, and the other one after it.
    send(services.redis, [("second", 0)])
    send(services.redis, [("third", 0)])
    assert ids_of(next(batches)) == ["second", "third"]


def test_where_more_wait_than_a_batch_holds_the_next_is_fetched_ahead(services: Services, feeding: Feeder) -> None:
    names = [f"comment-{n}" for n in range(MOST * 2)]
    send(services.redis, [(name, 0) for name in names])
    batches = feeding.batches()
    assert ids_of(next(batches)) == names[:MOST]
    wait_until(lambda: not feeding._inbox.empty(), what="a batch that nobody has asked for yet")
    assert ids_of(next(batches)) == names[MOST:]


class Pauses(threading.Event):
    """Notes how long is waited for it, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.taken.append(timeout)
        return self.is_set()


@pytest.mark.parametrize(
    ("come", "within", "pauses"),
    [
        pytest.param(MOST - 2, 0, [], id="few"),
        pytest.param(MOST - 1, 0, [feeder_module.GATHER_SECONDS], id="many"),
        pytest.param(MOST - 1, 10 * feeder_module.GATHER_SECONDS, [], id="many that have piled up"),
        pytest.param(MOST, 0, [], id="more than a batch holds"),
    ],
)
def test_where_many_come_the_next_are_gathered_for_a_moment(
    services: Services, monkeypatch: pytest.MonkeyPatch, come: int, within: float, pauses: list[float]
) -> None:
    monkeypatch.setattr(feeder_module, "MANY", MOST - 1)
    monkeypatch.setattr(feeder_module, "BLOCK_SECONDS", 0.01)
    stop = Pauses()
    feeder = Feeder(Reader(services.slow_redis, "tested", batch=MOST), permits=3)
    feeder._reader.make_group()
    feeder._fetched_at -= within
    send(services.redis, [(f"comment-{n}", 0) for n in range(come)])
    feeder.start(stop)
    batches = feeder.batches()
    assert len(next(batches).messages) == come
    send(services.redis, [("last", 0)])
    assert ids_of(next(batches)) == ["last"]
    stop.set()
    assert list(batches) == []
    assert stop.taken == pauses


def test_a_permit_that_is_given_back_twice_is_an_error(services: Services) -> None:
    feeder = Feeder(Reader(services.slow_redis, "tested"), permits=1)
    with pytest.raises(ValueError):
        feeder.done(Batch(BatchKind.FRESH, []))
