"""`rejoinder up`, for real: it stops wholly, comes back whole, and survives the death of each of its parts."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from service.cli.up import print_addresses
from service.embedded.machine import Addresses, where_mails_go, where_metrics_are
from service.settings import Settings
from tests.embedded.processes import is_alive, mentioning
from tests.environment import free_port
from tests.journeys.service_process import REJOINDER, Client, Running, command_of, descendants, start
from tests.settings import TEST_SECRET
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("clean_environ")


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Client]]:
    """A machine for the tests that kill a part of it and wait until it is whole again, and somebody at its desk."""
    running = start(tmp_path_factory.mktemp("breakable") / "data")
    yield running, running.moderator()
    running.stop()


def _pids(running: Running, words: str) -> list[int]:
    return [pid for pid in descendants(running.process.pid) if words in command_of(pid) and is_alive(pid)]


def _is_ready(client: Client) -> bool:
    try:
        return client.get("/readyz").status == 200
    except OSError:
        return False


def test_the_addresses_work(machine: Running) -> None:
    client = machine.client()
    assert set(machine.addresses) == {"desk", "demo", "sign_in"}
    assert machine.addresses["desk"] == f"{machine.base}/moderate/"
    assert machine.addresses["demo"] == f"http://localhost:{machine.port}/demo/"
    assert client.get("/readyz").status == 200
    assert client.get("/demo/").status == 200
    assert machine.moderator().get("/moderate/").status == 200


def test_of_one_machine_the_worker_alone_gives_way(machine: Running) -> None:
    nice = {
        role: [
            os.getpriority(os.PRIO_PROCESS, pid) for pid in descendants(machine.process.pid) if words in command_of(pid)
        ]
        for role, words in (("web", "service.cli.serve"), ("worker", "service.cli worker"))
    }
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert set(nice["web"]) == {ours}
    # Beside it the shell that watches over it, which has the worker's words in its own.
    assert max(5, ours) in nice["worker"]


def test_the_demo_site_has_both_origins(machine: Running) -> None:
    for origin in (machine.base, f"http://localhost:{machine.port}"):
        answer = machine.client().post("/api/v1/sites/demo/comments", machine.comment(page_url=origin), Origin=origin)
        assert answer.status == 202, answer.text


@pytest.mark.parametrize(
    ("environ", "mail", "metrics"),
    [
        pytest.param({}, "none is sent; set SMTP_URL", "nowhere; --metrics-port PORT serves them", id="neither"),
        pytest.param(
            {"REJOINDER_MAIL_DIR": "/srv/[mail]", "REJOINDER_METRICS": "127.0.0.1:9102"},
            "kept as .eml files in /srv/[mail]",
            "http://127.0.0.1:9102/metrics",
            id="a folder and a port",
        ),
        pytest.param(
            {"SMTP_URL": "smtp://user:a-password@mail.example:587", "REJOINDER_METRICS": "public,[::1]:9102"},
            "sent by mail.example",
            "http://[::1]:9102/metrics and http://127.0.0.1:8000/metrics, for everybody",
            id="a server and everybody",
        ),
    ],
)
def test_up_says_where_mails_and_metrics_are(environ: dict[str, str], mail: str, metrics: str) -> None:
    base = {"DATABASE_URL": "sqlite://", "REDIS_URL": "redis://127.0.0.1:1", "REJOINDER_SECRET_KEYS": TEST_SECRET}
    settings = Settings.from_environment(base | environ)
    written = StringIO()
    addresses = Addresses("desk", None, "link", where_mails_go(settings), where_metrics_are(settings))
    print_addresses(addresses, Console(file=written, highlight=False, soft_wrap=True))
    said = dict(line.strip().split(maxsplit=1) for line in written.getvalue().splitlines())
    assert said["mail"].startswith(mail)
    assert said["metrics"] == metrics
    assert "password" not in written.getvalue()


def test_a_second_instance_on_the_same_data_is_refused(machine: Running) -> None:
    words = [REJOINDER, "up", "--port", "0", "--data-dir", str(machine.data_dir)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"already running on {machine.data_dir} (process {machine.process.pid})" in done.stderr
    assert machine.client().get("/readyz").status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_stops_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    # A suite that was itself started under nohup hands "ignore" down, and a service under nohup stays up.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    running = start(tmp_path / "data")
    signal.signal(signal.SIGHUP, before)
    below = descendants(running.process.pid)
    running.process.send_signal(number)
    try:
        assert running.process.wait(30) == 0
    finally:
        running.stop()
    assert not [pid for pid in below if is_alive(pid)]
    assert not mentioning(str(tmp_path))


def test_a_killed_supervisor_leaves_nothing_and_a_new_one_finds_everything(tmp_path: Path) -> None:
    first = start(tmp_path / "data")
    sent = first.client().post("/api/v1/sites/demo/comments", first.comment()).json
    first.process.kill()
    first.process.wait(10)
    # At once: it waits for what the killed one left behind.
    second = start(tmp_path / "data", port=first.port)
    assert second.client().get(f"/api/v1/receipts/{sent['receipt']}").json["id"] == sent["id"]
    second.stop()
    wait_until(lambda: not mentioning(str(tmp_path)), what="every process to be gone")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("service.cli worker", id="worker"),
        pytest.param("service.cli.serve", id="web server with its processes"),
        pytest.param("valkey-server", id="queue"),
    ],
)
def test_a_part_that_is_killed_comes_back(breakable: tuple[Running, Client], words: str) -> None:
    running, moderator = breakable
    before = set(_pids(running, words))
    assert before
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(_pids(running, words)) - before) >= len(before), what=f"a new {words}")
    client = running.client()
    wait_until(lambda: _is_ready(client), what="the web server")
    sent = client.post("/api/v1/sites/demo/comments", running.comment()).json
    wait_until(
        lambda: sent["id"] in moderator.get("/api/v1/moderation/queue?site=demo&status=pending").text,
        seconds=45,
        what="the comment in the queue",
    )


def test_only_the_web_servers_master_dies(breakable: tuple[Running, Client]) -> None:
    running, _ = breakable
    master = min(_pids(running, "service.cli.serve"))
    orphans = [pid for pid in descendants(master) if "service.cli.serve" in command_of(pid)]
    assert len(orphans) >= 2
    os.kill(master, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in orphans), what="the old processes to be gone")
    client = running.client()
    wait_until(lambda: _is_ready(client), what="the new web server")


def test_a_long_path_and_any_free_port(long_folder: Path) -> None:
    running = start(long_folder / "data", port=0)
    desk = running.addresses["desk"]
    running.port = int(desk.split(":")[2].split("/")[0])
    assert running.client().get("/readyz").status == 200
    assert running.cli("doctor")["ok"]
    running.stop()


def test_without_the_demo_nothing_is_made(tmp_path: Path) -> None:
    running = start(tmp_path / "data", "--no-demo")
    assert running.addresses["demo"] is None
    assert running.client().get("/api/v1/sites/demo/comments?thread=x").status == 404
    running.stop()


def test_another_port_moves_the_demo_site(tmp_path: Path) -> None:
    start(tmp_path / "data").stop()
    running = start(tmp_path / "data", port=free_port())
    comment = running.comment()
    answer = running.client().post("/api/v1/sites/demo/comments", comment, Origin=f"http://localhost:{running.port}")
    assert answer.status == 202, answer.text
    running.stop()


def test_it_stops_with_its_parent(tmp_path: Path) -> None:
    """`make run` that is killed takes everything along; nobody could stop it otherwise."""
    words = [REJOINDER, "up", "--port", "0", "--data-dir", str(tmp_path / "data"), "--json", "--stop-with-parent"]
    parent = subprocess.Popen(
        ["sh", "-c", '"$@" & wait', "sh", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None
    assert json.loads(parent.stdout.readline())["desk"]
    parent.kill()
    parent.wait(10)
    parent.stdout.close()
    wait_until(lambda: not mentioning(str(tmp_path)), what="every process to be gone")
