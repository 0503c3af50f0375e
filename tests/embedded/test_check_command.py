"""`rejoinder site check`: sets outside checks up without ever showing a secret twice."""

import json
from pathlib import Path

import pytest

from tests.embedded.test_commands import _refused
from tests.fake_https_server import FakeHttpsServer, http
from tests.forked import rejoinder

pytestmark = pytest.mark.usefixtures("clean_environ")

KEY = "canary-api-key-4711"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    for words in (["db", "upgrade"], ["site", "add", "gazette", "--origin", "https://gazette.example"]):
        done = rejoinder(*words, "--data-dir", str(folder))
        assert done.returncode == 0, done.stderr
    return folder


def test_a_check_is_set_listed_and_removed(folder: Path) -> None:
    place = ["--data-dir", str(folder)]
    words = ["site", "check", "set", "gazette", "akismet", "--kind", "akismet", "--secret-stdin", "--json"]
    done = rejoinder(*words, *place, stdin=KEY + "\n")
    made = json.loads(done.stdout)
    assert made.pop("changed_at")
    assert made == {
        "site": "gazette",
        "name": "akismet",
        "kind": "akismet",
        "url": "https://rest.akismet.com",
        "sends_address": False,
        "timeout": 2.0,
    }
    # Changed without the secret, which stays.
    done = rejoinder("site", "check", "set", "gazette", "akismet", "--kind", "akismet", "--timeout", "4", *place)
    assert done.returncode == 0, done.stderr
    listed = rejoinder("site", "check", "list", "gazette", "--json", *place)
    found = json.loads(listed.stdout)
    assert (found["asked"], [check["timeout"] for check in found["checks"]]) == (False, [4.0])
    assert KEY not in done.stdout + done.stderr + listed.stdout
    doctor = json.loads(rejoinder("doctor", "--json", *place).stdout)
    said = [check["found"] for check in doctor["checks"] if check["what"] == "outside checks"]
    assert said == ["gazette has a check that nobody asks"]
    removed = rejoinder("site", "check", "remove", "gazette", "akismet", "--json", *place)
    assert json.loads(removed.stdout) == {"site": "gazette", "removed": "akismet"}
    assert "no outside checks" in rejoinder("site", "check", "list", "gazette", *place).stdout
    _refused(rejoinder("site", "check", "remove", "gazette", "akismet", *place), contains="There is no such check")


def test_an_own_check_gets_a_signing_secret_that_is_shown_once(folder: Path) -> None:
    place = ["--json", "--data-dir", str(folder)]
    words = ["site", "check", "set", "gazette", "own", "--kind", "own", "--url", "https://check.gazette.example/hook"]
    made = json.loads(rejoinder(*words, *place).stdout)
    assert made["secret"].startswith("whsec_")
    again = json.loads(rejoinder(*words, "--send-address", *place).stdout)
    assert "secret" not in again
    assert again["sends_address"] is True
    assert made["secret"] not in rejoinder("site", "check", "list", "gazette", *place).stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--kind", "akismet"], "A new check needs its secret"),
        (["--kind", "own", "--url", "https://10.0.0.1/"], "This address is not public"),
        (["--kind", "own", "--url", "http://check.example/"], "Write it as https://check.example"),
        (["--kind", "own", "--url", "https://check.example/", "--timeout", "9"], "A check gets 0.2 to 5 seconds"),
    ],
    ids=["no secret", "a neighbour", "not encrypted", "too patient"],
)
def test_what_cannot_be_set_up_is_one_clear_line(folder: Path, words: list[str], line: str) -> None:
    done = rejoinder("site", "check", "set", "gazette", "wrong", *words, "--data-dir", str(folder))
    _refused(done, contains=line)


def test_an_own_check_needs_an_address(folder: Path) -> None:
    done = rejoinder("site", "check", "set", "gazette", "own-2", "--kind", "own", "--data-dir", str(folder))
    assert done.returncode == 2
    assert "--url is needed" in done.stderr


def test_an_operator_may_open_a_network(folder: Path) -> None:
    words = ["site", "check", "set", "gazette", "near", "--kind", "own", "--url", "https://10.0.0.1/"]
    done = rejoinder(*words, "--data-dir", str(folder), REJOINDER_OUTGOING_NETWORKS="10.0.0.0/8")
    assert done.returncode == 0, done.stderr
    wrong = rejoinder("doctor", "--data-dir", str(folder), REJOINDER_OUTGOING_NETWORKS="ten")
    _refused(wrong, contains="REJOINDER_OUTGOING_NETWORKS")


def test_a_check_is_tried_out_without_any_readers_comment(folder: Path, tmp_path: Path) -> None:
    server = FakeHttpsServer(tmp_path)
    environ = {"REJOINDER_OUTGOING_NETWORKS": "127.0.0.0/8", "SSL_CERT_FILE": str(server.certificate)}
    place = ["--data-dir", str(folder)]
    words = ["site", "check", "set", "gazette", "tried", "--kind", "akismet", "--url", server.url, "--secret-stdin"]
    done = rejoinder(*words, *place, stdin=KEY + "\n", **environ)
    assert done.returncode == 0, done.stderr
    tried = rejoinder("site", "check", "try", "gazette", "tried", "--json", *place, **environ)
    assert json.loads(tried.stdout) == {"site": "gazette", "name": "tried", "verdict": "ham", "note": ""}
    assert b"is_test=true" in server.heard[0].body
    server.answering = lambda _heard: http(b"invalid")
    wrong = rejoinder("site", "check", "try", "gazette", "tried", *place, **environ)
    _refused(wrong, contains="tried gave no answer: it does not know the API key")
    closed = rejoinder("site", "check", "try", "gazette", "tried", *place, SSL_CERT_FILE=str(server.certificate))
    _refused(closed, contains="not public")
    server.close()
