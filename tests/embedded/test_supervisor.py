import os
import signal
import threading
from pathlib import Path

import pytest

from service.embedded.folder import CannotStart
from service.embedded.supervisor import Program, Stopped, Supervisor
from tests.embedded.processes import is_alive
from tests.waiting import wait_until


def _program(name: str, script: str, *, outlasts: bool = False, stop_seconds: float = 10.0) -> Program:
    return Program(name, ["/bin/sh", "-c", script], os.environ, outlasts, stop_seconds)


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def test_a_crashed_child_is_started_again_later_and_later(tmp_path: Path) -> None:
    heard: list[str] = []
    pids = tmp_path / "pids"
    supervisor = Supervisor(say=heard.append)
    supervisor.start(_program("the worker", f"echo $$ >> '{pids}'; exit 3"))
    running = threading.Thread(target=supervisor.run)
    running.start()
    wait_until(lambda: len(_lines(pids)) >= 3, what="the third start")
    supervisor.ask_to_stop()
    running.join(10)
    supervisor.stop()
    assert heard[:2] == [
        "the worker stopped: exit code 3; starting it again in 0.25 s",
        "the worker stopped: exit code 3; starting it again in 0.5 s",
    ]


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    heard: list[str] = []
    pids = tmp_path / "pids"
    supervisor = Supervisor(say=heard.append)
    supervisor.start(_program("the worker", f"echo $$ >> '{pids}'; exec sleep 600"))
    running = threading.Thread(target=supervisor.run)
    running.start()
    wait_until(lambda: len(_lines(pids)) == 1, what="the start")
    os.kill(int(_lines(pids)[0]), signal.SIGKILL)
    wait_until(lambda: len(_lines(pids)) == 2, what="the second start")
    supervisor.ask_to_stop()
    running.join(10)
    supervisor.stop()
    assert heard == ["the worker stopped: ended by SIGKILL; starting it again in 0.25 s"]
    assert not is_alive(int(_lines(pids)[1]))


def test_what_the_others_need_stops_last(tmp_path: Path) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(say=lambda _: None)
    ready = [tmp_path / name for name in ("queue", "web")]
    for name, outlasts in (("queue", True), ("web", False)):
        # The web server takes its time; the queue would be gone first if it were asked at once.
        pause = "" if outlasts else "sleep 0.3; "
        script = (
            f"trap '{pause}echo {name} >> {order}; exit 0' TERM; : > {tmp_path / name}; while :; do sleep 0.05; done"
        )
        supervisor.start(_program(name, script, outlasts=outlasts))
    wait_until(lambda: all(file.exists() for file in ready), what="both children")
    supervisor.stop()
    assert _lines(order) == ["web", "queue"]


def test_a_child_that_does_not_stop_is_ended(tmp_path: Path) -> None:
    heard: list[str] = []
    file = tmp_path / "pid"
    supervisor = Supervisor(say=heard.append)
    supervisor.start(_program("web", f"trap '' TERM; echo $$ > {file}; while :; do sleep 0.1; done", stop_seconds=0.3))
    wait_until(lambda: _lines(file), what="the child")
    supervisor.stop()
    assert heard == ["web did not stop in time and was ended"]
    assert not is_alive(int(_lines(file)[0]))


def test_asking_twice_does_not_wait(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    supervisor = Supervisor(say=lambda _: None)
    supervisor.start(_program("web", f"trap '' TERM; echo $$ > {file}; while :; do sleep 0.1; done", stop_seconds=600))
    wait_until(lambda: _lines(file), what="the child")
    supervisor.ask_to_stop()
    supervisor.stop()
    assert not is_alive(int(_lines(file)[0]))


def test_a_child_that_ends_while_starting_is_told_and_not_started_again() -> None:
    supervisor = Supervisor(say=lambda _: None)
    supervisor.start(_program("the web server", "exit 4"))
    with pytest.raises(CannotStart, match="the web server did not start: exit code 4"):
        supervisor.wait_for(lambda: False, what="the web server", seconds=10)
    supervisor.stop()


def test_what_never_answers_is_given_up() -> None:
    supervisor = Supervisor(say=lambda _: None)
    with pytest.raises(CannotStart, match=r"Valkey did not answer within 0\.1 s"):
        supervisor.wait_for(lambda: False, what="Valkey", seconds=0.1)


def test_asking_to_stop_ends_the_start() -> None:
    supervisor = Supervisor(say=lambda _: None)
    supervisor.ask_to_stop()
    with pytest.raises(Stopped):
        supervisor.wait_for(lambda: False, what="Valkey", seconds=10)


def test_it_ends_when_nobody_wants_it_any_more() -> None:
    Supervisor(say=lambda _: None, still_wanted=lambda: False).run()
