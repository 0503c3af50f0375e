import threading

from service.moderation.network.fair_pool import FairPool
from tests.waiting import wait_until


def test_a_group_gets_no_more_than_its_share_and_others_are_not_held_up() -> None:
    crew, gate, lock = FairPool("tested", threads=4, share=2), threading.Event(), threading.Lock()
    running: list[str] = []
    done: list[str] = []

    def work(name: str) -> None:
        with lock:
            running.append(name)
        gate.wait(10)
        with lock:
            running.remove(name)
            done.append(name)

    for n in range(20):
        assert crew.submit("greedy", lambda n=n: work(f"greedy {n}"))
    assert crew.submit("modest", lambda: work("modest"))
    wait_until(lambda: "modest" in running)
    assert sorted(running) == ["greedy 0", "greedy 1", "modest"]
    gate.set()
    wait_until(lambda: len(done) == 21)
    assert crew.submit("greedy", lambda: work("again"))
    wait_until(lambda: "again" in done)
    crew.close()


def test_a_closed_crew_finishes_what_it_does_and_begins_nothing() -> None:
    crew, gate, begun = FairPool("tested", threads=1, share=1), threading.Event(), threading.Event()
    done: list[int] = []

    def work(n: int) -> None:
        begun.set()
        gate.wait(10)
        done.append(n)

    for n in range(3):
        crew.submit("a", lambda n=n: work(n))
    begun.wait(10)
    crew.close(wait=False)
    gate.set()
    crew.close()
    assert done == [0]
    assert not crew.submit("b", lambda: work(9))
