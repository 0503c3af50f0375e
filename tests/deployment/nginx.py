"""Debian's nginx with the configuration as shipped: only ports, names of files and the upstream's place differ."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.environment import free_port, unavailable
from tests.fake_https_server import write_certificate
from tests.waiting import wait_until

SHIPPED = Path(__file__).parents[2] / "deploy"
PUBLIC_NAME = "comments.example.org"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx_binary() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        unavailable("nginx")
    assert found
    return found


@dataclass(frozen=True)
class Received:
    """What the service behind nginx got."""

    method: str
    path: str
    headers: dict[str, str]
    length: int


@dataclass
class Upstream:
    """Stands where `rejoinder web` does, and notes what reaches it; a path with `/broken` gets no answer.

    Others get what `says` tells: status, headers, body.
    """

    heard: list[Received] = field(default_factory=list)
    says: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    port: int = 0

    def serve(self) -> ThreadingHTTPServer:
        heard = self.heard
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                read = len(self.rfile.read(length))
                headers = {name.lower(): value for name, value in self.headers.items()}
                heard.append(Received(self.command, self.path, headers, read))
                if "/broken" in self.path or "broken" in self.headers.get("Referer", ""):
                    self.close_connection = True
                    return
                status, said, body = upstream.says
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **said}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if self.command != "HEAD" else b"")

            do_GET = do_HEAD = do_POST = do_PUT = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@dataclass
class Nginx:
    """A running nginx. `folder` has every file that it writes."""

    folder: Path
    plain_port: int
    tls_port: int
    tls: ssl.SSLContext

    def connect(self, *, tls: bool = True, source: str = "127.0.0.1") -> socket.socket:
        port = self.tls_port if tls else self.plain_port
        raw = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
        return self.tls.wrap_socket(raw, server_hostname=PUBLIC_NAME) if tls else raw

    def protocols(self) -> tuple[str | None, str | None]:
        """What it chooses of HTTP/2 and HTTP/1.1, and which TLS."""
        tls = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
        tls.check_hostname = False
        tls.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection(("127.0.0.1", self.tls_port), timeout=20) as raw, tls.wrap_socket(raw) as wrapped:
            return wrapped.selected_alpn_protocol(), wrapped.version()

    def send(self, request: bytes, *, tls: bool = True, source: str = "127.0.0.1") -> bytes:
        """The whole answer to these very bytes."""
        with self.connect(tls=tls, source=source) as connection:
            # It answers and hangs up before it has read all of what is too much.
            with suppress(ConnectionError, ssl.SSLError):
                connection.sendall(request)
            received = b""
            with suppress(ConnectionError, ssl.SSLError):
                while more := connection.recv(65536):
                    received += more
            return received

    def ask(
        self,
        method: str,
        path: str,
        *headers: str,
        body: bytes = b"",
        tls: bool = True,
        host: str = PUBLIC_NAME,
        source: str = "127.0.0.1",
    ) -> tuple[int, dict[str, str]]:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
        lines += [f"Content-Length: {len(body)}"] if body else []
        sent = "\r\n".join([*lines, "", ""]).encode() + body
        head, _, _ = self.send(sent, tls=tls, source=source).partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        return int(status.split()[1]), found

    def read(self, path: str, *headers: str) -> bytes:
        """The body of a GET."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {PUBLIC_NAME}", "Connection: close", *headers, "", ""]
        return self.send("\r\n".join(lines).encode()).partition(b"\r\n\r\n")[2]

    def written(self) -> bytes:
        """Every byte in every file of its folder but the configuration: logs and temporary files."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.suffix not in (".conf", ".pem")]
        return b"".join(path.read_bytes() for path in files)


@contextmanager
def running(
    folder: Path, upstream_port: int, second_port: int | None = None, *, cached: bool = False
) -> Iterator[Nginx]:
    """nginx over the shipped configuration, after `nginx -t` has taken it. `cached`: with the micro-cache."""
    binary = nginx_binary()
    folder.mkdir(parents=True, exist_ok=True)
    write_certificate(folder / "certificate.pem")
    plain_port, tls_port = free_port(), free_port()
    changed = _changes(folder, plain_port, tls_port, upstream_port, second_port)
    if cached:
        for file in ("rejoinder-cache-zone.conf", "rejoinder-cache.conf"):
            changed["nginx.conf"][f"#include {folder}/{file};"] = f"include {folder}/{file};"
            changed[file] = {"/etc/nginx/": f"{folder}/"} if file == "rejoinder-cache.conf" else {"/run/": f"{folder}/"}
    for file, changes in changed.items():
        text = (SHIPPED / file).read_text("utf-8")
        for old, new in changes.items():
            assert old in text, f"deploy/{file} has no {old!r} any more"
            text = text.replace(old, new)
        (folder / file).write_text(text, "utf-8")
    whole = folder / "whole.conf"
    whole.write_text(_around(folder), "utf-8")
    command = [binary, "-e", str(folder / "start.log"), "-p", str(folder), "-c", str(whole)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=20, check=False)
    assert tried.returncode == 0, tried.stderr
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        tls = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        tls.check_hostname = False
        nginx = Nginx(folder, plain_port, tls_port, tls)
        wait_until(lambda: _listens(tls_port), what="nginx")
        yield nginx
    finally:
        process.terminate()
        process.wait(10)


def _changes(
    folder: Path, plain_port: int, tls_port: int, upstream_port: int, second_port: int | None
) -> dict[str, dict[str, str]]:
    letsencrypt = f"/etc/letsencrypt/live/{PUBLIC_NAME}"
    return {
        "nginx.conf": {
            # A machine without IPv6 could not listen there.
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "listen 80;": f"listen 127.0.0.1:{plain_port};",
            "listen 443 ": f"listen 127.0.0.1:{tls_port} ",
            "127.0.0.1:8000": f"127.0.0.1:{upstream_port}",
            "    server 127.0.0.1:8001 max_fails=0;\n": (
                f"    server 127.0.0.1:{second_port} max_fails=0;\n" if second_port else ""
            ),
            f"{letsencrypt}/fullchain.pem": str(folder / "certificate.pem"),
            f"{letsencrypt}/privkey.pem": str(folder / "certificate.pem"),
            "/var/log/nginx/": f"{folder}/",
            "/etc/nginx/": f"{folder}/",
        },
        "rejoinder-proxy.conf": {},
    }


def _around(folder: Path) -> str:
    """What Debian's own nginx.conf has around, with its levels of logging."""
    # The kernel lets no other account into a test's own folder.
    user = "user root root;\n" if os.geteuid() == 0 else ""
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY)
    return (
        f"{user}daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        "events { worker_connections 768; }\n"
        f"http {{\n{temporary}\n"
        "    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n    gzip on;\n"
        f"    access_log {folder}/access.log;\n    error_log {folder}/error.log;\n"
        f"    include {folder}/nginx.conf;\n}}\n"
    )


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
