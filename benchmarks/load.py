"""The load of the benchmarks: a database as intake leaves it behind, with comments that wait for a judge."""

import json
from itertools import cycle, islice
from pathlib import Path

import msgspec
from sqlalchemy import insert, text

from models import (
    AddressPurpose,
    AddressRecord,
    Base,
    Comment,
    CommentVersion,
    Mode,
    Site,
    SiteSettings,
    Status,
    Thread,
    WriterChain,
    new_id,
)
from models.migrations import upgrade
from moderation_rules import fingerprint, sketch
from service.markup import RENDERER
from service.privacy.addresses import address_row
from service.privacy.chains import chain_row
from service.wiring import Services

PAGE = 1000
SAYINGS = ("The ferry was late again, and nobody said why.", "I liked the part about the lighthouse.", "Not convinced.")


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Settings of a benchmark: the rest is as shipped, but for name servers, which nobody should measure."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "REJOINDER_SECRET_KEYS": "a-secret-of-a-benchmark-that-is-long-enough",
        "REJOINDER_DNS": "off",
        "REJOINDER_LOG_LEVEL": "error",
    }


def texts(file: Path | None, count: int) -> list[str]:
    if file is None:
        return [f"{saying} ({n})" for n, saying in zip(range(count), cycle(SAYINGS), strict=False)]
    found = [json.loads(line)["text"] for line in file.read_text("utf-8").split("\n") if line]
    return list(islice(cycle(found), count))


def fill(services: Services, sayings: list[str], sites: int, threads: int) -> list[str]:
    """Empties the database, commits the comments as intake would, and returns their ids.

    Every comment is of another writer, with an address of its own.
    """
    Base.metadata.drop_all(services.engine)
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    upgrade(services.engine)
    now = services.clock.now()
    settings = msgspec.to_builtins(SiteSettings(mode=Mode.AUTOMATIC, first_comments_held=False))
    places: list[tuple[str, str]] = []
    with services.write() as session:
        for n in range(sites):
            site = Site(id=new_id(), slug=f"s{n}", name="", origins=[], settings_json=settings, created_at=now)
            session.add(site)
            session.flush()
            for key in range(threads):
                thread = Thread(
                    id=new_id(),
                    site_id=site.id,
                    key=str(key),
                    url="",
                    tags=[],
                    version=0,
                    placed_version=0,
                    published_count=0,
                    created_at=now,
                )
                session.add(thread)
                places.append((site.id, thread.id))
    ids: list[str] = []
    for start in range(0, len(sayings), PAGE):
        page = sayings[start : start + PAGE]
        chains, comments, versions, addresses = [], [], [], []
        for n, saying in enumerate(page, start):
            site_id, thread_id = places[n % len(places)]
            chain = chain_row(site_id, now)
            comment_id = new_id()
            ids.append(comment_id)
            chains.append(chain)
            comments.append(
                {
                    "id": comment_id, "site_id": site_id, "thread_id": thread_id, "chain_id": chain["id"],
                    "status": Status.RECEIVED, "revision": 0, "name": "Robin", "current_version": 1,
                    "was_published": False, "fingerprint": fingerprint(saying), "sketch": sketch(saying),
                    "prefix_hash": n.to_bytes(16, "big"),
                    "intake_facts": {"honeypot_filled": False, "form_token": "valid", "form_age": 40.0,
                                     "disposable_email": False},
                    "wants_confirm": False, "wants_notify": False, "created_at": services.clock.now(),
                    "sent_at": now, "solo_failures": 0, "priority": 0, "featured": False, "pinned": False, "votes": 0,
                }
            )  # fmt: skip
            versions.append(
                {"comment_id": comment_id, "n": 1, "text": saying, "html": f"<p>{saying}</p>", "renderer": RENDERER,
                 "status": Status.RECEIVED, "created_at": now}
            )  # fmt: skip
            addresses.append(
                address_row(
                    services.keyring,
                    site_id=site_id,
                    purpose=AddressPurpose.SUBMISSION,
                    owner_id=comment_id,
                    address=f"writer{n}@example.org",
                    now=now,
                )
            )
        with services.write() as session:
            session.execute(insert(WriterChain.__table__), chains)
            session.execute(insert(Comment.__table__), comments)
            session.execute(insert(CommentVersion.__table__), versions)
            session.execute(insert(AddressRecord.__table__), addresses)
    if not services.settings.sqlite:
        # What the server does by itself within a minute: its plans are made for tables as they are.
        with services.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return ids
