"""Whoever stops a benchmark finds nothing of it: no processes, no files."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.servers import postgres
from benchmarks.servers.nginx import nginx_binary
from benchmarks.servers.processes import peak_mb, processes
from tests.environment import unavailable
from tests.waiting import wait_until

# What is stopped, how, and a program that it has under way once its servers answer.
STOPPED = [
    pytest.param("intake-sqlite", signal.SIGINT, "wrk", id="intake"),
    pytest.param("intake-postgresql", signal.SIGTERM, "wrk", id="postgresql"),
    pytest.param("reading", signal.SIGTERM, "wrk", id="nginx"),
    pytest.param("under-load", signal.SIGTERM, "valkey", id="machine"),
]


def _names(pids: list[int]) -> Iterator[str]:
    for pid in pids:
        try:
            yield Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    # What is left of one that nobody has waited for.
    return state != "Z"


@pytest.mark.parametrize(("name", "number", "program"), STOPPED)
def test_nothing_is_left_of_one_that_is_stopped(name: str, number: int, program: str, tmp_path: Path) -> None:
    if shutil.which("wrk") is None or nginx_binary() is None or postgres.installed() is None:
        unavailable("wrk, nginx or PostgreSQL")
    # PostgreSQL's socket needs a short path, and its own account a way to it.
    own = Path(tempfile.mkdtemp(prefix="rj", dir="/tmp"))
    own.chmod(0o755)
    command = [sys.executable, "-m", "benchmarks", "--only", name, "--into", str(tmp_path / "into")]
    words = os.environ | {"TMPDIR": str(own), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    process = subprocess.Popen(
        [*command, "--quick"], env=words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    started: set[int] = set()

    def under_way() -> bool:
        started.update(processes(process.pid))
        return any(program in found for found in _names(list(started)))

    try:
        wait_until(under_way, seconds=120, what=program)
        started.update(processes(process.pid))
        process.send_signal(number)
        said = process.communicate(timeout=120)[1].decode()
        assert process.returncode == 128 + signal.SIGINT, said
        assert "Traceback" not in said
        wait_until(lambda: not any(map(_lives, started)), seconds=30, what="the end of all processes")
        assert os.listdir(own) == []
    finally:
        process.kill()
        shutil.rmtree(own, ignore_errors=True)
    assert not (tmp_path / "into").exists()


def test_a_process_that_has_ended_takes_no_memory() -> None:
    process = subprocess.Popen(["true"])
    # It has ended, and nobody has waited for it.
    wait_until(lambda: not _lives(process.pid), what="its end")
    assert peak_mb(process.pid) == 0
    process.wait()
    assert peak_mb(process.pid) == 0
