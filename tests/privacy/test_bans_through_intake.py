"""What intake finds by a network in plain holds the comment later, whatever keys it was kept under."""

from collections.abc import Iterator

import pytest
from flask import Flask

from models import BanKind, Comment
from service.app import create_app
from service.intake.receive import EXTENSION
from service.privacy.bans import ban_address, ban_prefix, banned
from service.privacy.prefixes import prefix_hash
from service.wiring import Services
from tests.intake.reader import Reader


@pytest.fixture
def reader(services: Services, site) -> Iterator[Reader]:
    app: Flask = create_app(services, ("service.intake.routes",))
    yield Reader(app.test_client(), services, site)
    app.extensions[EXTENSION].commits.close()


def _held(services: Services, comment_id: str) -> set[BanKind]:
    with services.read() as session:
        comment = session.get_one(Comment, comment_id)
        return set(banned(session, [comment], services.clock.now()).get(comment_id, ()))


def test_a_ban_of_an_address_leaves_no_trace_of_what_is_typed_under_it(services, site, reader):
    with services.write() as session:
        ban_address(session, services.keyring, site_id=site.id, address="eve@example.org", now=services.clock.now())
    met, free = reader.posted(email="EVE+x@example.org"), reader.posted(email="ada@example.org")
    assert (_held(services, met["id"]), _held(services, free["id"])) == (set(), set())
    with services.read() as session:
        kept = [session.get_one(Comment, answer["id"]).intake_facts for answer in (met, free)]
    assert kept[0] == kept[1]
    assert "bans" not in kept[0]


def test_a_ban_of_a_network_goes_on_when_its_key_changes(services, site, reader, fixed_clock):
    with services.write() as session:
        ban_prefix(
            session,
            site_id=site.id,
            prefix_hash=prefix_hash(services.keyring, "127.0.0.9", services.clock.now()),
            now=services.clock.now(),
        )
    fixed_clock.advance(days=29)
    assert _held(services, reader.posted()["id"]) == {BanKind.PREFIX}
    fixed_clock.advance(days=1)
    assert _held(services, reader.posted()["id"]) == set()
