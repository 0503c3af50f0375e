"""A proxy that is not listed as ours is told of once, by its network."""

import pytest
from structlog.testing import capture_logs

from service.privacy import clients
from service.privacy.clients import client_ip


@pytest.fixture(autouse=True)
def _untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_told", set())


@pytest.mark.parametrize(
    ("peer", "network"), [("198.51.100.77", "198.51.100.0/24"), ("2001:db8:1:2::77", "2001:db8:1::/48")]
)
def test_a_stranger_who_forwards_is_told_of_once_and_not_by_its_address(peer: str, network: str) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    with capture_logs() as said:
        assert [client_ip(environ, ()) for _ in range(3)] == [peer] * 3
    assert [(line["event"], line["network"]) for line in said] == [("forwarded_by_a_stranger", network)]
    assert peer not in str(said)
    assert "203.0.113" not in str(said)


def test_who_forwards_nothing_is_not_told_of() -> None:
    with capture_logs() as said:
        assert client_ip({"REMOTE_ADDR": "198.51.100.77"}, ()) == "198.51.100.77"
    assert said == []
