"""The units of deploy/: how little they leave to a service that was taken over, and that it still works behind that."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import sandbox
from tests.environment import unavailable
from tests.journeys.service_process import descendants, start, status_of
from tests.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
MOST_EXPOSED = 2.0
# The walls, one by one: with 1.2 on systemd's scale, a unit that has lost one of them is below the bar still.
WALLS = {
    "NoNewPrivileges": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "PrivateUsers": "true",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "ProtectProc": "invisible",
    "ProtectKernelTunables": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelLogs": "true",
    "ProtectControlGroups": "true",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "MemoryDenyWriteExecute": "true",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}
# What somebody inside would try: the calls of every group that takes a machine over, and core dumps' neighbours.
REFUSED = (
    "keyctl",
    "io_uring_setup",
    "userfaultfd",
    "ptrace",
    "process_vm_readv",
    "bpf",
    "mount",
    "init_module",
    "reboot",
    "setuid",
    "chroot",
    "swapon",
    "keyctl",
)
TRIED = """
import ctypes, mmap, os, resource, socket
libc = ctypes.CDLL(None, use_errno=True)
held = {
    "core": resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
    "namespace": libc.unshare(0x10000000) == -1,
    "trace": libc.ptrace(0, 0, 0, 0) == -1,
    "root": libc.chroot(b"/") == -1,
}
for name, attempt in {
    "packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "owner": lambda: os.chown(os.devnull, 0, 0),
    "priority": lambda: os.nice(1),
}.items():
    try:
        attempt()
        held[name] = False
    except OSError:
        held[name] = True
print([name for name, was_held in held.items() if not was_held])
"""


@pytest.fixture(scope="module", autouse=True)
def _systemd() -> None:
    if shutil.which("systemd-analyze") is None:
        unavailable("systemd-analyze")


@pytest.fixture
def _libseccomp() -> None:
    if sandbox.library() is None:
        unavailable("libseccomp")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_it_is_little_exposed(unit: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert found, said.stderr
    assert float(found[1]) <= MOST_EXPOSED, said.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_wall_stands(unit: Path) -> None:
    settings = sandbox.settings_of(unit)
    assert {name: settings.get(name) for name in WALLS} == {name: [value] for name, value in WALLS.items()}
    assert settings["User"] == ["rejoinder"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_all_of_it(unit: Path, tmp_path: Path) -> None:
    # What it starts is not installed here.
    (tmp_path / unit.name).write_text(unit.read_text("utf-8").replace("/opt/rejoinder/bin/rejoinder", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stderr) == (0, "")
    # What a timer starts ends by itself; what serves says when it is ready.
    kind = "oneshot" if unit.with_suffix(".timer").exists() else "notify"
    assert sandbox.settings_of(unit)["Type"] == [kind]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_its_memory_is_limited_and_never_on_the_disk(unit: Path) -> None:
    settings = sandbox.settings_of(unit)
    assert settings["LimitCORE"] == settings["MemorySwapMax"] == ["0"]
    assert settings["MemoryMax"]
    assert settings["TasksMax"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_calls_that_take_a_machine_over_are_refused(unit: Path) -> None:
    allowed = sandbox.allowed_calls(unit)
    assert len(allowed) > 150
    assert [call for call in REFUSED if call in allowed] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
@pytest.mark.usefixtures("_libseccomp")
def test_the_walls_hold(unit: Path) -> None:
    command = [sys.executable, sandbox.__file__, str(unit), sys.executable, "-c", TRIED]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (tried.stdout.strip(), tried.stderr) == ("[]", "")


@pytest.mark.usefixtures("_libseccomp")
def test_the_service_does_its_work_behind_them(tmp_path: Path) -> None:
    """Web server, worker, SQLite and the queue's server; both units refuse the same calls."""
    web, worker = (DEPLOY / f"rejoinder-{role}@.service" for role in ("web", "worker"))
    assert sandbox.allowed_calls(web) == sandbox.allowed_calls(worker)
    running = start(tmp_path / "data", through=[sys.executable, sandbox.__file__, str(web)])
    try:
        client = running.client()
        assert client.get("/demo/").status == 200
        answer = client.post("/api/v1/sites/demo/comments", running.comment(body="The bridge needs a cycle lane."))
        assert answer.status == 202, answer.text
        receipt = answer.json["receipt"]
        wait_until(lambda: status_of(client, receipt) == "waiting", what="the comment's judgement")
        pids = [running.process.pid, *descendants(running.process.pid)]
        filtered = [re.search(r"^Seccomp:\s+(\d)", Path(f"/proc/{pid}/status").read_text(), re.M) for pid in pids]
        assert len(pids) >= 4
        assert {found[1] for found in filtered if found} == {"2"}
    finally:
        running.stop()


@pytest.mark.parametrize("timer", sorted(DEPLOY.glob("*.timer")), ids=lambda timer: timer.stem)
def test_a_timer_has_its_service_and_a_time(timer: Path, tmp_path: Path) -> None:
    for unit in (timer, timer.with_suffix(".service")):
        # What it starts is not installed here.
        text = unit.read_text("utf-8").replace("/opt/rejoinder/bin/rejoinder", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    assert sandbox.settings_of(timer.with_suffix(".service"))["Type"] == ["oneshot"]
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / timer.name)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (said.returncode, said.stderr) == (0, "")
