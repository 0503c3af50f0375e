"""Strangers who type a moderator's address lock strangers out, and nobody whose device or network is known."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry
from service.accounts import account_administration
from service.accounts.moderators import ALL_SITES, account_form
from service.accounts.sign_in import THROTTLED, SignInRefused, TooManyAttempts, follow_link, remember_device, sign_in
from service.accounts.throttle import KNOWN_SECONDS, LIMITS, attempt
from service.accounts.tokens import DEVICE_LIFE, device_id
from service.app import create_app
from service.privacy.addresses import address_indexes
from service.privacy.sealing import Keyring, new_secret
from service.redis_keys import key
from service.wiring import Services, wire
from tests.factories import add_moderator
from tests.factories.moderator import ADDRESS, PASSWORD
from tests.settings import make_settings

HOME, OFFICE, STRANGE = "198.51.100.7", "203.0.113.9", "192.0.2.7"


@pytest.fixture
def moderator(services):
    return add_moderator(services, password=PASSWORD)


def _in(
    services: Services, *, ip: str = HOME, device: str = "", address: str = ADDRESS, password: str = PASSWORD
) -> str:
    return sign_in(services, address=address, password=password, ip=ip, device=device)


def _guess(services: Services, times: int, *, networks: int = 1, address: str = ADDRESS) -> None:
    """Wrong attempts, spread over so many networks, none of which is known."""
    for count in range(times):
        ip = f"10.{count % networks // 250}.{count % networks % 250}.1"
        attempt(services.redis, services.keyring, address=account_form(address), ip=ip)


@pytest.mark.parametrize("times", [110, 300])
def test_one_network_locks_nobody_out_of_the_others(services, moderator, times):
    _guess(services, times)
    assert _in(services, ip=HOME)


def test_many_networks_lock_strangers_out_and_no_known_place(services, moderator):
    device = remember_device(services, _in(services, ip=HOME))
    _guess(services, LIMITS["address"][0] + 10, networks=50)
    with pytest.raises(TooManyAttempts):
        _in(services, ip=STRANGE)
    assert _in(services, ip=HOME)
    assert _in(services, ip=STRANGE, device=device)


def test_what_is_refused_counts_for_nothing_else(services, moderator):
    _guess(services, LIMITS["address"][0], networks=50)
    for _ in range(LIMITS["network"][0] + 1):
        assert attempt(services.redis, services.keyring, address=ADDRESS, ip=STRANGE).wait is not None
    assert attempt(services.redis, services.keyring, address="else@example.org", ip=STRANGE).wait is None


def test_a_neighbour_in_the_same_network_locks_no_known_device_out(services, moderator):
    device = remember_device(services, _in(services, ip=OFFICE))
    for count in range(LIMITS["network"][0] + 5):
        attempt(services.redis, services.keyring, address=f"colleague{count}@example.org", ip=OFFICE)
    for _ in range(LIMITS["address_and_network"][0] + 5):
        attempt(services.redis, services.keyring, address=ADDRESS, ip=OFFICE)
    with pytest.raises(TooManyAttempts):
        _in(services, ip=OFFICE)
    assert _in(services, ip=OFFICE, device=device)


@pytest.mark.parametrize("known", ["device", "network"])
def test_a_known_place_may_not_guess_for_ever(services, moderator, known):
    device = remember_device(services, _in(services, ip=HOME))
    place = {"device": device, "ip": STRANGE} if known == "device" else {"ip": HOME}
    for _ in range(10):
        with pytest.raises(SignInRefused):
            _in(services, password="a wrong password", **place)
    with pytest.raises(TooManyAttempts):
        _in(services, **place)


def _spoilt(token: str) -> dict[str, str]:
    made, random, signature = token.split(".")
    return {
        "none": "",
        "no token": "x",
        "other bytes": f"{made}.{'0' * 32}.{signature}",
        "younger": f"{int(made) + 1}.{random}.{signature}",
        "no signature": f"{made}.{random}.",
        "digits of another script": f"٣.{random}.{signature}",
        "long": token + "0" * 1000,
        "surrogate": token + "\ud800",
    }


@pytest.mark.parametrize("how", _spoilt("1.2.3"))
def test_a_device_is_believed_only_by_its_signature(services, moderator, how):
    device = _spoilt(remember_device(services, _in(services, ip=HOME)))[how]
    _guess(services, LIMITS["address"][0], networks=50)
    with pytest.raises(TooManyAttempts):
        _in(services, ip=STRANGE, device=device)


def test_a_device_is_known_for_one_account_and_half_a_year(services, moderator, fixed_clock):
    add_moderator(services, address="else@example.org", password=PASSWORD)
    device = remember_device(services, _in(services, ip=HOME, address="else@example.org"))
    _guess(services, LIMITS["address"][0], networks=50)
    with pytest.raises(TooManyAttempts):
        _in(services, ip=STRANGE, device=device)
    own = remember_device(services, _in(services, ip=HOME, address="else@example.org"))
    _guess(services, LIMITS["address"][0], networks=50, address="else@example.org")
    fixed_clock.advance(seconds=DEVICE_LIFE.total_seconds() - 1)
    assert _in(services, ip=STRANGE, address="else@example.org", device=own)
    fixed_clock.advance(seconds=2)
    with pytest.raises(TooManyAttempts):
        _in(services, ip=OFFICE, address="else@example.org", device=own)


def test_a_device_that_signs_in_clears_nobody_elses_attempts(services, moderator):
    device = remember_device(services, _in(services, ip=OFFICE))
    used_up = LIMITS["address_and_network"][0]
    for _ in range(used_up):
        attempt(services.redis, services.keyring, address=account_form(ADDRESS), ip=HOME)
    for _ in range(3):
        assert _in(services, ip=HOME, device=device)
    assert attempt(services.redis, services.keyring, address=account_form(ADDRESS), ip=HOME).wait is not None


def test_a_place_stays_known_under_a_new_secret(services, moderator, fixed_clock):
    device = remember_device(services, _in(services, ip=HOME))
    ring = Keyring.from_secrets([new_secret(), *services.settings.secrets])
    form = account_form(ADDRESS)
    assert attempt(services.redis, ring, address=form, ip=HOME).known == "network"
    accounts = address_indexes(ring, site_id=ALL_SITES, address=form)
    assert device_id(ring, device, accounts, fixed_clock.now())


def test_a_known_network_is_forgotten_in_the_end(services, moderator):
    _in(services, ip=HOME)
    lives = [services.redis.ttl(name) for name in services.redis.keys(key(services.redis, "throttle:*"))]
    assert all(0 < life <= KNOWN_SECONDS for life in lives)
    assert max(lives) > KNOWN_SECONDS - timedelta(hours=1).total_seconds()


def test_a_place_is_known_without_redis_too(services, moderator, fixed_clock):
    down = wire(
        make_settings(services.settings.database_url, "unix:///nonexistent/valkey.sock"), clock=fixed_clock.clock()
    )
    device = remember_device(down, _in(down, ip=HOME))
    _guess(down, LIMITS["address"][0], networks=50)
    with pytest.raises(TooManyAttempts):
        _in(down, ip=STRANGE)
    assert _in(down, ip=HOME)
    assert _in(down, ip=STRANGE, device=device)
    down.close()


def _trail(services: Services) -> list[AuditEntry]:
    with services.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


@pytest.mark.parametrize("known", [True, False], ids=["an account", "no account"])
def test_the_trail_says_once_that_attempts_are_used_up(services, moderator, known):
    address = ADDRESS if known else "nobody@example.org"
    limit, seconds = LIMITS["address_and_network"]
    for _ in range(limit + 5):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            _in(services, address=address, password="a wrong password", ip=STRANGE)
    (entry,) = _trail(services)
    assert (entry.action, entry.target) == (THROTTLED, moderator.id if known else None)
    assert entry.details == {"limit": "address_and_network", "attempts": limit, "seconds": seconds}


def test_the_trail_says_from_where_somebody_came(services, moderator):
    device = remember_device(services, _in(services, ip=HOME))
    _in(services, ip=HOME)
    _in(services, ip=STRANGE, device=device)
    assert [entry.details["from"] for entry in _trail(services)] == ["new", "known network", "known device"]


def test_the_browser_keeps_what_it_is_known_by(services, moderator):
    client = create_app(services, rooms=("service.desk.routes",)).test_client()
    form = {"address": ADDRESS, "password": PASSWORD}
    answer = client.post("/moderate/sign-in", data=form)
    (kept,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("rejoinder-device=")]
    assert {"HttpOnly", "SameSite=Lax", f"Max-Age={int(DEVICE_LIFE.total_seconds())}"} <= set(kept.split("; "))
    _guess(services, LIMITS["address"][0], networks=50)
    client.delete_cookie("rejoinder")
    answer = client.post("/moderate/sign-in", data=form, environ_base={"REMOTE_ADDR": STRANGE})
    assert answer.status_code == 303
    client.delete_cookie("rejoinder-device")
    client.delete_cookie("rejoinder")
    answer = client.post("/moderate/sign-in", data=form, environ_base={"REMOTE_ADDR": OFFICE})
    assert answer.status_code == 429


def test_a_link_makes_its_browser_known(services, moderator):
    _, link = account_administration.let_in(services, None, moderator.id)
    device = remember_device(services, follow_link(services, link))
    _guess(services, LIMITS["address"][0], networks=50)
    assert _in(services, ip=STRANGE, device=device)


def test_a_session_that_is_no_more_makes_nothing_known(services, moderator):
    assert remember_device(services, "no such session") == ""
