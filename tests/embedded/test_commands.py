"""Every command ends with 0, 2 for bad arguments, or 1 with one clear line; never with a traceback."""

import json
import os
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation_rules.language.detection import load_detector
from service.settings import SETTINGS
from tests.environment import free_port, unavailable
from tests.forked import rejoinder
from tests.journeys.service_process import REJOINDER, Running
from tests.settings import TEST_SECRET

pytestmark = pytest.mark.usefixtures("clean_environ")

PASSWORD = "four unrelated words here"


def _refused(done: "subprocess.CompletedProcess[str]", *, contains: str) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("rejoinder: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert contains in done.stderr
    assert done.stdout == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated data folder with the site `gazette`; nothing runs on it."""
    folder = tmp_path_factory.mktemp("folder")
    for words in (["db", "upgrade"], ["site", "add", "gazette", "--origin", "https://gazette.example"]):
        done = rejoinder(*words, "--data-dir", str(folder))
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["up", "--port", "99999"],
        ["up", "--port", "eighty"],
        ["web", "--processes", "0"],
        ["site", "add", "gazette"],
        ["site", "add", "With Spaces", "--origin", "https://news.example"],
        ["site", "add", "news", "--origin", "news.example"],
        ["site", "add", "news", "--origin", "https://news.example/path"],
        ["site", "add", "news", "--origin", "ftp://news.example"],
        ["site", "add", "news", "--origin", "https://news.example", "--language", "de_DE"],
        ["moderator", "add", "anna@news.example"],
        ["moderator", "add", "anna@news.example", "--role", "king"],
        ["key", "add", "gazette"],
        ["key", "add", "gazette", "--scope", "everything"],
        ["doctor", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_bad_arguments_end_with_2(words: list[str]) -> None:
    done = rejoinder(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], ["up", "--help"], ["site", "add", "--help"], ["rules", "--help"]],
    ids=" ".join,
)
def test_help_ends_with_0(words: list[str]) -> None:
    assert rejoinder(*words).returncode == 0


def test_help_names_every_command() -> None:
    from service.cli import COMMANDS

    shown = rejoinder("--help").stdout
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["web"],
        ["worker"],
        ["db", "upgrade"],
        ["doctor"],
        ["site", "add", "news", "--origin", "https://news.example"],
        ["moderator", "add", "anna@news.example", "--role", "viewer"],
        ["key", "add", "news", "--scope", "read"],
        ["keys", "rotate"],
        ["queue", "rebuild"],
    ],
    ids=" ".join,
)
def test_without_settings_every_command_says_which(words: list[str]) -> None:
    _refused(rejoinder(*words), contains="set DATABASE_URL (production) or DATA_DIR (one-machine mode)")


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"REJOINDER_SUBMIT_LIMIT": "lots"}, "REJOINDER_SUBMIT_LIMIT is 'lots'; write it as 5/min"),
        ({"REJOINDER_SECRET_KEYS": "short"}, "must have at least 32 characters"),
        ({"REJOINDER_PUBLIC_URL": "news.example"}, "write it as https://comments.example.org"),
        ({"REJOINDER_METRICS": "9102"}, "REJOINDER_METRICS is '9102'; write public, or an address and port"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must begin with postgresql://"),
        (
            {"REJOINDER_MAIL_FROM": "News, c@d.example"},
            "REJOINDER_MAIL_FROM is no sender; write a name and one address in",
        ),
    ],
    ids=["limit", "secret", "public url", "metrics", "database", "sender"],
)
def test_a_wrong_setting_is_named(folder: Path, environ: dict[str, str], line: str) -> None:
    base = {"DATA_DIR": str(folder), "REDIS_URL": "redis://127.0.0.1:1"}
    _refused(rejoinder("doctor", **(base | environ)), contains=line)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = rejoinder("site", "add", "news", "--origin", "https://news.example", "--data-dir", str(tmp_path / "none"))
    _refused(done, contains=f"there is no data folder {tmp_path / 'none'}")


def test_an_empty_database_is_named(tmp_path: Path) -> None:
    done = rejoinder("key", "add", "news", "--scope", "read", "--data-dir", str(tmp_path))
    _refused(done, contains="run `rejoinder db upgrade` first")


def test_a_database_that_does_not_answer_is_named() -> None:
    environ = {
        "DATABASE_URL": "postgresql://nobody:a-password@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
        "REJOINDER_SECRET_KEYS": TEST_SECRET,
    }
    for words in (["db", "upgrade"], ["worker"], ["key", "add", "news", "--scope", "read"]):
        done = rejoinder(*words, **environ)
        _refused(done, contains="nothing listens where DATABASE_URL points to")
        assert "a-password" not in done.stderr


def test_an_unknown_site_is_named_with_those_there_are(folder: Path) -> None:
    done = rejoinder("key", "add", "herald", "--scope", "read", "--data-dir", str(folder))
    _refused(done, contains="there is no site herald (there: gazette)")


def test_a_site_is_added_once(folder: Path) -> None:
    done = rejoinder("site", "add", "gazette", "--origin", "https://other.example", "--data-dir", str(folder))
    _refused(done, contains="there is already a site gazette")


def test_site_add_prints_json(folder: Path) -> None:
    words = ["--origin", "https://Herald.example:443/", "--origin", "https://www.herald.example", "--mode", "manual"]
    done = rejoinder("site", "add", "herald-2", *words, "--json", "--data-dir", str(folder))
    made = json.loads(done.stdout)
    assert len(made.pop("id")) == 26
    assert made == {
        "slug": "herald-2",
        "origins": ["https://herald.example", "https://www.herald.example"],
        "mode": "manual",
    }


def test_key_add_prints_the_key_once(folder: Path) -> None:
    done = rejoinder("key", "add", "gazette", "--scope", "moderate", "--json", "--data-dir", str(folder))
    made = json.loads(done.stdout)
    assert set(made) == {"id", "key", "site", "scope"}
    assert (made["site"], made["scope"]) == ("gazette", "moderate")
    assert len(made["key"]) > 40


def test_moderator_add_prints_a_link_and_no_address(folder: Path) -> None:
    words = ["moderator", "add", "anna@gazette.example", "--role", "moderator", "--site", "gazette"]
    done = rejoinder(*words, "--json", "--data-dir", str(folder))
    made = json.loads(done.stdout)
    assert set(made) == {"id", "role", "sites", "sign_in"}
    assert "/moderate/sign-in/" in made["sign_in"]
    assert "@" not in done.stdout
    again = rejoinder(*words, "--data-dir", str(folder))
    _refused(again, contains="There is already an account with that address")


def test_a_weak_password_is_refused(folder: Path) -> None:
    words = ["moderator", "add", "ben@gazette.example", "--role", "viewer", "--password-stdin"]
    _refused(rejoinder(*words, "--data-dir", str(folder), stdin="short\n"), contains="at least 12 characters")


def test_what_is_no_address_is_a_bad_argument(folder: Path) -> None:
    done = rejoinder("moderator", "add", "not an address", "--role", "viewer", "--data-dir", str(folder))
    assert done.returncode == 2
    assert "this is not an e-mail address" in done.stderr


def test_a_password_comes_from_standard_input(folder: Path) -> None:
    words = ["moderator", "add", "cleo@gazette.example", "--role", "admin", "--password-stdin"]
    done = rejoinder(*words, "--data-dir", str(folder), stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr


def test_without_redis_the_queue_cannot_be_rebuilt(folder: Path) -> None:
    _refused(rejoinder("queue", "rebuild", "--data-dir", str(folder)), contains="Redis cannot be used")


def test_counts_are_compared_without_redis(folder: Path) -> None:
    done = rejoinder("queue", "recount", "--json", "--data-dir", str(folder))
    assert done.returncode == 0, done.stderr
    kept = ("published_count", "places", "questions", "listed", "complaints")
    assert json.loads(done.stdout)["mended"] == dict.fromkeys(kept, 0)


def test_keys_are_rotated_without_redis(folder: Path) -> None:
    done = rejoinder("keys", "rotate", "--json", "--data-dir", str(folder))
    found = json.loads(done.stdout)
    assert (found["broken"], found["oldest_needed"]) == (0, None)


def test_rotating_says_whether_the_older_secret_may_go(tmp_path: Path) -> None:
    place = ["--data-dir", str(tmp_path)]
    for words in (["db", "upgrade"], ["moderator", "add", "anna@gazette.example", "--role", "viewer"]):
        assert rejoinder(*words, *place).returncode == 0
    file = tmp_path / "secrets"
    old = file.read_text()
    assert "older" not in rejoinder("keys", "rotate", *place).stdout
    file.write_text(f"{TEST_SECRET}\n{old}")
    assert "all but the newest may go" in rejoinder("keys", "rotate", *place).stdout
    file.write_text(f"{TEST_SECRET}\n")
    assert rejoinder("moderator", "list", *place).returncode == 0


def test_another_secret_is_told_at_once(folder: Path) -> None:
    rejoinder("moderator", "add", "dora@gazette.example", "--role", "viewer", "--data-dir", str(folder))
    environ = {"REJOINDER_SECRET_KEYS": TEST_SECRET}
    done = rejoinder("key", "add", "gazette", "--scope", "read", "--data-dir", str(folder), **environ)
    _refused(done, contains="put the earlier secret back")


def test_a_folder_named_by_hand_wins_over_urls(folder: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
    done = rejoinder("key", "add", "gazette", "--scope", "read", "--data-dir", str(folder), **environ)
    assert done.returncode == 0, done.stderr


def test_doctor_without_redis_says_what_to_do_and_ends_with_1(folder: Path) -> None:
    done = rejoinder("doctor", "--data-dir", str(folder), "--json")
    assert done.returncode == 1
    assert done.stderr.startswith("rejoinder: redis: cannot be reached")
    report = json.loads(done.stdout)
    assert report["ok"] is False
    levels = {check["what"]: check["level"] for check in report["checks"]}
    assert levels["database"] == levels["keys"] == "ok"
    assert levels["redis"] == "problem"


def test_doctor_says_whether_languages_are_found_out(folder: Path, tmp_path: Path) -> None:
    def said(**environ: str) -> str:
        # A new Python, which has imported nothing yet.
        words = [REJOINDER, "doctor", "--data-dir", str(folder), "--json"]
        done = subprocess.run(words, capture_output=True, timeout=60, env=os.environ | environ)
        checks = json.loads(done.stdout)["checks"]
        return next(check["level"] for check in checks if check["what"] == "language")

    if load_detector() is None:
        unavailable("pycld2")
    assert said() == "ok"
    (tmp_path / "pycld2.py").write_text("raise ImportError\n")
    assert said(PYTHONPATH=str(tmp_path)) == "note"


def test_doctor_hides_what_is_secret(folder: Path) -> None:
    environ = {"SMTP_URL": "smtp://user:a-password@127.0.0.1:1", "REJOINDER_SECRET_KEYS": TEST_SECRET}
    for words in (["--json"], []):
        done = rejoinder("doctor", "--data-dir", str(folder), *words, **environ)
        assert "a-password" not in done.stdout + done.stderr
        assert TEST_SECRET not in done.stdout + done.stderr


def test_doctor_keeps_its_columns_apart(folder: Path) -> None:
    checks, settings = rejoinder("doctor", "--data-dir", str(folder)).stdout.split("\n\n")
    for name in SETTINGS:
        assert re.search(rf"^{name}  +\S", settings, re.MULTILINE), name
    values = {re.match(r"(?:\w+)? +", line).end() for line in settings.splitlines()}  # type: ignore[union-attr]
    assert len(values) == 1
    assert re.search(r"^ok +database +SQLite", checks, re.MULTILINE)


def test_doctor_prints_the_csp_of_an_embedding_page(folder: Path) -> None:
    environ = {"REJOINDER_PUBLIC_URL": "https://comments.gazette.example"}
    done = rejoinder("doctor", "--csp", "gazette", "--data-dir", str(folder), **environ)
    assert done.stdout.splitlines() == [
        "script-src https://comments.gazette.example",
        "connect-src https://comments.gazette.example",
    ]


def test_doctor_beside_a_running_machine_finds_nothing_wrong(machine: Running) -> None:
    report = machine.cli("doctor")
    assert report["ok"], report
    assert {check["what"] for check in report["checks"]} >= {"database", "redis", "keys", "mail", "queue", "clock"}


def test_links_lead_to_the_running_machine(machine: Running) -> None:
    made = machine.cli("moderator", "add", "emma@gazette.example", "--role", "viewer")
    assert made["sign_in"].startswith(f"{machine.base}/moderate/sign-in/")


def test_web_names_a_busy_port(folder: Path, busy_port: int) -> None:
    done = rejoinder("web", "--port", str(busy_port), "--data-dir", str(folder))
    _refused(done, contains=f"port {busy_port} is busy")


@pytest.mark.parametrize("command", ["web", "up"])
def test_a_busy_port_for_metrics_is_named(tmp_path: Path, folder: Path, busy_port: int, command: str) -> None:
    where = folder if command == "web" else tmp_path / "data"
    free = str(free_port())
    done = rejoinder(command, "--port", free, "--metrics-port", str(busy_port), "--data-dir", str(where))
    _refused(done, contains=f"port {busy_port} is busy; choose another with --metrics-port")


def test_up_names_a_busy_port(tmp_path: Path, busy_port: int) -> None:
    done = rejoinder("up", "--port", str(busy_port), "--data-dir", str(tmp_path / "data"))
    _refused(done, contains=f"port {busy_port} is busy; choose another with --port")


def test_up_names_a_folder_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = rejoinder("up", "--port", "0", "--data-dir", str(tmp_path / "file"))
    _refused(done, contains="cannot write to the data folder")


def test_nobody_else_can_read_the_secret(folder: Path) -> None:
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o600


def test_colour_is_only_for_terminals(folder: Path) -> None:
    assert "\x1b" not in rejoinder("doctor", "--data-dir", str(folder)).stdout
