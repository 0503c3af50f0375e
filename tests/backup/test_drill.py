"""A backup that is taken while comments come in, put back elsewhere, with what was erased since kept erased."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy import func, select

from models import (
    ActorKind,
    AddressPurpose,
    AddressRecord,
    Comment,
    CommentVersion,
    DeskSession,
    Moderator,
    Receipt,
    Status,
)
from models.migrations import FOLDER, configuration
from service.accounts.account_administration import close
from service.accounts.actors import Actor
from service.app import create_app
from service.backup.erasures import append_log, read_log
from service.backup.manifest import MANIFEST, read_manifest
from service.backup.put_back import VERSIONS_AHEAD, check_backup, put_back
from service.backup.take import take_backup
from service.errors import Misconfigured
from service.intake.receipts import UnknownReceipt, look, withdraw
from service.moderation.editorial.redaction import redact
from service.privacy.links import is_suppressed, suppress_mail
from service.queue import backlog
from service.wiring import Services, wire
from tests.factories.comment import add_comment, comment_in_status
from tests.factories.decision import move_comment
from tests.factories.desk_session import add_desk_session
from tests.factories.moderator import add_moderator
from tests.factories.receipt import add_receipt
from tests.factories.site import add_site
from tests.factories.thread import add_thread
from tests.fixed_clock import FixedClock
from tests.migrations.histories import all_rows

ADDRESS = "grace.hopper@reader.example"


@pytest.fixture(autouse=True)
def at_newest_revision(request: pytest.FixtureRequest) -> None:
    """The shared tables are made from the models; a backup also says which revision they are of."""
    names = {"services", "postgres_services"} & set(request.fixturenames)
    if "live" in request.fixturenames:
        names = {"live"}
    for name in names:
        with request.getfixturevalue(name).engine.connect() as connection:
            command.stamp(configuration(connection, FOLDER), "head")
            connection.commit()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def live(request: pytest.FixtureRequest) -> Services:
    found: Services = request.getfixturevalue("services" if request.param == "sqlite" else "postgres_services")
    return found


@pytest.fixture
def empty(live: Services, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The settings of an installation that has nothing yet."""
    if live.settings.sqlite:
        (tmp_path / "other").mkdir()
        url = f"sqlite:///{tmp_path / 'other' / 'rejoinder.db'}"
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    return msgspec.structs.replace(live.settings, database_url=url, redis_prefix="restored:")


@pytest.fixture
def posting(live: Services) -> Iterator[threading.Event]:
    """Comments come in, one transaction each, until the end; set once there are some."""
    thread = add_thread(live, add_site(live, slug="busy"))
    some, over = threading.Event(), threading.Event()

    def post() -> None:
        n = 0
        while not over.is_set():
            add_comment(live, thread, f"The harbour, remark {n}.")
            n += 1
            if n == 3:
                some.set()

    poster = threading.Thread(target=post)
    poster.start()
    yield some
    over.set()
    poster.join()


