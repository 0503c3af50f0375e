"""Which name servers are believed about a reader's domain; asked on the loopback only."""

from dataclasses import replace
from typing import Any

import dns.rcode
import dns.resolver
import msgspec
import pytest
from prometheus_client import REGISTRY

from service.cli.diagnostics import check_all
from service.moderation.network import name_servers
from service.moderation.network.mail_domains import dns_lookup
from service.moderation.network.name_servers import BELIEVED_SECONDS, NOT_BELIEVED_SECONDS, Belief, NameServers
from service.moderation.network.network_facts import name_servers as lookup_of
from service.wiring import Services
from tests.name_server import CONTROLS, NameServer, Says, honest


@pytest.mark.parametrize(
    ("domain", "answer"),
    [("good.test", True), ("none.test", False), ("null.test", False), ("broken.test", None), ("slow.test", None)],
)
def test_what_name_servers_say_counts_and_silence_does_not(domain: str, answer: bool | None) -> None:
    with NameServer() as server:
        assert dns_lookup(server.servers())(domain) is answer


def _all(answer: str | dns.rcode.Rcode | None) -> Says:
    return lambda _name, _kind: answer


def _portal(_name: str, kind: str) -> str | dns.rcode.Rcode:
    return {"A": "192.0.2.1", "AAAA": "2001:db8::1"}.get(kind, dns.rcode.NOERROR)


def _helpful(name: str, kind: str) -> Any:
    """Sells what does not exist, as some access providers do."""
    found = honest(name, kind)
    return "192.0.2.1" if kind == "A" and not isinstance(found, str) else found


@pytest.mark.parametrize(
    ("says", "belief"),
    [
        pytest.param(honest, Belief.BELIEVED, id="honest"),
        pytest.param(_all(dns.rcode.NXDOMAIN), Belief.KNOW_NOBODY, id="no such name"),
        pytest.param(_all(dns.rcode.NOERROR), Belief.KNOW_NOBODY, id="no data"),
        pytest.param(
            lambda _name, kind: "0 ." if kind == "MX" else dns.rcode.NOERROR, Belief.KNOW_NOBODY, id="no mail anywhere"
        ),
        pytest.param(_all(dns.rcode.REFUSED), Belief.SILENT, id="refused"),
        pytest.param(_all(dns.rcode.SERVFAIL), Belief.SILENT, id="broken"),
        pytest.param(_all(None), Belief.SILENT, id="silent"),
        pytest.param(_portal, Belief.KNOW_EVERYBODY, id="captive portal"),
        pytest.param(_helpful, Belief.KNOW_EVERYBODY, id="an address for what is not there"),
        pytest.param(
            lambda name, kind: "10 mx.test." if kind == "MX" else honest(name, kind),
            Belief.KNOW_EVERYBODY,
            id="mail for everybody",
        ),
    ],
)
def test_only_servers_that_know_who_must_be_there_are_believed(
    says: Says, belief: Belief, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_servers, "QUESTION_SECONDS", 0.2)
    with NameServer(says) as server:
        monkeypatch.setattr(name_servers, "CONTROL_SECONDS", 0.5)
        servers = server.servers()
        assert servers.belief() is belief
        if belief is not Belief.BELIEVED:
            assert dns_lookup(servers)("none.test") is None
            assert dns_lookup(servers)("good.test") is None


def test_belief_is_kept_for_a_while_and_then_looked_at_again() -> None:
    now = [0.0]
    with NameServer() as server:
        servers = server.servers(now=lambda: now[0])
        look_up = dns_lookup(servers)
        assert look_up("none.test") is False
        server.says = _all(dns.rcode.NXDOMAIN)
        asked = len(server.asked)
        now[0] = BELIEVED_SECONDS - 1
        assert servers.belief() is Belief.BELIEVED
        assert len(server.asked) == asked
        now[0] = BELIEVED_SECONDS
        before = REGISTRY.get_sample_value("rejoinder_dns_lookups_total", {"outcome": "know_nobody"}) or 0
        assert look_up("good.test") is None
        assert "good.test." not in server.asked
        assert REGISTRY.get_sample_value("rejoinder_dns_lookups_total", {"outcome": "know_nobody"}) == before + 1
        server.says = honest
        now[0] += NOT_BELIEVED_SECONDS
        assert look_up("none.test") is False


def test_without_servers_nobody_is_believed() -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = []
    servers = NameServers(resolver, ["control.test"])
    assert servers.belief() is Belief.SILENT
    assert dns_lookup(servers)("good.test") is None


@pytest.mark.parametrize(
    ("says", "level", "found"),
    [
        (honest, "ok", "the name servers know domains that exist"),
        (
            _all(dns.rcode.NXDOMAIN),
            "note",
            "the name servers say that there is none of first-control.test, control.test",
        ),
        (_portal, "note", "the name servers answer for names that cannot exist"),
        (_all(dns.rcode.REFUSED), "note", "the name servers do not answer"),
    ],
    ids=["honest", "no such name", "captive portal", "refused"],
)
def test_doctor_says_what_the_name_servers_are_worth(
    services: Services, monkeypatch: pytest.MonkeyPatch, says: Says, level: str, found: str
) -> None:
    settings = msgspec.structs.replace(services.settings, dns=True, dns_controls=CONTROLS)
    with NameServer(says) as server:
        resolver = server.servers().resolver
        monkeypatch.setattr(dns.resolver, "Resolver", lambda: resolver)
        (check,) = (one for one in check_all(replace(services, settings=settings)) if one.what == "dns")
        assert lookup_of(replace(services, settings=settings)) is not None
    assert check.level == level
    assert check.found.startswith(found)
