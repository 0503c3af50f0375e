import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cli import run
from service.embedded.folder import (
    CannotStart,
    ensure_secrets,
    last_public_url,
    last_settings,
    lock_folder,
    prepare_folder,
    remember_running,
    settings_given,
)
from service.embedded.port import claim_port, warning_about
from service.embedded.roles import fresh_folder_for_metrics
from tests.environment import free_port
from tests.forked import rejoinder

_HOLD = """
import sys
from collections.abc import Iterator
from pathlib import Path
from service.embedded.folder import lock_folder
lock_folder(Path(sys.argv[1]), patience=1, waiting=lambda: None)
print("held", flush=True)
sys.stdin.read()
"""


def _never() -> None:
    raise AssertionError("nobody is in the way")


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = prepare_folder(tmp_path / "a" / "data")
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("place", ["a file", "a file/below"], ids=["a file stands there", "below a file"])
def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(CannotStart, match=r"^cannot write to the data folder .*; choose another with --data-dir"):
        prepare_folder(tmp_path / place)


@pytest.fixture
def without_root() -> Iterator[None]:
    """Root may write anywhere: here it becomes nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_read_only_folder_is_one_clear_line(tmp_path: Path, without_root: None) -> None:
    if os.getuid() != 0:
        tmp_path.chmod(0o500)
    with pytest.raises(CannotStart, match="Permission denied"):
        prepare_folder(tmp_path / "data")


def test_a_second_instance_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(CannotStart, match=rf"already running on .* \(process {first.pid}\)"):
            lock_folder(tmp_path, patience=0, waiting=_never)
        first.kill()
    locks = lock_folder(tmp_path, patience=0, waiting=_never)
    os.close(locks.children)
    os.close(locks.supervisor)


def test_stragglers_are_waited_for_and_then_named(tmp_path: Path) -> None:
    locks = lock_folder(tmp_path, patience=0, waiting=_never)
    # A child keeps the second lock; the supervisor is gone.
    os.close(locks.supervisor)
    waited: list[bool] = []
    with pytest.raises(CannotStart, match="processes of an earlier run"):
        lock_folder(tmp_path, patience=0.1, waiting=lambda: waited.append(True))
    assert waited == [True]
    os.close(locks.children)


def test_the_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    file = tmp_path / "secrets"
    first = file.read_text()
    assert len(first.strip()) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    ensure_secrets(tmp_path)
    assert file.read_text() == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]


def test_a_lost_secret_is_not_replaced_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / "rejoinder.db").write_bytes(b"something")
    with pytest.raises(CannotStart, match="put it back from a copy"):
        ensure_secrets(tmp_path)


def test_the_public_url_of_the_run_is_remembered(tmp_path: Path) -> None:
    assert last_public_url(tmp_path) == ""
    remember_running(tmp_path, public_url="http://127.0.0.1:9000")
    assert last_public_url(tmp_path) == "http://127.0.0.1:9000"
    (tmp_path / "running.json").write_text("[]")
    assert last_public_url(tmp_path) == ""


def test_the_settings_of_the_run_are_remembered_by_name(tmp_path: Path) -> None:
    assert last_settings(tmp_path) is None
    given = settings_given({"SMTP_URL": "smtp://u:secret@host", "REJOINDER_DNS": " ", "DATA_DIR": "data", "HOME": "/"})
    remember_running(tmp_path, public_url="http://127.0.0.1:9000", settings=given)
    assert last_settings(tmp_path) == ["SMTP_URL"]
    assert "secret" not in (tmp_path / "running.json").read_text()
    # As earlier releases wrote it.
    (tmp_path / "running.json").write_text('{"public_url": "http://127.0.0.1:9000"}')
    assert last_settings(tmp_path) is None


def test_doctor_says_whose_settings_it_judges(tmp_path: Path) -> None:
    assert rejoinder("db", "upgrade", "--data-dir", str(tmp_path)).returncode == 0

    def said(**environ: str) -> tuple[str, str]:
        report = json.loads(rejoinder("doctor", "--json", "--data-dir", str(tmp_path), **environ).stdout)
        check = report["checks"][0]
        assert check["what"] == "settings"
        return check["level"], check["found"]

    level, found = said()
    assert (level, "started elsewhere may have others" in found) == ("ok", True)
    remember_running(tmp_path, public_url="http://127.0.0.1:9000", settings=["REJOINDER_DNS", "REJOINDER_MAIL_DIR"])
    level, found = said(REJOINDER_DNS="off", REJOINDER_CACHE_MB="8")
    assert level == "note"
    assert found.endswith("it had REJOINDER_MAIL_DIR and it did not have REJOINDER_CACHE_MB")
    level, found = said(REJOINDER_DNS="off", REJOINDER_MAIL_DIR=str(tmp_path / "mail"))
    assert (level, "was given the same ones" in found) == ("ok", True)


def test_a_busy_port_is_one_clear_line() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"^port {port} is busy; choose another with --port"):
            claim_port("127.0.0.1", port)
    assert claim_port("127.0.0.1", port) == port


@pytest.mark.parametrize(
    "host", ["203.0.113.7", "no such host.invalid"], ids=["an address of others", "a name of nobody"]
)
def test_a_host_that_is_not_ours_is_one_clear_line(host: str) -> None:
    with pytest.raises(CannotStart, match="is not an address of this machine"):
        claim_port(host, free_port())


def test_port_zero_takes_a_free_one() -> None:
    assert claim_port("127.0.0.1", 0) > 0


def test_metrics_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"")
    assert fresh_folder_for_metrics(folder) == str(folder)
    assert list(folder.iterdir()) == []


def test_metrics_do_not_go_where_others_may_write(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError):
        fresh_folder_for_metrics(folder)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_who_listens_on_loopback_is_told_nothing(host: str) -> None:
    assert warning_about(host) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1", "web.internal"])
def test_who_listens_beyond_this_machine_is_told_to_put_a_proxy_in_front(host: str) -> None:
    assert host in (said := warning_about(host) or "")
    assert "nginx.conf" in said


@pytest.mark.parametrize(("host", "told"), [("0.0.0.0", True), ("127.0.0.1", False)])
@pytest.mark.parametrize("command", ["web", "up"])
def test_the_commands_say_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    host: str,
    told: bool,
) -> None:
    # Told first, before anything can go wrong: here a setting does.
    monkeypatch.setenv("REJOINDER_DNS", "perhaps")
    monkeypatch.setenv("REJOINDER_SECRET_KEYS", "x" * 40)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    assert run([command, "--host", host, "--port", str(free_port())]) != 0
    assert ("let nobody else reach" in capsys.readouterr().err) is told