def test_the_drill(
    live: Services, empty: Any, posting: threading.Event, fixed_clock: FixedClock, tmp_path: Path
) -> None:
    site = add_site(live, slug="gazette")
    thread = add_thread(live, site)
    waits = comment_in_status(live, thread, "It waits for a person.", Status.PENDING, address=ADDRESS)
    taken_back = comment_in_status(live, thread, "I should not have said so.", Status.APPROVED)
    taken_down = comment_in_status(live, thread, "Somebody's secret.", Status.APPROVED)
    stays = comment_in_status(live, thread, "It stays.", Status.APPROVED, wants_replies=True)
    cut = comment_in_status(live, thread, "Her number is 1234567.", Status.APPROVED)
    receipt, lost = add_receipt(live, taken_back), add_receipt(live, stays)
    moderator = add_moderator(live, role="moderator")
    add_moderator(live, role="admin", address="chief@example.org", name="Chief")
    add_desk_session(live, moderator)
    assert posting.wait(30)
    manifest = take_backup(live, tmp_path / "backup")
    at_backup = all_rows(live.engine)

    # What comes after the backup.
    fixed_clock.advance(hours=1)
    withdraw(live, receipt)
    with live.write() as session:
        session.get_one(Receipt, stays.id).revoked_at = live.clock.now()
        suppress_mail(session, live.keyring, waits.id, live.clock.now())
        enough = session.get_one(Comment, stays.id)
        enough.wants_replies, enough.replies_stopped_at = False, live.clock.now()

    move_comment(live, taken_down.id, Status.REJECTED)
    editor = Actor(ActorKind.MODERATOR, moderator.id, "Anna", {"": "moderator"})
    redact(live, editor, cut.id, version=1, start=14, end=21, expected_revision=1)
    close(live, None, moderator.id)
    log = tmp_path / "erasures.jsonl"
    with live.read() as session:
        assert append_log(session, log, live.clock.now()) == 7
        assert append_log(session, log, live.clock.now()) == 0
    assert b"@" not in log.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (*(tmp_path / "backup").iterdir(), log)} == {0o600}

    done = put_back(empty, tmp_path / "backup", read_log(log), clock=fixed_clock.clock())
    assert (done.erased, done.queue) == (7, True)
    restored = wire(empty, fixed_clock.clock())
    try:
        touched = {taken_back.id, taken_down.id, cut.id, stays.id, waits.id, moderator.id, thread.id}
        with restored.read() as session:
            touched |= set(
                session.scalars(select(AddressRecord.id).where(AddressRecord.purpose == AddressPurpose.SUPPRESSION))
            )
        _same_rows(at_backup, all_rows(restored.engine), manifest.counts, touched)
        with restored.read() as session:
            status = dict(session.execute(select(Comment.id, Comment.status)).all())
            assert status[taken_back.id] is Status.WITHDRAWN
            assert (status[taken_down.id], status[cut.id]) == (Status.PENDING, Status.PENDING)
            assert (status[waits.id], status[stays.id]) == (Status.PENDING, Status.APPROVED)
            assert session.get_one(Receipt, stays.id).revoked_at is not None
            assert session.get_one(Moderator, moderator.id).disabled_at is not None
            assert session.scalar(select(func.count()).select_from(DeskSession)) == 0
            assert session.get_one(Comment, stays.id).wants_replies is False
            assert is_suppressed(session, restored.keyring, site_id=site.id, address=ADDRESS)
            # Every comment came with all that was committed with it.
            assert len(status) == session.scalar(select(func.count()).select_from(CommentVersion))
            received = sum(found is Status.RECEIVED for found in status.values())
        assert received >= 3
        assert look(restored, receipt).status == "withdrawn"
        with pytest.raises(UnknownReceipt):
            look(restored, lost)
        waiting = restored.redis.zrange(backlog.waiting_key(restored.redis, site.id), 0, -1)
        assert {one.decode() for one in waiting} == {waits.id, taken_down.id, cut.id}
        assert restored.redis.xlen("restored:comments") == received
        client = create_app(restored).test_client()
        page = client.get(f"/api/v1/sites/gazette/comments?thread={thread.key}").get_json()
        assert [one["id"] for one in page["comments"] if one["state"] == "published"] == [stays.id]
        with pytest.raises(Misconfigured, match="not empty"):
            put_back(empty, tmp_path / "backup", [])
    finally:
        restored.close()


# What restoring itself writes, and what SQLite's search keeps for itself.
APART = {"audit_entry", "desk_session", "sign_in_link"}
# Rows that a move of a comment adds or takes away.
GAINED = {"decision": 3}
LISTS = {"comment_rule", "search_entry"}


