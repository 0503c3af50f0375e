"""`rejoinder site list`: keeps, shows and removes a site's lists of words; what is wrong is said with its line."""

import json
from pathlib import Path

import pytest

from tests.embedded.test_commands import _refused
from tests.forked import rejoinder

pytestmark = pytest.mark.usefixtures("clean_environ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folder")
    for words in (["db", "upgrade"], ["site", "add", "gazette", "--origin", "https://gazette.example"]):
        done = rejoinder(*words, "--data-dir", str(folder))
        assert done.returncode == 0, done.stderr
    return folder


def test_a_list_is_kept_shown_and_removed(folder: Path, tmp_path: Path) -> None:
    place = ["--data-dir", str(folder)]
    file = tmp_path / "any.name"
    file.write_bytes(b"\xef\xbb\xbfzwibbel\nplonkel\n")
    put = ["site", "list", "put", "gazette", "ours.txt", str(file)]
    assert "when the site's policy is switched on again" in rejoinder(*put, *place).stdout
    file.write_text("zwibbel\n")
    made = json.loads(rejoinder(*put, "--json", *place).stdout)
    assert made.pop("created_at")
    assert made == {
        "site": "gazette",
        "name": "ours.txt",
        "n": 2,
        "entries": 1,
        "in_force": False,
        "n_in_force": None,
        "removed": False,
        "author": None,
    }
    listed = json.loads(rejoinder("site", "list", "list", "gazette", "--json", *place).stdout)
    assert [(found["name"], found["n"]) for found in listed["lists"]] == [("ours.txt", 2)]
    assert "ours.txt: 1 word, version 2, not in force" in rejoinder("site", "list", "list", "gazette", *place).stdout
    file.write_bytes(b"fine\nna\xefve\n")
    _refused(rejoinder(*put, *place), contains="line 2: not text in UTF-8")
    removed = rejoinder("site", "list", "remove", "gazette", "ours.txt", "--json", *place)
    assert json.loads(removed.stdout) == {"site": "gazette", "removed": "ours.txt"}
    assert "no lists of its own" in rejoinder("site", "list", "list", "gazette", *place).stdout
    _refused(rejoinder("site", "list", "remove", "gazette", "ours.txt", *place), contains="There is no such list")
