"""The watch: who is thrown out when, and that nothing is thrown where nobody judges."""

import subprocess
import sys
import threading
import time

import pytest

from moderation_rules.engine import CutOff
from service.moderation.watchdog.penalty_box import MOST_CUTS, PENALTY_SECONDS, PenaltyBox
from service.moderation.watchdog.watchdog import CUT_AFTER, LEAVE_AFTER, Watchdog, WatchedThread
from tests.waiting import wait_until


@pytest.fixture
def left() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def watch(left: list[tuple[str, str]]) -> Watchdog:
    return Watchdog(lambda comment, rule: left.append((comment, rule)))


class Judging:
    """A thread in a turn, at one comment until it is thrown out or told to go on."""

    def __init__(self, stubborn: bool = False) -> None:
        self.stubborn, self.thrown, self.ready = stubborn, 0, threading.Event()
        self.go_on = False
        self.thread = threading.Thread(target=self.judge)
        self.thread.start()
        assert self.ready.wait(20)

    def judge(self) -> None:
        with WatchedThread() as turn:
            turn.comment_id = "one"
            self.ready.set()
            while not self.go_on:
                try:
                    while not self.go_on:
                        pass
                except CutOff:
                    self.thrown += 1
                    if not self.stubborn:
                        break

    def end(self) -> None:
        self.go_on = True
        self.thread.join(20)


def test_a_thread_that_stays_too_long_is_thrown_out(watch: Watchdog, left: list[tuple[str, str]]) -> None:
    judging = Judging()
    watch.look(100.0)
    watch.look(100.0 + CUT_AFTER - 0.1)
    assert judging.thread.is_alive()
    watch.look(100.0 + CUT_AFTER)
    judging.thread.join(20)
    assert (judging.thrown, left) == (1, [])


def test_who_cannot_be_thrown_out_is_left(watch: Watchdog, left: list[tuple[str, str]]) -> None:
    judging = Judging(stubborn=True)
    watch.look(100.0)
    watch.look(100.0 + CUT_AFTER)
    wait_until(lambda: judging.thrown == 1, what="the throw")
    watch.look(100.0 + CUT_AFTER + LEAVE_AFTER - 0.1)
    assert left == []
    watch.look(100.0 + CUT_AFTER + LEAVE_AFTER)
    assert left == [("one", "")]
    judging.end()
    assert judging.thrown == 1


def test_what_is_thrown_too_late_arrives_nowhere(watch: Watchdog) -> None:
    """Turns that end while the watch throws: none of it is felt outside the turn."""
    over = threading.Event()
    ahead = [0.0]

    def look() -> None:
        while not over.is_set():
            # Each look is an hour later: whatever it sees twice is thrown out.
            ahead[0] += 3600
            watch.look(ahead[0])

    looking = threading.Thread(target=look)
    looking.start()
    outside = caught = 0
    until = time.monotonic() + 2
    while time.monotonic() < until and caught < 200:
        try:
            try:
                with WatchedThread() as turn:
                    turn.comment_id = "one"
                    for _ in range(300):
                        pass
            except CutOff:
                caught += 1
            sum(range(50))
        except CutOff:
            outside += 1
    over.set()
    looking.join(20)
    assert outside == 0


def test_a_rule_sits_out_after_several_cuts_and_comes_back() -> None:
    now = [1000.0]
    penalty_box = PenaltyBox(lambda: now[0])
    for _ in range(MOST_CUTS):
        assert penalty_box.penalised("site") == frozenset()
        penalty_box.add("site", "patterns")
    assert penalty_box.penalised("site") == {"patterns"}
    assert penalty_box.penalised("another") == frozenset()
    now[0] += PENALTY_SECONDS + 1
    assert penalty_box.penalised("site") == frozenset()
    penalty_box.add("site", "patterns")
    assert penalty_box.penalised("site") == frozenset()


TRACED = """
import sys
from moderation_rules.engine import CutOff
from service.moderation.watchdog.watchdog import CUT_AFTER, WatchedThread, Watchdog
watch = Watchdog(lambda comment, rule: None)
try:
    with WatchedThread() as watched:
        watched.comment_id = "a"
        {between}
except CutOff:
    pass
def called(): pass
sys.setprofile(lambda frame, event, arg: None)
called()
print("goes on")
"""


@pytest.mark.parametrize(
    "between",
    [
        pytest.param("pass", id="in-time"),
        pytest.param("watch.look(0); watch.look(CUT_AFTER + 1)", id="thrown-out"),
    ],
)
def test_the_interpreter_looks_for_nothing_more(between: str) -> None:
    # While something is said to be on its way, CPython 3.11 goes round in circles under a profiler, and slowly without.
    script = TRACED.format(between=between)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("goes on\n"), done.stderr
