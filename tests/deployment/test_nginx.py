"""deploy/nginx.conf in front of a service: what it lets through, where it redirects, and what it never writes down."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.desk.policy.api import REQUEST_BYTES
from service.desk.policy.pages import LIST_REQUEST_BYTES
from service.privacy.prefixes import network_of
from tests.deployment.nginx import PUBLIC_NAME, SHIPPED, Nginx, Upstream, running
from tests.environment import free_port
from tests.waiting import wait_until

# As the service makes them: 16 and 32 random bytes, and a signed one.
SHORT = "Qx7canaryRECEIPT0zzZ_-"
LONG = "Zk3canaryTOKEN9aaaaaaaaaaaaaaaaaaaaaaaaaaa-_"
SIGNED = "IjAxY2FuYXJ5VE9LRU4i.aBcDeF.GhIjKlMnOpQrStUvWxYz0123456789-_AA"
# Of one network: `limit_conn`.
MOST_AT_ONCE = 200
SECRETS = (SHORT, LONG, SIGNED, "canary.reader")


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Nginx]:
    with running(tmp_path_factory.mktemp("nginx"), upstream.port) as nginx:
        yield nginx


def _logged(nginx: Nginx) -> str:
    return (nginx.folder / "rejoinder.log").read_text("utf-8")


@pytest.mark.parametrize("path", ["/", f"/receipts/{SHORT}", "/demo/?thread=1", "//evil.example/", "/moderate/"])
@pytest.mark.parametrize("host", [PUBLIC_NAME, "evil.example", "evil.example:80", "127.0.0.1"])
def test_plain_http_is_sent_to_the_public_name_only(nginx: Nginx, path: str, host: str) -> None:
    status, headers = nginx.ask("GET", path, tls=False, host=host)
    assert (status, headers["location"]) == (301, f"https://{PUBLIC_NAME}{path}")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:443", f"x.{PUBLIC_NAME}", "127.0.0.1"])
def test_another_name_reaches_nothing(nginx: Nginx, upstream: Upstream, host: str) -> None:
    before = len(upstream.heard)
    assert nginx.ask("GET", "/", host=host)[0] == 421
    assert len(upstream.heard) == before


def test_it_speaks_http_2_and_no_old_tls(nginx: Nginx) -> None:
    protocol, version = nginx.protocols()
    assert protocol == "h2"
    assert version in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("PUT", "/api/v1/moderation/sites/gazette/policy", REQUEST_BYTES),
        ("POST", "/api/v1/moderation/sites/gazette/policy/rehearsals", REQUEST_BYTES),
        ("POST", "/moderate/sites/gazette/policy", REQUEST_BYTES),
        ("PUT", "/api/v1/moderation/sites/gazette/policy/lists/ours", LIST_REQUEST_BYTES),
        ("POST", "/moderate/sites/gazette/policy/lists", LIST_REQUEST_BYTES),
        ("POST", "/api/v1/sites/gazette/comments", 64 * 1024),
    ],
)
def test_what_the_service_takes_gets_through(
    nginx: Nginx, upstream: Upstream, method: str, path: str, size: int
) -> None:
    assert nginx.ask(method, path, body=b"x" * size)[0] == 200
    assert (upstream.heard[-1].path, upstream.heard[-1].length) == (path, size)


@pytest.mark.parametrize(
    ("path", "size"), [("/api/v1/sites/gazette/comments", 200_000), ("/moderate/sites/gazette/policy", 4_000_000)]
)
def test_what_no_address_takes_ends_here(nginx: Nginx, upstream: Upstream, path: str, size: int) -> None:
    before = len(upstream.heard)
    assert nginx.ask("POST", path, body=b"x" * size)[0] == 413
    assert len(upstream.heard) == before


def test_what_a_client_claims_about_itself_ends_here(nginx: Nginx, upstream: Upstream) -> None:
    claims = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: evil.example", "Forwarded: for=203.0.113.9"]
    claims += [f"traceparent: 00-{'6c' * 16}-{'6c' * 8}-01", "tracestate: a=b", "X-Request-Id: 0123456789abcdef"]
    assert nginx.ask("GET", "/embed/gazette", *claims, "X-Forwarded-Proto: http")[0] == 200
    headers = upstream.heard[-1].headers
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert headers["host"] == PUBLIC_NAME
    assert {"x-forwarded-host", "forwarded", "traceparent", "tracestate"} & set(headers) == set()
    assert headers["x-request-id"] != "0123456789abcdef"


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/x/../metrics", "/metrics?x=1"])
def test_numbers_are_not_for_the_public(nginx: Nginx, upstream: Upstream, path: str) -> None:
    before = len(upstream.heard)
    assert nginx.ask("GET", path)[0] == 404
    assert len(upstream.heard) == before


def test_a_service_that_fails_once_is_asked_again_at_once(nginx: Nginx) -> None:
    assert [nginx.ask("GET", "/broken")[0] for _ in range(3)] == [503] * 3
    assert nginx.ask("GET", "/healthz")[0] == 200


def test_no_server_is_taken_out_for_an_answer_that_failed() -> None:
    """nginx minds this where there are two of them."""
    servers = re.findall(r"^    server \d.*;$", (SHIPPED / "nginx.conf").read_text("utf-8"), re.M)
    assert servers
    assert [line for line in servers if "max_fails=0" not in line] == []


def test_no_comment_touches_the_disk(tmp_path: Path, upstream: Upstream) -> None:
    with running(tmp_path / "no-disk", upstream.port) as nginx:
        for folder in ("client_body", "proxy"):
            (nginx.folder / folder).rmdir()
        assert nginx.ask("POST", "/api/v1/sites/gazette/comments", body=b"x" * 64 * 1024)[0] == 200
        assert nginx.ask("PUT", "/api/v1/moderation/sites/gazette/policy", body=b"x" * REQUEST_BYTES)[0] == 500


def test_connections_are_counted_for_the_networks_that_the_service_knows() -> None:
    shipped = (SHIPPED / "nginx.conf").read_text("utf-8")
    patterns = [found.replace("(?<", "(?P<") for found in re.findall(r'"~(\^\(\?<rejoinder_v[46]\S+)"', shipped)]
    networks: dict[str, str] = {}
    for ip in [
        *("192.0.2.1", "192.0.2.255", "192.0.20.1", "19.2.0.21"),
        *("2001:db8:1:2::5", "2001:db8:1::", "2001:db8:1:2:3:4:5:6", "2001:db8:10:2::5"),
        *("2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:1:2:3:4:5", "2001:db9::1", "2a00:8::1"),
    ]:
        counted = next(found for pattern in patterns if (found := re.match(pattern, ip)))
        key = next(group for name, group in counted.groupdict().items() if name)
        assert networks.setdefault(key, str(network_of(ip))) == str(network_of(ip))
    assert len(networks) == len(set(networks.values()))


def test_one_network_does_not_hold_all_connections(tmp_path: Path, upstream: Upstream) -> None:
    with running(tmp_path / "held", upstream.port) as nginx, ExitStack() as held:
        # Each stops in the middle of a request; from two addresses of one network, so that no address holds them all.
        for number in range(MOST_AT_ONCE):
            connection = held.enter_context(nginx.connect(source=f"127.0.1.{number % 2 + 1}"))
            connection.sendall(f"POST / HTTP/1.1\r\nHost: {PUBLIC_NAME}\r\nContent-Length: 9\r\n\r\nx".encode())
        wait_until(lambda: nginx.ask("GET", "/healthz", source="127.0.1.3")[0] == 429, what="the limit")
        assert nginx.ask("GET", "/healthz", source="127.0.2.1")[0] == 200


def test_its_own_error_page_is_as_guarded_as_the_services(nginx: Nginx) -> None:
    status, headers = nginx.ask("GET", f"/receipts/{SHORT}/broken")
    assert (status, headers["retry-after"], headers["referrer-policy"]) == (503, "5", "no-referrer")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


PLACES = [
    (f"/receipts/{SHORT}", "/receipts"),
    (f"/receipts/{SHORT}/withdraw", "/receipts"),
    (f"//receipts//{SHORT}", "/receipts"),
    (f"/x/../receipts/{SHORT}", "/receipts"),
    (f"/%72eceipts/{SHORT}", "/receipts"),
    (f"/api/v1/receipts/{SHORT}", "/api/v1/receipts"),
    (f"/confirm/{SHORT}", "/confirm"),
    (f"/unsubscribe/{SIGNED}", "/unsubscribe"),
    (f"/moderate/sign-in/{LONG}", "/moderate"),
    (f"/moderate/sign-in?next=/receipts/{SHORT}", "/moderate"),
    ("/moderate/?q=canary.reader@example.org", "/moderate"),
    (f"/embed/gazette?thread=1&token={SIGNED}", "/embed"),
    (f"/demo/?receipt={SHORT}", "/demo"),
    ("/api/v1/sites/gazette/comments?thread=1&cursor=x", "/api/v1/sites"),
    ("/widget.js", "/widget.js"),
    ("/", "/"),
    # Copied without its beginning, with a slip in it, or to the wrong place.
    (f"/{SHORT}", "-"),
    (f"/{LONG}", "-"),
    (f"/Confirm/{SHORT}", "-"),
    (f"/confirm{SHORT}", "-"),
    (f"/api/v1/{SHORT}", "/api"),
    (f"/canary.reader@example.org/{SHORT}", "-"),
]


@pytest.mark.parametrize(("path", "place"), PLACES)
def test_the_access_log_names_the_place_and_not_the_secret(nginx: Nginx, path: str, place: str) -> None:
    before = len(_logged(nginx).splitlines())
    nginx.ask("GET", path, f"Referer: https://{PUBLIC_NAME}/receipts/{SHORT}")
    [line] = _logged(nginx).splitlines()[before:]
    assert line.split()[1:4] == ["GET", place, "200"]
    assert "127.0.0.1" not in line


def test_no_secret_is_in_any_file(tmp_path: Path, nginx: Nginx, upstream: Upstream) -> None:
    """Whatever goes wrong: with the service there, with it gone, with requests that are wrong in themselves."""
    paths = [path for path, _ in PLACES]
    with running(tmp_path / "gone", free_port()) as alone:
        for path in paths:
            assert alone.ask("GET", path)[0] == 503
        alone.ask("GET", "/", f"Referer: https://{PUBLIC_NAME}/confirm/{SHORT}")
        assert all(secret.encode() not in alone.written() for secret in SECRETS)
        assert "upstream 502" in _logged(alone), "what went wrong is still told"
    for path in paths:
        nginx.ask("GET", path, tls=False)
        nginx.ask("GET", f"{path}/broken")
        nginx.ask("POST", path, body=b"x" * 4_000_000)
        nginx.ask("POST", path, f"Referer: https://{PUBLIC_NAME}{path}/broken", body=b"email=canary.reader" * 3000)
        for tls in (True, False):
            start = f"GET {path} HTTP/1.1\r\nHost: {PUBLIC_NAME}\r\n".encode()
            nginx.send(start + b"Content-Length: nonsense\r\n\r\n", tls=tls)
            nginx.send(start + b"Host: evil.example\r\nConnection: close\r\n\r\n", tls=tls)
            nginx.send(start + b"X: " + b"x" * 40_000 + b"\r\n\r\n", tls=tls)
            nginx.send(f"GET {path}?{'x' * 40_000} HTTP/1.1\r\n\r\n".encode(), tls=tls)
            nginx.send(f"GET {path} HTTP/7.7\r\n\r\n".encode(), tls=tls)
            nginx.send(f"GET {path}\0 HTTP/1.1\r\n\r\n".encode(), tls=tls)
    written = nginx.written()
    assert written.count(b"\n") > len(paths)
    assert {secret for secret in SECRETS if secret.encode() in written} == set()
