"""Whoever was let in is looked at again when it counts: closed, demoted or revoked meanwhile, they act no more."""

import threading

import pytest
from sqlalchemy import func, select, text

from models import ApiKey, AuditEntry, Moderator, Receipt, SignInLink, Site
from service.accounts import account_administration
from service.accounts.actors import Actor, SignInNeeded, fresh_actor
from service.accounts.api_keys import create_key, key_actor, revoke_key
from service.accounts.moderators import close_account
from service.accounts.receipt_administration import revoke_receipt
from service.accounts.sessions import session_actor
from service.accounts.site_administration import change_site
from service.errors import Forbidden, NotFound, Refused
from tests.factories import add_api_key, add_comment, add_desk_session, add_moderator, add_receipt, add_site, add_thread
from tests.waiting import wait_until


@pytest.fixture
def herald(services):
    return add_site(services, "herald")


def person(services, *sites: Site) -> Actor:
    found = session_actor(services, add_desk_session(services, add_moderator(services, "admin", *sites)))
    assert found is not None
    return found


def program(services, site: Site) -> Actor:
    found = key_actor(services, add_api_key(services, site, "admin"))
    assert found is not None
    return found


def closed(services, site: Site, other: Site) -> Actor:
    actor = person(services, site)
    account_administration.close(services, None, actor.id)
    return actor


def revoked(services, site: Site, other: Site) -> Actor:
    actor = program(services, site)
    revoke_key(services, None, key_id=actor.id)
    return actor


def demoted(services, site: Site, other: Site) -> Actor:
    actor = person(services, site)
    account_administration.change(services, None, actor.id, role="moderator")
    return actor


def moved(services, site: Site, other: Site) -> Actor:
    actor = person(services, site)
    account_administration.change(services, None, actor.id, sites=[other.id])
    return actor


WRITES = {
    "add": lambda services, actor, at: account_administration.add(
        services, actor, address="new@example.org", role="admin", sites=[at["site"].id]
    ),
    "change": lambda services, actor, at: account_administration.change(services, actor, at["colleague"], name="Else"),
    "close": lambda services, actor, at: account_administration.close(services, actor, at["colleague"]),
    "link": lambda services, actor, at: account_administration.let_in(services, actor, at["colleague"]),
    "new key": lambda services, actor, at: create_key(services, actor, site_id=at["site"].id, scope="admin"),
    "revoke key": lambda services, actor, at: revoke_key(services, actor, key_id=at["key"]),
    "revoke receipt": lambda services, actor, at: revoke_receipt(
        services, actor, comment_id=at["comment"], reason="lost"
    ),
    "site": lambda services, actor, at: change_site(services, actor, at["site"].id, name="Else"),
}


def things(services, site: Site) -> dict:
    """What there is to act on."""
    comment = add_comment(services, add_thread(services, site))
    add_receipt(services, comment)
    colleague = add_moderator(services, "viewer", site, address="colleague@example.org")
    return {"site": site, "colleague": colleague.id, "key": program(services, site).id, "comment": comment.id}


def rows(services) -> dict[str, object]:
    """All that the verbs change."""
    with services.read() as session:
        return {
            "people": [(one.id, one.name, one.disabled_at) for one in session.scalars(select(Moderator))],
            "links": session.scalar(select(func.count()).select_from(SignInLink)),
            "keys": [(one.id, one.revoked_at) for one in session.scalars(select(ApiKey))],
            "receipts": [one.revoked_at for one in session.scalars(select(Receipt))],
            "sites": sorted(session.scalars(select(Site.name))),
            "trail": session.scalar(select(func.count()).select_from(AuditEntry)),
        }


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize(
    "meanwhile, refusals",
    [
        pytest.param(closed, (SignInNeeded,), id="closed"),
        pytest.param(revoked, (SignInNeeded,), id="revoked"),
        pytest.param(demoted, (Forbidden, NotFound), id="demoted"),
        pytest.param(moved, (NotFound,), id="moved"),
    ],
)
def test_who_may_not_any_more_changes_nothing(services, site, herald, verb, meanwhile, refusals):
    at = things(services, site)
    actor = meanwhile(services, site, herald)
    before = rows(services)
    with pytest.raises(refusals):
        WRITES[verb](services, actor, at)
    assert rows(services) == before


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize("who", [person, program])
def test_who_may_still_acts(services, site, verb, who):
    at = things(services, site)
    actor = who(services, site)
    before = rows(services)
    WRITES[verb](services, actor, at)
    assert rows(services) != before


def test_new_roles_count_at_once(services, site, herald):
    actor = person(services, site)
    account_administration.change(services, None, actor.id, name="Else", sites=[site.id, herald.id])
    with services.write() as session:
        fresh = fresh_actor(session, actor)
        assert fresh_actor(session, None) is None
    assert fresh is not None
    assert (fresh.name, dict(fresh.sites)) == ("Else", {site.id: "admin", herald.id: "admin"})
    assert fresh.csrf == actor.csrf


def test_the_refusal_is_the_doors_own(services, site, herald):
    actor = revoked(services, site, herald)
    with pytest.raises(SignInNeeded) as refusal:
        create_key(services, actor, site_id=site.id, scope="read")
    assert (refusal.value.status, refusal.value.code) == (401, "sign_in_needed")
    assert "WWW-Authenticate" in refusal.value.headers


@pytest.mark.postgres
def test_a_close_under_way_is_waited_for(postgres_services):
    """The account's row is held by whoever closes it: a verb that comes meanwhile waits and then is refused."""
    services = postgres_services
    at = things(services, add_site(services, "gazette"))
    actor = person(services)
    outcome: list[str] = []

    def act() -> None:
        try:
            create_key(services, actor, site_id=at["site"].id, scope="admin")
            outcome.append("made")
        except Refused as refusal:
            outcome.append(refusal.code)

    with services.write() as session:
        close_account(session, session.get_one(Moderator, actor.id, with_for_update=True), services.clock.now())
        session.flush()
        thread = threading.Thread(target=act)
        thread.start()
        wait_until(lambda: _waiting(services), what="the verb to wait for the account")
    thread.join()
    assert outcome == ["sign_in_needed"]


@pytest.mark.postgres
def test_two_keys_cannot_revoke_each_other(postgres_services):
    services = postgres_services
    site = add_site(services, "gazette")
    for _ in range(5):
        keys = [program(services, site) for _ in range(2)]
        outcomes: list[str] = []
        start = threading.Barrier(2)

        def run(actor: Actor, other: Actor, start=start, outcomes=outcomes) -> None:
            start.wait()
            try:
                revoke_key(services, actor, key_id=other.id)
                outcomes.append("revoked")
            except Refused as refusal:
                outcomes.append(refusal.code)

        threads = [threading.Thread(target=run, args=pair) for pair in (keys, reversed(keys))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["revoked", "sign_in_needed"]


def _waiting(services) -> bool:
    with services.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
