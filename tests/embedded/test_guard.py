"""A child never outlives the one who started it, however that one ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.embedded.guard import start_guarded
from tests.embedded.processes import in_group
from tests.waiting import wait_until

# Starts a child that has a child of its own, tells its group, and waits to be killed.
_SUPERVISOR = """
import os, sys, time
from service.embedded.guard import start_guarded
guarded = start_guarded(["/bin/sh", "-c", sys.argv[1]], os.environ)
print(guarded.process.pid, flush=True)
time.sleep(600)
"""


def _supervise(program: str) -> "tuple[subprocess.Popen[bytes], int]":
    supervisor = subprocess.Popen([sys.executable, "-c", _SUPERVISOR, program], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    return supervisor, int(supervisor.stdout.readline())


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("sleep 600 & sleep 600", id="with a child of its own"),
        pytest.param("sleep 600 & exit 0", id="gone before its child"),
        pytest.param("trap '' TERM; sleep 600 & while :; do sleep 1; done", id="deaf to SIGTERM"),
    ],
)
def test_nothing_is_left_of_a_killed_supervisor(program: str) -> None:
    supervisor, group = _supervise(program)
    with supervisor:
        wait_until(lambda: len(in_group(group)) >= 2, what="the child and its own")
        supervisor.kill()
    wait_until(lambda: not in_group(group), what="the whole group to be gone")


def test_the_child_is_the_program_itself(capfd: pytest.CaptureFixture[str]) -> None:
    guarded = start_guarded(["/bin/sh", "-c", "echo said by $$; exit 7"], os.environ)
    assert guarded.process.wait(10) == 7
    guarded.clear_away()
    captured = capfd.readouterr()
    assert captured.err == f"said by {guarded.process.pid}\n"
    assert captured.out == ""


def test_sigterm_reaches_the_program_and_its_end_is_told() -> None:
    guarded = start_guarded(["sleep", "600"], os.environ)
    guarded.ask_to_stop()
    assert guarded.process.wait(10) == -signal.SIGTERM
    guarded.clear_away()
    wait_until(lambda: not in_group(guarded.process.pid), what="the group to be gone")


def test_words_of_the_command_are_not_read_by_the_shell(tmp_path: Path) -> None:
    written = tmp_path / "a file"
    guarded = start_guarded(["sh", "-c", 'printf "%s" "$1" > "$2"', "x", "$(id) 'a' \"b\"", str(written)], os.environ)
    assert guarded.process.wait(10) == 0
    guarded.clear_away()
    assert written.read_text() == "$(id) 'a' \"b\""


def test_a_descriptor_stays_open_until_the_last_of_the_group_is_gone() -> None:
    read_end, write_end = os.pipe()
    guarded = start_guarded(["sleep", "600"], os.environ, keep_open=[write_end])
    os.close(write_end)
    os.set_blocking(read_end, False)
    with pytest.raises(BlockingIOError):
        os.read(read_end, 1)
    guarded.clear_away()
    os.set_blocking(read_end, True)
    assert os.read(read_end, 1) == b""
    os.close(read_end)
