"""Who may do what to whose account; closed accounts; the last administrator."""

import threading

import pytest
from sqlalchemy import func, select

from models import ActorKind, AddressRecord, AuditEntry, DeskSession, Membership, Moderator, SignInLink
from service.accounts import account_administration
from service.accounts.account_administration import AccountClosed, LastAdmin, RolesElsewhere
from service.accounts.actors import Actor, SignInNeeded
from service.accounts.moderators import ALL_SITES, AlreadyThere, find_moderator
from service.accounts.passwords import WeakPassword
from service.accounts.sessions import session_actor
from service.accounts.sign_in import SignInLinkSpent, SignInRefused, follow_link, sign_in
from service.errors import Forbidden, Invalid, NotFound
from tests.factories import add_api_key, add_desk_session, add_moderator, add_site
from tests.factories.moderator import ADDRESS, PASSWORD


@pytest.fixture
def herald(services):
    return add_site(services, "herald")


def actor_of(services, moderator: Moderator) -> Actor:
    found = session_actor(services, add_desk_session(services, moderator))
    assert found is not None
    return found


@pytest.fixture
def boss(services) -> Actor:
    """An administrator of every site."""
    return actor_of(services, add_moderator(services, "admin", address="boss@example.org"))


@pytest.fixture
def editor(services, site) -> Actor:
    """An administrator of the one site."""
    return actor_of(services, add_moderator(services, "admin", site, address="editor@example.org"))


def roles_of(services, moderator_id: str) -> dict[str, str]:
    with services.read() as session:
        found = session.scalars(select(Membership).where(Membership.moderator_id == moderator_id))
        return {one.site_id: one.role for one in found}


def trail(services) -> list[tuple[str, str]]:
    """(site id, action), without sign-ins."""
    with services.read() as session:
        rows = session.execute(select(AuditEntry.site_id, AuditEntry.action).order_by(AuditEntry.id)).all()
    return [(site_id, action) for site_id, action in rows if action != "session.start"]


def seen_by(services, actor: Actor | None, **which) -> dict[str, account_administration.Account]:
    with services.read() as session:
        return {one.id: one for one in account_administration.accounts(session, actor, **which)}


VERBS = [
    pytest.param(lambda *call: account_administration.close(*call), id="close"),
    pytest.param(lambda *call: account_administration.let_in(*call), id="link"),
    pytest.param(lambda *call: account_administration.change(*call, name="Else"), id="rename"),
    pytest.param(lambda *call: account_administration.change(*call, role="viewer"), id="demote"),
]


