"""A worker gives way to what answers people, also where it is alone in a session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import Misconfigured
from service.settings import Settings
from tests.settings import TEST_SECRET

_TELL = """
import os, sys
from service.cli.worker import give_way
os.nice(int(sys.argv[1]))
give_way(int(sys.argv[2]))
print(os.getpriority(os.PRIO_PROCESS, 0))
"""
# All of the command but what it opens, with loops that say how nice they are.
_WORK = """
import os
from contextlib import nullcontext
from types import SimpleNamespace
from service.cli import worker as command

def nice():
    return os.getpriority(os.PRIO_PROCESS, 0)

def loop(services, stop):
    worked.add(nice())
    stop.set()

def load(place):
    loaded.add(nice())
    return loop

loaded, worked = set(), set()
command._load = load
settings = SimpleNamespace(worker_nice=7, log_level="error", tracing=False)
installation = SimpleNamespace(services=lambda **_: nullcontext(SimpleNamespace(settings=settings)))
command.worker.callback.__wrapped__(installation, None, "")
print(loaded, worked)
"""
AUTOGROUP = Path("/proc/self/autogroup")


def _told(before: int, nice: int) -> int:
    """How nice a process is that began so and then gave way. Raises where the machine lets nobody begin at 0."""
    words = [sys.executable, "-c", _TELL, str(before), str(nice)]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) != 0, reason="these tests are run under `nice` themselves")
@pytest.mark.parametrize(("before", "nice", "after"), [(0, 10, 10), (0, 0, 0), (0, 19, 19), (15, 10, 15)])
def test_a_worker_is_as_nice_as_was_said_and_never_less_than_before(before: int, nice: int, after: int) -> None:
    assert _told(before, nice) == after


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) != 0, reason="these tests are run under `nice` themselves")
def test_it_is_loaded_as_fast_as_anything_and_gives_way_when_it_works() -> None:
    words = [sys.executable, "-c", _WORK]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "{0} {7}\n"


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not share between sessions")
@pytest.mark.parametrize(("own_session", "given"), [(True, "7"), (False, "0")])
def test_its_session_gives_way_where_it_is_its_own_and_no_other(own_session: bool, given: str) -> None:
    # In a session that others share, theirs would be made to wait as well. The outer process makes a fresh one.
    inner = f"from service.cli.worker import give_way; give_way(7); print(open('{AUTOGROUP}').read().split()[-1])"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    words = [sys.executable, "-c", inner if own_session else outer]
    said = subprocess.run(words, check=True, capture_output=True, text=True, start_new_session=True).stdout
    assert said.split()[-1] == given


@pytest.mark.parametrize("text", ["20", "-1", "10.0", "low"])
def test_a_number_that_no_kernel_knows_is_refused(text: str) -> None:
    words = {"DATABASE_URL": "sqlite:///x.db", "REDIS_URL": "redis://x", "REJOINDER_SECRET_KEYS": TEST_SECRET}
    with pytest.raises(Misconfigured, match=r"REJOINDER_WORKER_NICE is '.*'; write a number from 0 to 19"):
        Settings.from_environment(words | {"REJOINDER_WORKER_NICE": text})
