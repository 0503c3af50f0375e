"""What old threads say of their pages, after the upgrade: nothing that came from a post which is not published."""

from sqlalchemy import Connection, text

from models.migrations import upgrade
from service.wiring import make_engine
from tests.migrations.histories import copy_history

# The history up to the release that kept a page with its thread only.
BEFORE = "000[12]_*.py"


def test_an_upgrade_keeps_only_what_a_published_post_said(tmp_path):
    """Each old thread's page is from the post that was made at the same instant."""
    engine = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(engine, folder=copy_history(tmp_path / "before", only=BEFORE))
    with engine.begin() as connection:
        _old_rows(connection)
    upgrade(engine)
    with engine.begin() as connection:
        urls = dict(connection.execute(text("SELECT key, url FROM thread")).all())
        said = dict(connection.execute(text("SELECT id, page_url FROM comment")).all())
    assert urls == {"good": "g", "bad": "", "waiting": "w", "told": "t"}
    engine.dispose()
    assert said == {"good1": "g", "bad1": "b", "bad2": None, "waiting1": "w", "told1": None}


def _old_rows(connection: Connection) -> None:
    early, late = "2026-01-01 00:00:00.000000", "2026-01-02 00:00:00.000000"
    connection.execute(text("PRAGMA foreign_keys = OFF"))
    connection.execute(
        text("INSERT INTO site (id, slug, name, origins, settings, created_at) VALUES ('s', 's', '', '[]', '{}', :at)"),
        {"at": early},
    )
    connection.execute(
        text("INSERT INTO writer_chain (id, site_id, avatar_seed, created_at) VALUES ('c', 's', 'x', :at)"),
        {"at": early},
    )
    for key, published, verified in (("good", 1, 0), ("bad", 1, 0), ("waiting", 0, 0), ("told", 1, 1)):
        connection.execute(
            text(
                "INSERT INTO thread (id, site_id, key, url, title, tags, state, verified, version, published_count, "
                "created_at) VALUES (:key, 's', :key, :url, 'x', '[]', 'open', :verified, 1, :published, :at)"
            ),
            {"key": key, "url": key[0], "verified": verified, "published": published, "at": early},
        )
    comments = [("good1", "good", 1, early), ("bad1", "bad", None, early), ("bad2", "bad", 1, late)]
    for comment_id, thread, published, at in [
        *comments,
        ("waiting1", "waiting", None, early),
        ("told1", "told", 1, early),
    ]:
        connection.execute(
            text(
                "INSERT INTO comment (id, site_id, thread_id, chain_id, status, revision, name, current_version, "
                "published_version, was_published, fingerprint, intake_facts, wants_confirm, wants_notify, created_at, "
                "sent_at, solo_failures, priority, featured, pinned, votes) VALUES (:id, 's', :thread, 'c', 'pending', "
                "1, 'n', 1, :published, 0, x'00', '{}', 0, 0, :at, :at, 0, 0, 0, 0, 0)"
            ),
            {"id": comment_id, "thread": thread, "published": published, "at": at},
        )
