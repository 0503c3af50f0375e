"""The guarded client reaches public addresses only, keeps the name, follows nothing, and is never held up."""

import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.outgoing import Outgoing, OutgoingFailed

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
Talk = Callable[[socket.socket], None]


@contextmanager
def _server(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that takes one connection and hands it to `talk`; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                with tls.wrap_socket(connection, server_side=True) if tls else connection as wrapped:
                    talk(wrapped)
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert not thread.is_alive()


def _answering(answer: bytes, heard: list[bytes] | None = None) -> Talk:
    def talk(connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        # To its end: closing a socket with unread bytes resets it, and the answer may be lost on the way.
        head, _, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        while len(body) < (int(length[1]) if length else 0):
            body += connection.recv(4096)
        if heard is not None:
            heard.append(request)
        connection.sendall(answer)

    return talk


def _to(*addresses: str) -> Callable[[str, float], list[str]]:
    return lambda _host, _seconds: list(addresses)


def _client(**changes: object) -> Outgoing:
    return Outgoing(**({"allowed": LOOPBACK, "resolve": _to("127.0.0.1"), "timeout": 5.0} | changes))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.215.14", True),
        ("2606:4700:4700::1111", True),
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("100.100.100.200", False),
        ("168.63.129.16", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:93.184.215.14", True),
        ("::7f00:1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
    ],
)
def test_public_addresses_only(address, allowed):
    assert Outgoing().may_reach(address) is allowed


def test_an_operator_may_open_a_network():
    client = Outgoing(allowed=[ipaddress.ip_network("10.1.0.0/16")])
    assert client.may_reach("10.1.2.3")
    assert client.may_reach("::ffff:10.1.2.3")
    assert not client.may_reach("10.2.0.1")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:8000/", "not_allowed"),
        ("http://[::1]:8000/", "not_allowed"),
        ("http://[::ffff:169.254.169.254]/latest/", "not_allowed"),
        ("http://169.254.169.254/latest/meta-data/", "not_allowed"),
        ("https://93.184.215.14:25/", "not_allowed"),
        ("https://user:word@example.org/", "bad_url"),
        ("ftp://example.org/", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("//example.org/", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://example.org:99999/", "bad_url"),
        ("https://example.org/a b", "bad_url"),
        ("https://example.org/\r\nX: y", "bad_url"),
        ("https://exa\nmple.org/", "bad_url"),
        ("https://example.org\\@127.0.0.1/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://" + "a" * 300 + ".org/", "bad_url"),
        ("", "bad_url"),
    ],
)
def test_addresses_that_are_not_even_tried(url, code):
    def never(_host: str, _seconds: float) -> list[str]:
        raise AssertionError("it was looked up")

    with pytest.raises(OutgoingFailed) as failed:
        Outgoing(resolve=never).request("GET", url)
    assert failed.value.code == code
    assert str(failed.value) == code


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("::1", "93.184.215.14")], ids=str
)
def test_a_name_that_leads_inside_is_refused(addresses):
    with pytest.raises(OutgoingFailed, match="not_allowed"):
        Outgoing(resolve=_to(*addresses)).request("GET", "http://rebinding.example.org/")


def test_a_name_that_leads_nowhere():
    with pytest.raises(OutgoingFailed, match="no_such_host"):
        Outgoing(resolve=_to()).request("GET", "http://nowhere.example.org/")


def test_the_name_is_resolved_once_and_kept_in_the_request(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    asked: list[str] = []

    def resolve(host: str, _seconds: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    heard: list[bytes] = []
    with _server(_answering(b"HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\nhello", heard)) as port:
        answer = _client(resolve=resolve).request(
            "POST",
            f"http://hooks.example.org:{port}/in?a=1",
            headers={"X-Signature": "s", "host": "evil.example.org", "Content-Length": "0"},
            body=b"{}",
        )
    assert (answer.status, answer.headers["x-one"], answer.body) == (200, "1", b"hello")
    assert asked == ["hooks.example.org"]
    lines = heard[0].split(b"\r\n")
    assert lines[0] == b"POST /in?a=1 HTTP/1.1"
    assert f"Host: hooks.example.org:{port}".encode() in lines
    assert b"X-Signature: s" in lines
    assert b"Content-Length: 2" in lines
    assert b"evil" not in heard[0]


def test_a_redirect_is_not_followed():
    with _server(_answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")) as port:
        answer = _client().request("GET", f"http://hooks.example.org:{port}/")
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1/")


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_the_body_has_a_limit(size, fits):
    with _server(_answering(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size)) as port:
        if fits:
            assert len(_client(largest=1000).request("GET", f"http://a.example.org:{port}/").body) == size
        else:
            with pytest.raises(OutgoingFailed, match="too_large"):
                _client(largest=1000).request("GET", f"http://a.example.org:{port}/")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(b"", "bad_answer", id="nothing"),
        pytest.param(b"hello\r\n\r\n", "bad_answer", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "bad_answer", id="cut short"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", "bad_answer", id="many headers"),
    ],
)
def test_answers_that_are_none(answer, code):
    with _server(_answering(answer)) as port, pytest.raises(OutgoingFailed) as failed:
        _client().request("GET", f"http://a.example.org:{port}/")
    assert failed.value.code == code


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(OutgoingFailed, match="unreachable"):
        _client().request("GET", f"http://a.example.org:{port}/")


def test_a_server_that_drips_is_left_in_time():
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with _server(drip) as port:
        with pytest.raises(OutgoingFailed, match="timeout"):
            _client(timeout=0.5).request("GET", f"http://a.example.org:{port}/")
        stop.set()


def test_a_server_that_says_nothing_is_left_in_time():
    stop = threading.Event()
    with _server(lambda _connection: (stop.wait(10), None)[1]) as port:
        with pytest.raises(OutgoingFailed, match="timeout"):
            _client(timeout=0.3).request("GET", f"http://a.example.org:{port}/")
        stop.set()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for hooks.example.org, as (server's context, a client's context that trusts it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


@pytest.mark.parametrize(
    ("host", "trusted", "fine"),
    [
        pytest.param("hooks.example.org", True, True, id="its name"),
        pytest.param("other.example.org", True, False, id="another name"),
        pytest.param("hooks.example.org", False, False, id="nobody vouches for it"),
    ],
)
def test_the_certificate_must_be_the_names(certificate, host, trusted, fine):
    server, client = certificate
    answering = _answering(b"HTTP/1.1 200 OK\r\n\r\nhello")
    with _server(answering, server) as port:
        guarded = _client(tls=client if trusted else None)
        if fine:
            assert guarded.request("GET", f"https://{host}:{port}/").body == b"hello"
        else:
            with pytest.raises(OutgoingFailed, match="tls_failed"):
                guarded.request("GET", f"https://{host}:{port}/")
