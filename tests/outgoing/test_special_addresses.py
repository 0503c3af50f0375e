"""One address in each block that leads to no public server, and the nearest outside of it."""

import ipaddress

import pytest

from service.outgoing import Outgoing

# The block's first and last address, and the public ones just before and after; "" where none is next to it.
BLOCKS = [
    ("0.0.0.0", "0.255.255.255", "", "1.0.0.0"),
    ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
    ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
    ("127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"),
    ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
    ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
    ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
    ("192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"),
    ("192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"),
    ("192.31.196.0", "192.31.196.255", "192.31.195.255", "192.31.197.0"),
    ("192.52.193.0", "192.52.193.255", "192.52.192.255", "192.52.194.0"),
    ("192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"),
    ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
    ("192.175.48.0", "192.175.48.255", "192.175.47.255", "192.175.49.0"),
    ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
    ("198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"),
    ("203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"),
    ("224.0.0.0", "239.255.255.255", "223.255.255.255", ""),
    ("240.0.0.0", "255.255.255.254", "", ""),
    ("255.255.255.255", "255.255.255.255", "", ""),
    # Up to 2000:: nothing was given out: unspecified, loopback, compatible, translated, NAT64, discard, dummy.
    ("::", "::1", "", ""),
    ("::2", "::ffff:ffff", "", ""),
    ("::ffff:0:0:0", "::ffff:0:ffff:ffff", "", ""),
    ("64:ff9b::", "64:ff9b::ffff:ffff", "", ""),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("100::", "100::1:ffff:ffff:ffff:ffff", "", ""),
    ("::1:0:0:0", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2000::"),
    # Teredo, benchmarking, AMT, AS112, ORCHID, ORCHIDv2, DRIP.
    ("2001::", "2001::ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("2001:2::", "2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("2001:4:112::", "2001:4:112:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("2001:10::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "", "2001:200::"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"),
    ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:7fff:ffff::", "2620:4f:8001::"),
    ("3ffe::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "", "3fff:1000::"),
    ("4000::", "dfff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", ""),
]


@pytest.mark.parametrize(("first", "last", "before", "after"), BLOCKS, ids=[block[0] for block in BLOCKS])
def test_a_block_to_its_ends(first, last, before, after):
    outgoing = Outgoing()
    middle = ipaddress.ip_address(first) + (int(ipaddress.ip_address(last)) - int(ipaddress.ip_address(first))) // 2
    for inside in (first, str(middle), last):
        assert not outgoing.may_reach(inside), inside
    for outside in filter(None, (before, after)):
        assert outgoing.may_reach(outside), outside


@pytest.mark.parametrize(
    ("carrier", "address", "reached"),
    [
        pytest.param("64:ff9b::/96", "64:ff9b::127.0.0.1", False, id="nat64-loopback"),
        pytest.param("64:ff9b::/96", "64:ff9b::5db8:d70e", True, id="nat64-public"),
        pytest.param("64:ff9b:1::/48", "64:ff9b:1::10.0.0.1", False, id="local-nat64-private"),
        pytest.param("2002::/16", "2002:a9fe:a9fe::1", False, id="6to4-metadata"),
        pytest.param("2002::/16", "2002:5db8:d70e::1", True, id="6to4-public"),
        pytest.param("2001::/32", "2001:0:5db8:d70e:0:0:f5ff:fffe", False, id="teredo-client-private"),
        pytest.param("2001::/32", "2001:0:a00:1:0:0:a247:28f1", False, id="teredo-server-private"),
        pytest.param("2001::/32", "2001:0:5db8:d70e:0:0:a247:28f1", True, id="teredo-public"),
        pytest.param("::/96", "::192.168.0.1", False, id="compatible"),
        pytest.param("::ffff:0:0:0/96", "::ffff:0:192.168.0.1", False, id="translated"),
        pytest.param("2003::/32", "2003::5efe:10.0.0.1", False, id="isatap-private"),
        pytest.param("2003::/32", "2003::200:5efe:10.0.0.1", False, id="isatap-private-universal"),
        pytest.param("2003::/32", "2003::5efe:93.184.215.14", True, id="isatap-public"),
    ],
)
def test_what_a_translator_or_a_tunnel_carries_is_judged_even_where_it_is_opened(carrier, address, reached):
    assert Outgoing(allowed=[ipaddress.ip_network(carrier)]).may_reach(address) is reached


def test_mapped_addresses_are_what_they_map():
    assert Outgoing().may_reach("::ffff:93.184.215.14")
    for special in ("127.0.0.1", "169.254.169.254", "192.0.0.8", "255.255.255.255"):
        assert not Outgoing().may_reach(f"::ffff:{special}")


def test_loopback_can_be_opened():
    assert Outgoing(allowed=[ipaddress.ip_network("::1/128")]).may_reach("::1")
