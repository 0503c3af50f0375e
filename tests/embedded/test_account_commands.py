"""Sites, moderators and keys by command: what was added can be seen, changed and ended."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.test_commands import PASSWORD, _refused
from tests.forked import rejoinder
from tests.journeys.service_process import Running

pytestmark = pytest.mark.usefixtures("clean_environ")

NOBODY = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated data folder with two sites; nothing runs on it."""
    folder = tmp_path_factory.mktemp("folder")
    sites = [["site", "add", slug, "--origin", f"https://{slug}.example"] for slug in ("gazette", "herald")]
    for words in (["db", "upgrade"], *sites):
        done = rejoinder(*words, "--data-dir", str(folder))
        assert done.returncode == 0, done.stderr
    return folder


def _json(folder: Path, *words: str, stdin: str = "") -> Any:
    done = rejoinder(*words, "--json", "--data-dir", str(folder), stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert "@" not in done.stdout + done.stderr
    return json.loads(done.stdout)


def _line(folder: Path, *words: str) -> str:
    done = rejoinder(*words, "--data-dir", str(folder))
    assert done.returncode == 0, done.stderr
    assert "@" not in done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["site", "show"],
        ["site", "set", "gazette"],
        ["site", "set", "gazette", "--origin", "news.example"],
        ["site", "set", "gazette", "--mode", "wild"],
        ["site", "set", "gazette", "--language", "de_DE"],
        ["site", "set", "gazette", "--language", "de", "--no-language"],
        ["site", "set", "gazette", "--reason", "off_topic"],
        ["site", "set", "gazette", "--staff-name", "Ada", "--no-staff-names"],
        ["moderator", "set", NOBODY],
        ["moderator", "set", NOBODY, "--role", "king"],
        ["moderator", "set", NOBODY, "--site", "gazette", "--every-site"],
        ["moderator", "close"],
        ["key", "list"],
        ["key", "revoke"],
    ],
    ids=" ".join,
)
def test_bad_arguments_end_with_2(words: list[str]) -> None:
    done = rejoinder(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["site", "show", "nowhere"], "there is no site nowhere (there: gazette, herald"),
        (["site", "set", "nowhere", "--name", "N"], "there is no site nowhere"),
        (["moderator", "list", "--site", "nowhere"], "there is no site nowhere"),
        (["moderator", "link", NOBODY], "There is no such moderator"),
        (["moderator", "set", NOBODY, "--role", "viewer"], "There is no such moderator"),
        (["moderator", "close", NOBODY], "There is no such moderator"),
        (["moderator", "close", "canary.nobody@gazette.example"], "no open account has this address"),
        (["moderator", "close", "not@an@address"], "no open account has this address"),
        (["key", "list", "nowhere"], "there is no site nowhere"),
        (["key", "revoke", NOBODY], "There is no such key"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_there_is_one_clear_line(folder: Path, words: list[str], line: str) -> None:
    done = rejoinder(*words, "--data-dir", str(folder))
    _refused(done, contains=line)
    assert "canary" not in done.stderr


def test_a_site_is_shown_and_changed(folder: Path) -> None:
    listed = _json(folder, "site", "list")["sites"]
    assert [site["slug"] for site in listed] == ["gazette", "herald"]
    assert set(listed[0]) == {"id", "slug", "name", "origins", "mode", "created_at"}
    before = _json(folder, "site", "show", "gazette")
    assert set(before) == set(listed[0]) | {"settings", "numbers"}
    words = ["--name", "The Gazette", "--origin", "https://www.gazette.example", "--mode", "automatic"]
    words += ["--language", "de", "--name-max", "50", "--body-min", "3", "--body-max", "900", "--website", "optional"]
    words += ["--reader-language", "fr", "--reply-depth", "3", "--reports-hide", "5", "--votes", "up"]
    words += ["--no-first-comments-held", "--spam-reads-waiting", "0", "--form-token-max-age", "600"]
    words += ["--reason", "rude=That was rude.", "--staff-name", "Ada", "--staff-name", "Bob"]
    words += ["--reason-detail", "rude.words.en=It was rude.", "--reason-detail", "rude.key=x", "--strikes", "1,2,0"]
    words += [
        "--nudge",
        "--guideline",
        "Be kind.",
        "--announcement",
        "New.",
        "--terms",
        "2",
        "--terms-text",
        "I have read them.",
    ]
    changed = _json(folder, "site", "set", "gazette", *words)
    wanted = {
        "mode": "automatic",
        "name_max": 50,
        "body_min": 3,
        "body_max": 900,
        "reply_depth": 3,
        "website": "optional",
        "first_comments_held": False,
        "spam_reads_waiting": 0,
        "form_token_max_age": 600,
        "reports_hide": 5,
        "reasons": {"rude": "That was rude."},
        "reason_details": {"rude": {"words": {"en": "It was rude."}, "key": "x"}},
        "strikes": {"warn": 1, "hold": 2, "ban": 0},
        "staff_names": ["Ada", "Bob"],
        "language": "de",
        "reader_language": "fr",
        "nudge": True,
        "votes": "up",
        "guideline": "Be kind.",
        "announcement": "New.",
        "terms": {"version": "2", "text": "I have read them."},
    }
    # Every setting there is can be set here.
    assert set(wanted) == set(before["settings"])
    assert changed["settings"] == wanted
    shown = _json(folder, "site", "show", "gazette")
    assert (shown["name"], shown["origins"]) == ("The Gazette", ["https://www.gazette.example"])
    assert shown["settings"] == wanted
    cleared = _json(folder, "site", "set", "gazette", "--no-language", "--no-reasons", "--no-staff-names")["settings"]
    assert cleared == wanted | {"language": None, "reasons": {}, "reason_details": {}, "staff_names": []}
    none = _json(folder, "site", "set", "gazette", "--announcement", "", "--terms", "")["settings"]
    assert (none["announcement"], none["terms"]) == ("", {})
    text = _line(folder, "site", "show", "gazette")
    assert "The Gazette" in text
    assert "https://herald.example" in _line(folder, "site", "list")


def test_what_a_site_cannot_be_ends_with_2(folder: Path) -> None:
    done = rejoinder("site", "set", "herald", "--body-max", "1000000", "--data-dir", str(folder))
    assert done.returncode == 2
    assert "body_max has to be from 20 to 10,000" in done.stderr


def test_a_moderator_is_listed_changed_and_closed(folder: Path) -> None:
    address = "canary.anna@gazette.example"
    done = rejoinder(
        "moderator", "add", address, "--role", "viewer", "--site", "gazette", "--data-dir", str(folder), "--json"
    )
    moderator_id = json.loads(done.stdout)["id"]

    def line() -> dict[str, Any]:
        listed = _json(folder, "moderator", "list")["moderators"]
        found: dict[str, Any] = next(one for one in listed if one["id"] == moderator_id)
        return found

    assert set(line()) == {"id", "name", "roles", "created_at", "seen_at", "closed_at"}
    assert line()["roles"] == [{"site": "gazette", "role": "viewer"}]
    words = ["--role", "moderator", "--every-site", "--name", "Anna", "--password-stdin"]
    # By address as well as by id.
    assert _json(folder, "moderator", "set", address, *words, stdin=PASSWORD + "\n") == line()
    assert (line()["name"], line()["roles"]) == ("Anna", [{"site": None, "role": "moderator"}])
    _json(folder, "moderator", "set", moderator_id, "--site", "herald", "--site", "gazette")
    assert line()["roles"] == [{"site": slug, "role": "moderator"} for slug in ("gazette", "herald")]
    named = [one["id"] for one in _json(folder, "moderator", "list", "--site", "herald")["moderators"]]
    assert named == [moderator_id]
    link = _json(folder, "moderator", "link", address)
    assert link["id"] == moderator_id
    assert "/moderate/sign-in/" in link["sign_in"]
    first = _json(folder, "moderator", "close", address)
    assert first["closed_at"]
    assert _json(folder, "moderator", "close", moderator_id) == first == line()
    _refused(rejoinder("moderator", "close", address, "--data-dir", str(folder)), contains="no open account")
    _refused(
        rejoinder("moderator", "link", moderator_id, "--data-dir", str(folder)), contains="Nobody can sign in to it"
    )
    assert "closed" in _line(folder, "moderator", "list")


def test_a_weak_password_is_refused(folder: Path) -> None:
    done = rejoinder("moderator", "add", "ben@gazette.example", "--role", "viewer", "--data-dir", str(folder), "--json")
    words = ["moderator", "set", json.loads(done.stdout)["id"], "--password-stdin", "--data-dir", str(folder)]
    _refused(rejoinder(*words, stdin="short\n"), contains="at least 12 characters")


def test_the_last_administrator_cannot_be_closed(folder: Path) -> None:
    done = rejoinder("moderator", "add", "boss@gazette.example", "--role", "admin", "--data-dir", str(folder), "--json")
    boss = json.loads(done.stdout)["id"]
    for words in (["close", boss], ["set", boss, "--role", "viewer"], ["set", boss, "--site", "gazette"]):
        done = rejoinder("moderator", *words, "--data-dir", str(folder))
        _refused(done, contains="Make somebody else an administrator of every site first")


def test_a_key_is_listed_and_revoked(folder: Path) -> None:
    made = _json(folder, "key", "add", "gazette", "--scope", "read")
    listed = _json(folder, "key", "list", "gazette")
    assert made["key"] not in json.dumps(listed)
    (key,) = listed["keys"]
    assert (key["id"], key["scope"], key["used_at"], key["revoked_at"]) == (made["id"], "read", None, None)
    first = _json(folder, "key", "revoke", made["id"])
    assert first["revoked_at"]
    assert _json(folder, "key", "revoke", made["id"]) == first
    assert "revoked" in _line(folder, "key", "list", "gazette")
    assert "has no keys" in _line(folder, "key", "list", "herald")


def test_who_is_given_no_name_gets_one_that_nobody_has_or_had(tmp_path: Path) -> None:
    place = ["--role", "viewer", "--data-dir", str(tmp_path)]
    assert rejoinder("db", "upgrade", *place[2:]).returncode == 0
    lines = [
        rejoinder("moderator", "add", f"{address}@gazette.example", *name, *place).stdout.splitlines()
        for address, name in (("anna", []), ("ben", []), ("cleo", ["--name", "Cleo"]))
    ]
    said = [found[0].partition(" as viewer")[0] for found in lines]
    assert said == ["Added Moderator 1", "Added Moderator 2", "Added Cleo"]
    assert [found[-1].startswith("Colleagues see that name") for found in lines] == [True, True, False]
    # Nobody said on which site: that it is all of them is more than most mean.
    assert all("No --site was given, so this counts on every site" in found[2] for found in lines)
    assert rejoinder("moderator", "close", "ben@gazette.example", *place[2:]).returncode == 0
    assert "Added Moderator 3" in rejoinder("moderator", "add", "dora@gazette.example", *place).stdout


def test_beside_a_running_machine_it_counts_at_once(machine: Running) -> None:
    made = machine.cli("key", "add", "demo", "--scope", "read")
    program, bearer = machine.client(), {"Authorization": f"Bearer {made['key']}"}
    assert program.get("/api/v1/moderation/queue", **bearer).status == 200
    machine.cli("key", "revoke", made["id"])
    assert program.get("/api/v1/moderation/queue", **bearer).status == 401
    added = machine.cli("moderator", "add", "nora@gazette.example", "--role", "viewer", "--site", "demo")
    nora = machine.client()
    nora.form(added["sign_in"].removeprefix(machine.base), {})
    assert nora.get("/api/v1/moderation/queue").status == 200
    unused = machine.cli("moderator", "link", added["id"])["sign_in"].removeprefix(machine.base)
    machine.cli("moderator", "close", added["id"])
    assert nora.get("/api/v1/moderation/queue").status == 401
    assert machine.client().form(unused, {}).status == 410
    machine.cli("site", "set", "demo", "--body-max", "30")
    try:
        assert machine.client().get("/api/v1/sites/demo/form").json["fields"]["body"]["max"] == 30
    finally:
        machine.cli("site", "set", "demo", "--body-max", "5000")


def test_keys_of_logins(folder: Path) -> None:
    made = _json(folder, "site", "login", "add", "herald", "--kid", "first")
    assert (made["kid"], made["algorithm"], made["audience"], len(made["secret"])) == ("first", "HS256", "herald", 43)
    assert made["secret"] not in json.dumps(_json(folder, "site", "login", "list", "herald"))
    refused = rejoinder("site", "login", "add", "herald", "--algorithm", "RS256", "--data-dir", str(folder))
    assert (refused.returncode, "--key-file" in refused.stderr) == (2, True)
    _line(folder, "site", "login", "remove", "herald", "first")
    assert _json(folder, "site", "login", "list", "herald")["keys"] == []