@pytest.mark.parametrize("verb", VERBS)
def test_another_sites_account_is_not_there(services, editor, herald, verb):
    theirs = add_moderator(services, "moderator", herald)
    assert theirs.id not in seen_by(services, editor)
    with pytest.raises(NotFound) as there:
        verb(services, editor, theirs.id)
    with pytest.raises(NotFound) as nowhere:
        verb(services, editor, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert there.value.problem() == nowhere.value.problem()
    assert roles_of(services, theirs.id) == {herald.id: "moderator"}
    assert trail(services) == []


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_has_roles_elsewhere_is_seen_and_left_alone(services, site, herald, editor, boss, verb):
    shared = add_moderator(services, "moderator", site, herald)
    seen = seen_by(services, editor)
    assert (dict(seen[shared.id].roles), seen[shared.id].elsewhere) == ({site.id: "moderator"}, True)
    assert dict(seen[boss.id].roles) == {ALL_SITES: "admin"}
    assert not seen[shared.id].changeable
    assert not seen[boss.id].changeable
    for who in (shared.id, boss.id):
        with pytest.raises(RolesElsewhere):
            verb(services, editor, who)
    assert trail(services) == []
    verb(services, boss, shared.id)


@pytest.mark.parametrize("verb", VERBS)
def test_a_role_that_is_too_low_reaches_nobody(services, site, herald, verb):
    here = add_moderator(services, "viewer", site)
    mixed = add_moderator(services, "admin", herald, address="low@example.org")
    with services.write() as session:
        session.add(Membership(moderator_id=mixed.id, site_id=site.id, role="moderator"))
    low = actor_of(services, mixed)
    assert here.id not in seen_by(services, low)
    with pytest.raises(NotFound):
        verb(services, low, here.id)


def test_an_administrator_of_both_sites_may_change_whoever_has_roles_on_both(services, site, herald):
    shared = add_moderator(services, "moderator", site, herald)
    both = actor_of(services, add_moderator(services, "admin", site, herald, address="both@example.org"))
    account_administration.change(services, both, shared.id, role="viewer", sites=[herald.id])
    assert roles_of(services, shared.id) == {herald.id: "viewer"}
    assert trail(services) == sorted([(site.id, "moderator.set"), (herald.id, "moderator.set")])


@pytest.mark.parametrize(
    "place, refusal", [pytest.param("herald", NotFound, id="other"), pytest.param("", Forbidden, id="every")]
)
def test_no_role_is_given_where_the_giver_has_none(services, site, herald, editor, place, refusal):
    own = add_moderator(services, "moderator", site)
    sites = [herald.id] if place else [ALL_SITES]
    with pytest.raises(refusal):
        account_administration.change(services, editor, own.id, sites=sites)
    with pytest.raises(refusal):
        account_administration.change(services, editor, editor.id, sites=[site.id, *sites])
    with pytest.raises(refusal):
        account_administration.add(services, editor, address="new@example.org", role="viewer", sites=sites)
    assert roles_of(services, own.id) == {site.id: "moderator"}
    assert trail(services) == []


def test_a_key_administers_its_own_site_only(services, site, herald):
    from service.accounts.api_keys import key_actor

    program = key_actor(services, add_api_key(services, site, "admin"))
    made, token = account_administration.add(
        services, program, address=ADDRESS, role="admin", sites=[site.id], name="Mo"
    )
    assert session_actor(services, follow_link(services, token)).id == made.id
    theirs = add_moderator(services, "viewer", herald, address="other@example.org")
    with pytest.raises(NotFound):
        account_administration.close(services, program, theirs.id)
    with pytest.raises(Forbidden):
        account_administration.change(services, program, made.id, sites=[ALL_SITES])


def test_a_closed_account_ends_at_once(services, site, boss):
    moderator = add_moderator(services, "moderator", site, password=PASSWORD)
    token = add_desk_session(services, moderator)
    _, unused = account_administration.let_in(services, boss, moderator.id)
    closed = account_administration.close(services, boss, moderator.id)
    assert closed.closed_at == services.clock.now()
    assert session_actor(services, token) is None
    with pytest.raises(SignInLinkSpent):
        follow_link(services, unused)
    with pytest.raises(SignInRefused):
        sign_in(services, address=ADDRESS, password=PASSWORD, ip="127.0.0.1")
    with services.read() as session:
        assert find_moderator(session, services.keyring, ADDRESS) is None
        for rows in (DeskSession, SignInLink):
            assert session.scalar(select(func.count()).where(rows.moderator_id == moderator.id)) == 0
        assert session.scalar(select(func.count()).where(AddressRecord.owner_id == moderator.id)) == 0
        assert session.get_one(Moderator, moderator.id).name == "Mo"
    # The address is free again, for another account.
    assert add_moderator(services, "viewer", site).id != moderator.id


def test_closing_twice_is_closing_once(services, site, boss, fixed_clock):
    moderator = add_moderator(services, "moderator", site)
    first = account_administration.close(services, boss, moderator.id)
    fixed_clock.advance(hours=1)
    assert account_administration.close(services, boss, moderator.id).closed_at == first.closed_at
    assert trail(services) == [(site.id, "moderator.close")]


def test_a_closed_account_stays_as_it_is(services, site, boss):
    moderator = add_moderator(services, "moderator", site)
    account_administration.close(services, boss, moderator.id)
    for change in ({"name": "Else"}, {"role": "admin"}, {"sites": [ALL_SITES]}, {"password": PASSWORD}):
        with pytest.raises(AccountClosed):
            account_administration.change(services, boss, moderator.id, **change)
    with pytest.raises(AccountClosed):
        account_administration.let_in(services, boss, moderator.id)
    assert not seen_by(services, boss)[moderator.id].changeable


LAST = [
    pytest.param(lambda call, site: account_administration.close(*call), id="close"),
    pytest.param(lambda call, site: account_administration.change(*call, role="moderator"), id="demote"),
    pytest.param(lambda call, site: account_administration.change(*call, sites=[site.id]), id="one site"),
]


@pytest.mark.parametrize("verb", LAST)
@pytest.mark.parametrize("by", ["themselves", "an operator"])
def test_the_last_administrator_of_everything_stays(services, site, boss, editor, verb, by):
    actor = boss if by == "themselves" else None
    gone = add_moderator(services, "admin", address="gone@example.org")
    account_administration.close(services, None, gone.id)
    add_moderator(services, "moderator", address="everywhere@example.org")
    with pytest.raises(LastAdmin):
        verb((services, actor, boss.id), site)
    assert roles_of(services, boss.id) == {ALL_SITES: "admin"}
    account_administration.change(services, actor, boss.id, name="Still here")
    add_moderator(services, "admin", address="next@example.org")
    verb((services, actor, boss.id), site)


def close_each_other(services) -> list[str]:
    """Two administrators of everything close each other at the same moment; what came of it."""
    two = [add_moderator(services, "admin", address=f"{n}@example.org") for n in range(2)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def run(actor: Actor, other: str) -> None:
        start.wait()
        try:
            account_administration.close(services, actor, other)
            outcomes.append("closed")
        except (LastAdmin, SignInNeeded):
            outcomes.append("refused")

    threads = [
        threading.Thread(target=run, args=(actor_of(services, one), other.id))
        for one, other in zip(two, reversed(two), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_two_cannot_close_each_other(services):
    assert close_each_other(services) == ["closed", "refused"]


@pytest.mark.postgres
def test_two_cannot_close_each_other_on_postgresql(postgres_services):
    assert close_each_other(postgres_services) == ["closed", "refused"]


@pytest.mark.parametrize(
    "change, wanted",
    [
        pytest.param({"role": "admin"}, {"gazette": "admin", "herald": "admin"}, id="role where they are"),
        pytest.param({"role": "admin", "sites": ["herald"]}, {"herald": "admin"}, id="role and site"),
        pytest.param({"sites": [""]}, {"": "viewer"}, id="the same role on every site"),
        pytest.param({"role": "viewer"}, {"gazette": "viewer", "herald": "viewer"}, id="nothing new"),
        pytest.param({"name": " New \n name "}, {"gazette": "viewer", "herald": "viewer"}, id="a name"),
    ],
)
def test_what_is_not_given_stays(services, site, herald, boss, change, wanted):
    ids = {"gazette": site.id, "herald": herald.id, "": ALL_SITES}
    moderator = add_moderator(services, "viewer", site, herald)
    if "sites" in change:
        change = change | {"sites": [ids[slug] for slug in change["sites"]]}
    changed = account_administration.change(services, boss, moderator.id, **change)
    assert roles_of(services, moderator.id) == {ids[slug]: role for slug, role in wanted.items()} == dict(changed.roles)
    assert changed.name == ("New name" if "name" in change else "Mo")
    assert bool(trail(services)) == (change != {"role": "viewer"})


def test_of_different_roles_none_is_guessed(services, site, herald, boss):
    moderator = add_moderator(services, "viewer", site)
    with services.write() as session:
        session.add(Membership(moderator_id=moderator.id, site_id=herald.id, role="admin"))
    with pytest.raises(Invalid) as refused:
        account_administration.change(services, boss, moderator.id, sites=[site.id])
    assert [error.field for error in refused.value.errors] == ["role"]
    # No role anywhere must not become one everywhere.
    with services.write() as session:
        for membership in session.scalars(select(Membership).where(Membership.moderator_id == moderator.id)):
            session.delete(membership)
    with pytest.raises(Invalid):
        account_administration.change(services, boss, moderator.id, role="viewer")


def test_no_site_never_means_every_site(services, site, boss):
    with pytest.raises(Invalid):
        account_administration.add(services, None, address=ADDRESS, role="admin", sites=[])
    moderator = add_moderator(services, "viewer", site)
    with pytest.raises(Invalid):
        account_administration.change(services, boss, moderator.id, role="admin", sites=[])
    assert roles_of(services, moderator.id) == {site.id: "viewer"}


def test_who_administers_nothing_sees_nobody(services, site, boss):
    nobody = Actor(ActorKind.MODERATOR, "01J00000000000000000000000", "Low", {site.id: "moderator"})
    assert seen_by(services, nobody) == seen_by(services, nobody, site_id=site.id) == {}


NO_NAMES = ["", " ", "x" * 81, "mo@example.org", "Mo (mo@example.org)", "Mo\x00", "\ud800", "\u202eoM", "\u200b"]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_names_that_are_none(services, site, boss, name):
    moderator = add_moderator(services, "viewer", site)
    with pytest.raises(Invalid) as refused:
        account_administration.change(services, boss, moderator.id, name=name)
    assert "mo@" not in str(refused.value)


def test_a_new_password_signs_out_everywhere(services, site, boss):
    moderator = add_moderator(services, "moderator", site)
    token = add_desk_session(services, moderator)
    with pytest.raises(WeakPassword):
        account_administration.change(services, boss, moderator.id, password="short")
    assert session_actor(services, token) is not None
    account_administration.change(services, boss, moderator.id, password=PASSWORD)
    assert session_actor(services, token) is None
    assert sign_in(services, address=ADDRESS, password=PASSWORD, ip="127.0.0.1")


def test_a_guessed_address_leaves_a_trace(services, site, herald, editor, boss):
    add_moderator(services, "moderator", herald)
    with pytest.raises(AlreadyThere):
        account_administration.add(services, editor, address=ADDRESS, role="viewer", sites=[site.id])
    assert trail(services) == [(site.id, "moderator.add_refused")]
    with pytest.raises(AlreadyThere):
        account_administration.add(services, boss, address=ADDRESS, role="viewer", sites=[site.id])
    assert len(trail(services)) == 1


def test_when_somebody_was_last_here(services, site, boss, fixed_clock):
    moderator = add_moderator(services, "moderator", site)
    assert seen_by(services, boss)[moderator.id].seen_at is None
    _, link = account_administration.let_in(services, boss, moderator.id)
    token = follow_link(services, link)
    begun = fixed_clock.now()
    fixed_clock.advance(minutes=30)
    session_actor(services, token)
    assert seen_by(services, boss)[moderator.id].seen_at == fixed_clock.now()
    fixed_clock.advance(days=2)
    # Anybody's sign-in sweeps the sessions that are over; the trail still says when this one began.
    follow_link(services, account_administration.let_in(services, None, boss.id)[1])
    assert seen_by(services, None)[moderator.id].seen_at == begun


def test_accounts_of_one_site(services, site, herald, boss, editor):
    add_moderator(services, "viewer", herald)
    assert set(seen_by(services, boss, site_id=site.id)) == {boss.id, editor.id}
    assert len(seen_by(services, boss)) == 3
    assert len(seen_by(services, None)) == 3
