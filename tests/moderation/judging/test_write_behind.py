"""Writing one batch while the next is judged: nothing is lost when that fails, and nothing is written twice."""

import threading
from functools import partial

import pytest
from sqlalchemy import func, select

from models import Comment, Decision, Status
from service.errors import Unavailable
from service.moderation.judging.worker import Worker
from service.moderation.judging.write_behind import WriteBehind
from service.queue.stream import MODERATION, STREAM, send
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread
from tests.waiting import wait_until


def test_pieces_are_written_in_order_and_each_end_is_heard() -> None:
    writing, heard = WriteBehind(), []

    def write(n: int) -> None:
        if n % 2:
            raise ValueError(n)

    for n in range(5):
        writing.put(partial(write, n), lambda fault, n=n: heard.append((n, type(fault).__name__)))
    writing.close()
    assert heard == [(0, "NoneType"), (1, "ValueError"), (2, "NoneType"), (3, "ValueError"), (4, "NoneType")]


def test_only_one_piece_waits() -> None:
    writing, go = WriteBehind(), threading.Event()
    given: list[int] = []

    def give() -> None:
        for n in range(4):
            writing.put(go.wait, lambda fault: None)
            given.append(n)

    giver = threading.Thread(target=give)
    giver.start()
    wait_until(lambda: len(given) == 2, what="one being written and one waiting")
    assert not writing._slots.acquire(blocking=False)
    go.set()
    giver.join(10)
    writing.close()
    assert given == [0, 1, 2, 3]


@pytest.mark.postgres
@pytest.mark.parametrize("fault", [ValueError, Unavailable])
def test_a_batch_that_cannot_be_written_behind_is_served_again(
    postgres_services: Services, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    services = postgres_services
    thread = add_thread(services, add_site(services, "harbour", first_comments_held=False))
    comments = [add_comment(services, thread, f"Remark {n} about the harbour.") for n in range(6)]
    worker, stop, failed = Worker(services), threading.Event(), threading.Event()
    worker.reader.batch = 2
    commit = worker.commit

    def once(moves):
        if not failed.is_set():
            failed.set()
            raise fault("not now")
        return commit(moves)

    monkeypatch.setattr(worker, "commit", once)
    assert send(services.redis, [(comment.id, comment.revision) for comment in comments])
    running = threading.Thread(target=worker.run, args=[stop])
    running.start()

    def judged() -> bool:
        with services.read() as session:
            query = select(func.count()).where(Comment.status == Status.APPROVED)
            return session.scalar(query) == len(comments)

    wait_until(judged, what="every comment judged")
    wait_until(
        lambda: services.redis.xpending(key(services.redis, STREAM), MODERATION)["pending"] == 0,
        what="everything acknowledged",
    )
    stop.set()
    running.join(20)
    assert not running.is_alive()
    assert failed.is_set()
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(Decision)) == len(comments)
