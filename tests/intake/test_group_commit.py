"""Many comments in one commit: one that fails takes no other with it, and nothing that was promised is lost."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from models import Comment, Receipt, SubmissionKey, Thread, new_id
from service.errors import Unavailable
from service.intake.arrivals import Arrival, Received, make_arrival
from service.intake.group_commit.batcher import Batcher
from service.intake.group_commit.committer import GroupCommit
from service.intake.group_commit.rows import forget_keys
from service.intake.idempotency import key_of
from service.intake.known_sites import KnownSite
from service.intake.submission.address_syntax import Address
from service.intake.submission.fields import Submission
from service.privacy.sealing import SealBroken
from service.queue.limits import Limiter
from service.queue.stream import STREAM
from service.redis_keys import key
from service.wiring import make_redis
from tests.intake.reader import KEY, Reader
from tests.waiting import wait_until


def arrival(services, site, n: int = 0, *, thread: str = "4711", **changes) -> Arrival:
    submission = Submission(
        thread=thread,
        page_url="http://news.test/story",
        page_title="",
        parent_id=changes.pop("parent_id", None),
        name="Ada",
        email=Address(f"ada{n}@example.org", "example.org"),
        website=None,
        body=f"Remark {n}.",
        notify=False,
        notify_replies=False,
        confirm=False,
        honeypot_filled=False,
        token=None,
        earlier_receipt=None,
    )
    known = KnownSite(site.id, site.slug, tuple(site.origins), site.settings)
    wanted = {"prefix_hashes": [], "facts": {}, "key": None, "limits": []}
    made = make_arrival(submission, services.keyring, known, now=services.clock.now(), **(wanted | changes))
    made.wait_in_thread()
    return made


def store(commits: GroupCommit, arrival: Arrival) -> Received:
    commits.put(arrival)
    return arrival.answer.result(10)


@pytest.fixture
def commits(services):
    commits = GroupCommit(services, Limiter(services.redis))
    yield commits
    commits.close()


def count(services) -> int:
    with services.read() as session:
        return len(session.scalars(select(Comment.id)).all())


def test_a_group_is_one_transaction(services, site, commits):
    began = []
    event.listen(services.engine, "commit", lambda connection: began.append(1))
    commits._take_in([arrival(services, site, n) for n in range(20)])
    assert (count(services), len(began)) == (20, 1)


@pytest.mark.parametrize("where", [0, 3, 6])
def test_one_that_fails_takes_no_other_with_it(services, site, commits, where):
    group = [arrival(services, site, n) for n in range(7)]
    # No such comment: the foreign key refuses this row.
    group[where].receipt["comment_id"] = new_id()
    bad = group[where]
    commits._take_in(list(group))
    for each in group:
        if each is bad:
            assert isinstance(each.answer.exception(0), IntegrityError)
        else:
            assert each.answer.result(0) is each.received
    with services.read() as session:
        kept = set(session.scalars(select(Comment.id)))
        receipts = set(session.scalars(select(Receipt.comment_id)))
    assert kept == receipts == {each.received.comment_id for each in group if each is not bad}
    sent = wait_until(lambda: services.redis.xlen(key(services.redis, STREAM)) == 6, what="six messages")
    assert sent


def test_a_fault_of_ours_in_one_leaves_the_others(services, site, commits):
    group = [arrival(services, site, n) for n in range(3)]
    group[1].version["text"] = object()
    commits._take_in(list(group))
    assert group[1].answer.exception(0) is not None
    assert [group[n].answer.exception(0) for n in (0, 2)] == [None, None]
    assert count(services) == 2


def test_what_cannot_be_read_of_one_stops_no_other(services, site, commits):
    """A first answer sealed with a secret that is gone."""
    used = key_of(services.keyring, KEY, None, {})
    first = arrival(services, site, key=used)
    store(commits, first)
    with services.write() as session:
        session.get_one(Receipt, first.received.comment_id).sealed = b"\x01" + bytes(60)
    again, other = arrival(services, site, 1, key=used), arrival(services, site, 2)
    commits._take_in([again, other])
    assert isinstance(again.answer.exception(0), SealBroken)
    assert other.answer.result(0) is other.received
    assert count(services) == 2


def test_when_the_transaction_fails_everyone_comes_again(services, site, commits):
    def broken(connection):
        raise OSError("disk full")

    event.listen(services.engine, "commit", broken)
    group = [arrival(services, site, n) for n in range(3)]
    commits._take_in(list(group))
    event.remove(services.engine, "commit", broken)
    assert all(isinstance(each.answer.exception(0), OSError) for each in group)
    assert count(services) == 0
    assert services.redis.xlen(key(services.redis, STREAM)) == 0


def test_a_busy_database_is_a_503(reader, services):
    # The lock is held by somebody else for longer than a writer may wait.
    with services.engine.connect() as holder:
        holder.execution_options(rejoinder_write=True)
        holder.execute(text("SELECT 1"))
        services.engine.pool.dispose()

        def impatient(connection, _record):
            connection.execute("PRAGMA busy_timeout=50")

        event.listen(services.engine, "connect", impatient)
        refused = reader.post()
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert reader.post().status_code == 202


def test_two_pages_first_comments_at_once(services, site):
    """Several processes make the same thread; there is one, and every comment is in it."""
    writers = [GroupCommit(services, Limiter(services.redis)) for _ in range(4)]
    arrivals = [arrival(services, site, n) for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: store(writers[n % 4], arrivals[n]), range(16)))
    for writer in writers:
        writer.close()
    with services.read() as session:
        thread = session.scalars(select(Thread)).one()
        assert set(session.scalars(select(Comment.thread_id))) == {thread.id}
    assert count(services) == 16


def test_many_readers_at_once(reader):
    def post(n: int) -> int:
        own = Reader(reader.client.application.test_client(), reader.services, reader.site)
        return own.post(body=f"Remark {n}.", key=f"{KEY}-{n}").status_code

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(post, range(60))) == [202] * 60
    assert reader.count() == reader.count(SubmissionKey) == 60


def test_a_redis_that_hangs_holds_up_nobody(limited, free_socket):
    """A server that takes connections and never answers: only the sender waits for it."""
    reader = limited(redis=make_redis(f"unix://{free_socket}", 3.0))
    reader.post()
    began = time.monotonic()
    assert [reader.post().status_code for _ in range(20)] == [202] * 20
    # Waiting for each would take a minute.
    assert time.monotonic() - began < 30.0


@pytest.fixture
def free_socket(tmp_path_factory):
    import socket

    path = str(tmp_path_factory.mktemp("s") / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        yield path


def test_closing_commits_what_waits(services, site):
    commits = GroupCommit(services, Limiter(services.redis))
    held, release = threading.Event(), threading.Event()

    def hold(connection):
        held.set()
        release.wait(10)

    event.listen(services.engine, "commit", hold)
    arrivals = [arrival(services, site, n) for n in range(9)]
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(store, commits, arrivals[0])
        assert held.wait(10)
        others = [pool.submit(store, commits, each) for each in arrivals[1:]]
        wait_until(lambda: len(commits._committer._waiting) == 8, what="eight that wait")
        closing = pool.submit(commits.close)
        release.set()
        closing.result(10)
        assert [future.result(0.1) for future in [first, *others]] == [each.received for each in arrivals]
    event.remove(services.engine, "commit", hold)
    assert count(services) == 9
    with pytest.raises(Unavailable):
        store(commits, arrival(services, site, 99))


def test_no_room_is_a_503_with_a_time():
    started, release = threading.Event(), threading.Event()

    def slow(group):
        started.set()
        release.wait(10)

    batcher = Batcher[int]("test", slow, capacity=3, group=1)
    assert batcher.put(0)
    assert started.wait(10)
    assert [batcher.put(n) for n in range(5)] == [True, True, True, False, False]
    release.set()
    batcher.close()


def test_groups_are_no_larger_than_asked():
    seen, first, release = [], threading.Event(), threading.Event()

    def handle(group):
        seen.append(list(group))
        first.set()
        release.wait(10)

    batcher = Batcher[int]("test", handle, capacity=100, group=4)
    batcher.put(0)
    first.wait(10)
    for n in range(1, 10):
        batcher.put(n)
    release.set()
    batcher.close()
    assert seen == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]


def test_an_idle_thread_ends_and_comes_back(monkeypatch):
    monkeypatch.setattr("service.intake.group_commit.batcher.IDLE_SECONDS", 0.01)
    seen: list[int] = []
    batcher = Batcher[int]("test", seen.extend, capacity=9, group=9)
    batcher.put(1)
    wait_until(lambda: seen == [1] and batcher._thread is None, what="the thread's end")
    batcher.put(2)
    wait_until(lambda: seen == [1, 2], what="the second item")


def test_it_works_after_a_fork():
    """A server that loads the application first and forks then has a thread in each process."""
    batcher = Batcher[int]("test", lambda group: None, capacity=9, group=9)
    batcher.put(1)
    batcher.close()
    assert not batcher.put(2)
    batcher._pid = os.getpid() + 1  # What a child sees.
    done = threading.Event()
    batcher._handle = lambda group: done.set()
    assert batcher.put(3)
    assert done.wait(10)


def test_a_handler_that_fails_is_called_again():
    seen: list[int] = []

    def handle(group):
        seen.extend(group)
        raise ValueError

    batcher = Batcher[int]("test", handle, capacity=9, group=1)
    batcher.put(1)
    batcher.put(2)
    batcher.close()
    assert seen == [1, 2]


def test_old_keys_are_forgotten(reader, services, fixed_clock):
    reader.posted(key=KEY)
    fixed_clock.advance(hours=13)
    reader.posted(key=f"{KEY}-2", body="Another.")
    fixed_clock.advance(hours=12)
    with services.write() as session:
        assert forget_keys(session.connection(), fixed_clock.now()) == 1
    assert reader.count(SubmissionKey) == 1
