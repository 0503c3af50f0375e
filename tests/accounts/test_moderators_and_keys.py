"""Accounts, passwords, API keys, and the trail that nobody can change."""

import threading

import pytest
from sqlalchemy import func, select, text

from models import ActorKind, ApiKey, AuditEntry, Membership, Moderator
from service.accounts.actors import SCOPES, Actor
from service.accounts.api_keys import add_key, key_actor, revoke_key
from service.accounts.audit import TrailChanged, audit
from service.accounts.moderators import AlreadyThere, find_moderator, set_roles
from service.accounts.passwords import WeakPassword, check_new_password
from service.errors import Invalid, NotFound
from tests.factories import add_api_key, add_moderator, add_site
from tests.factories.moderator import ADDRESS, PASSWORD


def _roles(services, moderator: Moderator) -> dict[str, str]:
    with services.read() as session:
        rows = session.scalars(select(Membership).where(Membership.moderator_id == moderator.id))
        return {row.site_id: row.role for row in rows}


def test_roles_by_site_or_everywhere(services, site):
    herald = add_site(services, "herald")
    assert _roles(services, add_moderator(services, "admin")) == {"": "admin"}
    editor = add_moderator(services, "moderator", site, herald, address="editor@example.org")
    assert _roles(services, editor) == {site.id: "moderator", herald.id: "moderator"}
    with services.write() as session:
        set_roles(session, session.get_one(Moderator, editor.id), "viewer", [herald.id])
    assert _roles(services, editor) == {herald.id: "viewer"}


def test_an_address_has_one_account(services):
    add_moderator(services)
    with pytest.raises(AlreadyThere):
        add_moderator(services, address="MO@example.org")
    other = add_moderator(services, address="mo+other@example.org")
    with services.read() as session:
        found = find_moderator(session, services.keyring, "Mo+Other@example.org")
    assert found is not None
    assert found.id == other.id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"address": "mo"}, "email", id="no address"),
        pytest.param({"role": "king"}, "role", id="no role"),
        pytest.param({"password": "short"}, "password", id="short password"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(services, changes, field):
    with pytest.raises(Invalid) as refused:
        add_moderator(services, **changes)
    assert [error.field for error in refused.value.errors] == [field]
    assert "mo@" not in str(refused.value)
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(Moderator)) == 0


def test_an_unknown_site(services):
    class Unknown:
        id = "nowhere"

    with pytest.raises(NotFound):
        add_moderator(services, "viewer", Unknown())


def test_the_database_has_no_word_of_the_address(services):
    add_moderator(services, address="canary.bird@example.org")
    with services.engine.connect() as connection:
        for table in ("moderator", "membership", "address_record"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()
            assert len(rows) == 1
            assert "canary" not in repr(rows).lower()


@pytest.mark.parametrize(
    "password",
    ["", "eleven char", "x" * 257, "aaaaaaaaaaaaaaaa", "abababababababab", "MO@example.org", "a\u0300" * 11],
    ids=["empty", "short", "long", "one letter", "two letters", "the address", "short when composed"],
)
def test_weak_passwords(password):
    with pytest.raises(WeakPassword):
        check_new_password(password, "Mo", ADDRESS)


@pytest.mark.parametrize("password", [PASSWORD, "zwölf Störche am Teich", "x7" + "q#Lm2-" * 40], ids=repr)
def test_good_passwords(password):
    check_new_password(password, "Mo", ADDRESS)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_is_shown_once_and_works(services, site, scope):
    shown = add_api_key(services, site, scope)
    assert shown.startswith(f"rj_{scope}_")
    assert len(shown) > 43
    actor = key_actor(services, shown)
    assert actor is not None
    assert (actor.kind, actor.scope, list(actor.sites)) == (ActorKind.API_KEY, scope, [site.id])
    with services.engine.connect() as connection:
        assert shown not in repr(connection.execute(text("SELECT * FROM api_key")).all())


def test_keys_that_are_none(services, site):
    shown = add_api_key(services, site, "admin")
    for wrong in ("", "rj_", shown[:-1], shown + "x", shown.replace("admin", "read"), "rj_\ud800"):
        assert key_actor(services, wrong) is None
    with services.write() as session, pytest.raises(Invalid):
        add_key(session, site_id=site.id, scope="root", now=services.clock.now())


def test_a_revoked_key_ends_at_once(services, site, fixed_clock):
    shown = add_api_key(services, site, "admin")
    herald = add_site(services, "herald")
    with services.read() as session:
        key_id = session.scalars(select(ApiKey.id)).one()
    with pytest.raises(NotFound):
        revoke_key(services, None, key_id=key_id, site_id=herald.id)
    assert key_actor(services, shown) is not None
    ended = revoke_key(services, None, key_id=key_id, site_id=site.id).revoked_at
    assert key_actor(services, shown) is None
    fixed_clock.advance(minutes=1)
    assert revoke_key(services, None, key_id=key_id).revoked_at == ended
    with services.read() as session:
        assert list(session.scalars(select(AuditEntry.action))) == ["key.revoke"]


def test_the_use_of_a_key_is_noted_by_the_hour(services, site, fixed_clock):
    shown = add_api_key(services, site, "read")
    noted = []
    for minutes in (0, 59, 1):
        fixed_clock.advance(minutes=minutes)
        key_actor(services, shown)
        with services.read() as session:
            noted.append(session.scalars(select(ApiKey.used_at)).one())
    assert noted[0] == noted[1]
    assert noted[2] == fixed_clock.now()


def test_the_trail_is_scrubbed_and_only_appended_to(services, site):
    actor = Actor(ActorKind.MODERATOR, "01J00000000000000000000000", "Mo", {"": "admin"})
    with services.write() as session:
        details = {"reason": "wrote to ada@example.org", "ids": ["a", {"note": "eve@example.org"}], "n": 3}
        audit(session, actor, "ban.add", now=services.clock.now(), site_id=site.id, target="t", details=details)
        audit(session, None, "key.add", now=services.clock.now())
    with services.read() as session:
        first, second = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert (first.actor_kind, first.actor_id, first.site_id, first.target) == ("moderator", actor.id, site.id, "t")
    assert first.details == {"reason": "wrote to [address]", "ids": ["a", {"note": "[address]"}], "n": 3}
    assert (second.actor_kind, second.actor_id) == ("system", None)
    with pytest.raises(TrailChanged), services.write() as session:
        session.get_one(AuditEntry, first.id).action = "nothing.happened"
    with pytest.raises(TrailChanged), services.write() as session:
        session.delete(session.get_one(AuditEntry, first.id))


@pytest.mark.postgres
def test_an_address_has_one_account_on_postgresql(postgres_services):
    """Three who add the same address at the same moment, each in a transaction of its own."""
    for n in range(5):
        outcomes: list[str] = []
        start = threading.Barrier(3)

        def run(n=n, outcomes=outcomes, start=start) -> None:
            start.wait()
            try:
                add_moderator(postgres_services, "viewer", address=f"race{n}@example.org")
                outcomes.append("added")
            except AlreadyThere:
                outcomes.append("there")

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["added", "there", "there"]