def _same_rows(live: dict[str, Any], restored: dict[str, Any], counts: dict[str, int], touched: set[str]) -> None:
    """Every row is there and as it was, but for those about what was erased since (`touched`: ids)."""
    for table, rows in restored.items():
        if table in APART or table.startswith("search_word"):
            continue
        there = {_plain(row) for row in live[table]}
        different = [row for row in rows if _plain(row) not in there]
        assert [row for row in different if touched.isdisjoint(map(str, row.values()))] == [], table
        if table not in LISTS:
            assert len(rows) == counts[table] + GAINED.get(table, 0), table


def _plain(row: dict[str, Any]) -> str:
    """A row without what restoring moves on for all: when a comment was sent to be judged, threads' versions."""
    versions = {name: (row[name] or 0) % VERSIONS_AHEAD for name in ("version", "placed_version") if name in row
                and "placed_version" in row}  # fmt: skip
    return repr({name: value for name, value in row.items() if name != "sent_at"} | versions)


def _damage(folder: Path, how: str) -> None:
    file = folder / read_manifest(folder).files[0].name
    manifest = json.loads((folder / MANIFEST).read_bytes())
    if how == "changed":
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    elif how == "missing":
        file.unlink()
    elif how == "unfinished":
        (folder / MANIFEST).unlink()
    else:
        manifest |= {"newer": {"revision": "9999"}, "format": {"format": 2}, "key": {"keys": ["abcd1234"]}}[how]
        (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("changed", "SHA-256"),
        ("missing", "missing from the backup"),
        ("unfinished", "is no backup"),
        ("newer", "made by a newer Rejoinder"),
        ("format", "backup of format 2"),
        ("key", r"a secret \(id abcd1234\)"),
    ],
)
def test_what_is_wrong_with_a_backup_is_said_before_anything_is_written(
    services: Services, tmp_path: Path, how: str, said: str
) -> None:
    folder = tmp_path / "backup"
    take_backup(services, folder)
    check_backup(folder, list(services.keyring.key_ids), sqlite=True)
    _damage(folder, how)
    (tmp_path / "other").mkdir()
    settings = msgspec.structs.replace(services.settings, database_url=f"sqlite:///{tmp_path / 'other' / 'x.db'}")
    with pytest.raises(Misconfigured, match=said):
        put_back(settings, folder, [])
    assert list((tmp_path / "other").iterdir()) == []


def test_a_folder_with_something_in_it_is_not_written_to(services: Services, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "mine").touch()
    with pytest.raises(Misconfigured, match="not empty"):
        take_backup(services, tmp_path / "backup")


def test_nothing_that_was_deleted_is_left_in_a_backup(services: Services, tmp_path: Path) -> None:
    thread = add_thread(services, add_site(services))
    add_comment(services, thread, "Xylophone " * 300)
    with services.write() as session:
        session.execute(CommentVersion.__table__.delete())
    take_backup(services, tmp_path / "backup")
    copy = tmp_path / "backup" / "rejoinder.db"
    assert b"Xylophone" not in copy.read_bytes()
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_line_that_was_cut_off_is_written_anew(services: Services, fixed_clock: FixedClock, tmp_path: Path) -> None:
    thread, log = add_thread(services, add_site(services)), tmp_path / "log"
    for text in ("One.", "Two."):
        comment_in_status(services, thread, text, Status.WITHDRAWN)
    with services.read() as session:
        append_log(session, log, services.clock.now())
        whole = log.read_bytes()
        log.write_bytes(whole[:-20])
        append_log(session, log, services.clock.now())
    assert log.read_bytes() == whole


@pytest.mark.postgres
def test_a_tool_that_is_missing_or_too_old_is_named(
    postgres_services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(Misconfigured, match=r"pg_dump is not installed; install postgresql-client-\d+"):
        take_backup(postgres_services, tmp_path / "backup")
    (tools / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    (tools / "pg_dump").chmod(0o755)
    with pytest.raises(Misconfigured, match="pg_dump is of version 9, the server of"):
        take_backup(postgres_services, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
    assert shutil.which("pg_dump") == str(tools / "pg_dump")
