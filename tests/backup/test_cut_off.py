"""What was cut off, or begun twice, is seen: a restore, a log of erasures, a backup."""

import json
import threading
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from alembic import command
from sqlalchemy import inspect, select, update

from models import ApiKey, Comment, Status
from models.migrations import FOLDER, configuration
from service.backup import put_back as putting_back
from service.backup import take
from service.backup.erasures import append_log, erased_since, is_cut_off, read_log, replay
from service.backup.manifest import read_manifest
from service.backup.put_back import put_back
from service.backup.take import take_backup
from service.backup.unfinished import MARK
from service.cli import run
from service.errors import Misconfigured
from service.wiring import Services, make_engine
from tests.factories.api_key import add_api_key
from tests.factories.comment import add_comment, comment_in_status
from tests.factories.site import add_site
from tests.factories.thread import add_thread
from tests.fixed_clock import FixedClock
from tests.settings import TEST_SECRET


def _stamp(services: Services) -> None:
    """The shared tables are made from the models; a backup also says which revision they are of."""
    with services.engine.connect() as connection:
        command.stamp(configuration(connection, FOLDER), "head")
        connection.commit()


@pytest.mark.postgres
def test_nothing_serves_from_a_restore_that_was_cut_off(
    postgres_services: Services,
    postgres_url: str,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _stamp(postgres_services)
    add_comment(postgres_services, add_thread(postgres_services, add_site(postgres_services)))
    take_backup(postgres_services, tmp_path / "backup")
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    empty = msgspec.structs.replace(postgres_services.settings, database_url=url, redis_prefix="restored:")
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("REJOINDER_SECRET_KEYS", TEST_SECRET)
    monkeypatch.setenv("REJOINDER_DNS", "off")

    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as before_the_rows:
        before_the_rows.setattr(putting_back.postgres, "restore", cut_off)
        with pytest.raises(KeyboardInterrupt):
            put_back(empty, tmp_path / "backup", [])
    # Nothing is there but the mark: it may be begun again. Now the rows come, and what follows does not.
    with monkeypatch.context() as after_the_rows:
        after_the_rows.setattr(putting_back, "replay", cut_off)
        with pytest.raises(KeyboardInterrupt):
            put_back(empty, tmp_path / "backup", [])
    for words in (["worker"], ["web", "--port", "65000"], ["backup", str(tmp_path / "of it")]):
        assert run(words) == 1
        assert "a restore into the database has not come to its end" in capsys.readouterr().err
    run(["doctor", "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check["level"] for check in checks if "a restore into it" in check["found"]] == ["problem"]
    with pytest.raises(Misconfigured, match="not empty"):
        put_back(empty, tmp_path / "backup", [])


@pytest.mark.postgres
def test_a_restore_that_came_to_its_end_leaves_no_mark(
    postgres_services: Services, postgres_url: str, tmp_path: Path
) -> None:
    _stamp(postgres_services)
    take_backup(postgres_services, tmp_path / "backup")
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    put_back(msgspec.structs.replace(postgres_services.settings, database_url=url), tmp_path / "backup", [])
    engine = make_engine(url)
    try:
        tables = inspect(engine).get_table_names()
        assert "comment" in tables
        assert MARK not in tables
    finally:
        engine.dispose()


def test_of_two_backups_into_a_folder_one_is_kept_whole(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stamp(services)
    both = threading.Barrier(2, timeout=30)
    write = take.write_manifest

    def write_together(*words: object) -> None:
        both.wait()
        write(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(take, "write_manifest", write_together)
    ended: list[str] = []

    def back_up() -> None:
        try:
            take_backup(services, tmp_path / "backup")
            ended.append("done")
        except Misconfigured as error:
            ended.append(str(error))

    threads = [threading.Thread(target=back_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.partition(" ")[0] for one in ended) == ["another", "done"]
    read_manifest(tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_a_log_that_was_cut_off_is_named(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _stamp(services)
    log = tmp_path / "log"
    comment_in_status(services, add_thread(services, add_site(services)), "One.", Status.WITHDRAWN)
    with services.read() as session:
        append_log(session, log, services.clock.now())
    assert not is_cut_off(log)
    log.write_bytes(log.read_bytes()[:-5])
    take_backup(services, tmp_path / "backup")
    data = tmp_path / "restored"
    data.mkdir()
    (data / "secrets").write_text(TEST_SECRET + "\n")
    (data / "secrets").chmod(0o600)
    monkeypatch.setenv("REJOINDER_SECRET_KEYS", TEST_SECRET)
    assert run(["restore", str(tmp_path / "backup"), "--erasures", str(log), "--data-dir", str(data), "--json"]) == 0
    told = capsys.readouterr()
    assert "The last line" in told.err
    assert json.loads(told.out)["erased"] == 0
    assert run(["backup", "--erasures", str(log), "--data-dir", str(data)]) == 0
    assert "The last line" in capsys.readouterr().err
    assert [erasure.kind for erasure in read_log(log)] == ["withdrawn"]


def test_disowned_comments_and_revoked_keys_are_erased_again(services: Services, fixed_clock: FixedClock) -> None:
    site = add_site(services)
    thread = add_thread(services, site)
    waits = comment_in_status(services, thread, "Not mine.", Status.PENDING)
    shown = comment_in_status(services, thread, "Nor this.", Status.APPROVED)
    refused = comment_in_status(services, thread, "Nor that.", Status.REJECTED)
    add_api_key(services, site, "moderate")
    then = services.clock.now()
    with services.write() as session:
        for comment in (waits, shown, refused):
            session.get_one(Comment, comment.id).disowned_at = then
        key_id = session.scalars(select(ApiKey.id)).one()
        session.get_one(ApiKey, key_id).revoked_at = then
    with services.read() as session:
        erasures = erased_since(session, then)
    assert sorted(erasure.kind for erasure in erasures) == ["api_key", "disowned", "disowned", "disowned"]
    # As an older copy has them.
    with services.write() as session:
        for comment in (waits, shown, refused):
            session.get_one(Comment, comment.id).disowned_at = None
        session.get_one(ApiKey, key_id).revoked_at = None
    fixed_clock.advance(hours=1)
    for done in (4, 0):
        with services.write() as session:
            assert replay(session, services.keyring, erasures) == done
    with services.read() as session:
        assert session.get_one(ApiKey, key_id).revoked_at == then
        for comment, status in ((waits, Status.PENDING), (shown, Status.PENDING), (refused, Status.REJECTED)):
            there = session.get_one(Comment, comment.id)
            assert (there.disowned_at, there.status) == (then, status)


def test_a_clock_that_was_ahead_hides_nothing(services: Services, tmp_path: Path) -> None:
    thread, log, now = add_thread(services, add_site(services)), tmp_path / "log", services.clock.now()
    ahead = comment_in_status(services, thread, "One.", Status.WITHDRAWN)
    with services.write() as session:
        session.execute(update(Comment).where(Comment.id == ahead.id).values(decided_at=now + timedelta(hours=2)))
    with services.read() as session:
        assert append_log(session, log, now) == 1
    later = comment_in_status(services, thread, "Two.", Status.WITHDRAWN)
    with services.read() as session:
        assert append_log(session, log, now) == 1
    assert {erasure.id for erasure in read_log(log)} == {ahead.id, later.id}


@pytest.mark.parametrize("text", [b"precious", b"a line\nprecious", b"\x00\x01"])
def test_a_file_that_is_no_log_stays_as_it_is(services: Services, tmp_path: Path, text: bytes) -> None:
    other = tmp_path / "secret"
    other.write_bytes(text)
    with services.read() as session, pytest.raises(Misconfigured):
        append_log(session, other, services.clock.now())
    assert other.read_bytes() == text
