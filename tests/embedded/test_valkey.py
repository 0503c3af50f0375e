"""The embedded Valkey, for real: its settings arrive, whatever the folder is called."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from service.embedded.guard import start_guarded
from service.embedded.valkey import binary, last_log_line, place_socket, remove_socket, rotate_log, write_config
from service.settings import Settings
from service.wiring import make_redis
from tests.settings import TEST_SECRET
from tests.waiting import wait_until


@contextmanager
def _server(data_dir: Path) -> Iterator[redis.Redis]:
    """A server on the folder, and a client that finds it as every command does: through the settings."""
    command = [str(binary()), str(write_config(data_dir, place_socket(data_dir)))]
    guarded = start_guarded(command, os.environ)
    settings = Settings.from_environment({"DATA_DIR": str(data_dir), "REJOINDER_SECRET_KEYS": TEST_SECRET})
    client = make_redis(settings.redis_url, 5.0)

    def answers() -> bool:
        assert guarded.process.poll() is None, last_log_line(data_dir)
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False

    try:
        wait_until(answers, what="Valkey")
        yield client
    finally:
        client.close()
        guarded.ask_to_stop()
        guarded.process.wait(10)
        guarded.clear_away()


@pytest.mark.parametrize(
    "name",
    ["data", "with spaces", 'with "quotes" and \\ backslash', "mit Umlauten äöü", "100% #1 ?", "two\nlines"],
    ids=["plain", "spaces", "quotes", "umlauts", "signs of URLs", "newline"],
)
def test_settings_arrive_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name
    data_dir.mkdir()
    with _server(data_dir) as client:
        settings = {
            key: client.config_get(key)[key]
            for key in ("dir", "appendonly", "appendfsync", "maxmemory-policy", "save", "port")
        }
    assert settings == {
        "dir": str(data_dir / "valkey"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "port": "0",
    }


def test_what_was_written_is_found_again(tmp_path: Path) -> None:
    with _server(tmp_path) as client:
        client.xadd("road", {"v": "1"})
    with _server(tmp_path) as client:
        assert client.xlen("road") == 1


def test_a_socket_that_does_not_fit_moves_to_a_private_folder(long_folder: Path) -> None:
    long_folder.mkdir()
    socket = place_socket(long_folder)
    assert len(os.fsencode(socket)) <= 104
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    with _server(long_folder) as client:
        assert client.ping()
    assert place_socket(long_folder) == socket  # A second start does not leave another folder behind.
    remove_socket(long_folder)
    assert not socket.parent.exists()
    assert not (long_folder / "valkey.socket-path").exists()


def test_a_pointer_to_a_folder_of_others_is_not_followed(long_folder: Path, tmp_path: Path) -> None:
    long_folder.mkdir()
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    (long_folder / "valkey.socket-path").write_text(f"{open_to_all}/valkey.sock\n")
    socket = place_socket(long_folder)
    assert socket.parent != open_to_all
    remove_socket(long_folder)


def test_only_the_owner_reaches_the_socket(tmp_path: Path) -> None:
    with _server(tmp_path):
        assert (tmp_path / "valkey.sock").stat().st_mode & 0o777 == 0o700


def test_a_long_log_is_turned(tmp_path: Path) -> None:
    folder = tmp_path / "valkey"
    folder.mkdir()
    (folder / "valkey.log").write_text("x" * 20)
    rotate_log(tmp_path, keep=100)
    assert (folder / "valkey.log").exists()
    rotate_log(tmp_path, keep=10)
    assert not (folder / "valkey.log").exists()
    assert (folder / "valkey.log.1").read_text() == "x" * 20
