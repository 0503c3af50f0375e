"""An IP address is kept as a keyed hash of its network, findable for 30 to 60 days."""

import pytest

from service.privacy.prefixes import network_of, prefix_hash, prefix_hashes
from service.privacy.sealing import Keyring, new_secret
from tests.fixed_clock import FixedClock

OLD, NEW = new_secret(), new_secret()
RING = Keyring.from_secrets([NEW, OLD])


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        pytest.param("192.0.2.7", "192.0.2.0/24", id="IPv4"),
        pytest.param("2001:db8:1:2:3::4", "2001:db8:1::/48", id="IPv6"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.0/24", id="IPv4 in IPv6"),
        pytest.param("::ffff:c000:207", "192.0.2.0/24", id="IPv4 in IPv6, in hexadecimal"),
        pytest.param("fe80::1%eth0", "fe80::/48", id="with a zone"),
    ],
)
def test_the_network_that_stands_for_it(ip, network):
    assert str(network_of(ip)) == network


@pytest.mark.parametrize("ip", ["", "localhost", "192.0.2", "192.0.2.7, 10.0.0.1", "unix:"])
def test_what_is_no_ip_address_is_refused(ip):
    with pytest.raises(ValueError):
        prefix_hash(RING, ip, FixedClock().now())


def test_neighbours_are_one_and_strangers_are_not():
    now = FixedClock().now()
    here = prefix_hash(RING, "192.0.2.7", now)
    assert here == prefix_hash(RING, "192.0.2.200", now) == prefix_hash(RING, "::ffff:192.0.2.9", now)
    assert here != prefix_hash(RING, "192.0.3.7", now)
    assert here != prefix_hash(RING, "c000:200::", now)
    assert len(here) == 16


@pytest.mark.parametrize(
    ("days", "found"),
    [
        pytest.param(0, True, id="at once"),
        pytest.param(29, True, id="in the same or the next period"),
        pytest.param(30, True, id="in the next period"),
        pytest.param(60, False, id="two periods on"),
    ],
)
def test_look_ups_cover_this_period_and_the_last(days, found):
    clock = FixedClock()
    kept = prefix_hash(RING, "192.0.2.7", clock.now())
    clock.advance(days=days)
    assert (kept in prefix_hashes(RING, "192.0.2.7", clock.now())) is found


def test_a_new_key_every_period():
    clock = FixedClock()
    first = prefix_hash(RING, "192.0.2.7", clock.now())
    clock.advance(days=30)
    assert prefix_hash(RING, "192.0.2.7", clock.now()) != first


def test_look_ups_try_every_key_of_the_ring():
    now = FixedClock().now()
    old = Keyring.from_secrets([OLD])
    assert prefix_hash(old, "192.0.2.7", now) in prefix_hashes(RING, "192.0.2.7", now)
    assert prefix_hash(RING, "192.0.2.7", now) not in prefix_hashes(old, "192.0.2.7", now)
