"""Debian's nginx with two processes: a file of its own, the shipped micro-cache in front of a service, compression."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.servers.processes import end, free_port, wait_for

DEPLOY = Path(__file__).parents[2] / "deploy"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# The headers of the service's own answers, so that the same is sent.
_AROUND = """daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
{temporary}
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    access_log off;
    include {folder}/rejoinder-cache-zone.conf;
    upstream rejoinder {{
        server 127.0.0.1:{service_port} max_fails=0;
        keepalive 32;
    }}
    map $request_method $rejoinder_upstream {{
        default rejoinder;
    }}
    server {{
        listen 127.0.0.1:{static_port} reuseport;
        open_file_cache max=100 inactive=60s;
        open_file_cache_valid 60s;
        location / {{
            root {folder};
            default_type application/json;
            add_header Cache-Control no-cache;
            add_header Vary Accept-Encoding;
            add_header Access-Control-Allow-Origin *;
            add_header Access-Control-Expose-Headers "ETag, Retry-After";
            add_header X-Content-Type-Options nosniff;
            add_header Content-Encoding gzip;
        }}
    }}
    server {{
        listen 127.0.0.1:{cached_port} reuseport;
        include {folder}/rejoinder-cache.conf;
    }}
}}
"""
# In front of a service that leaves compression to others.
_COMPRESSING = """daemon off;
pid {folder}/compressing.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
{temporary}
    access_log off;
    gzip on;
    gzip_types *;
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {service};
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Nginx(NamedTuple):
    pid: int
    static: str
    cached: str


def nginx_binary() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@contextmanager
def nginx(folder: Path, body: bytes, service_port: int, host: str) -> Iterator[Nginx]:
    """Serves `body` at `static`, and at `cached` what the service at that port says to `host`. Writes into `folder`."""
    binary = nginx_binary()
    if binary is None:
        raise FileNotFoundError("nginx")
    # Its processes give up root's rights where they have them.
    folder.chmod(0o755)
    (folder / "document").write_bytes(body)
    for file in ("rejoinder-cache-zone.conf", "rejoinder-cache.conf", "rejoinder-proxy.conf"):
        text = (DEPLOY / file).read_text("utf-8").replace("/etc/nginx/", f"{folder}/").replace("/run/", f"{folder}/")
        (folder / file).write_text(text.replace("Host $host;", f"Host {host};"), "utf-8")
    static_port, cached_port = free_port(), free_port()
    whole = folder / "nginx.conf"
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY)
    whole.write_text(
        _AROUND.format(
            folder=folder,
            temporary=temporary,
            static_port=static_port,
            cached_port=cached_port,
            service_port=service_port,
        ),
        "utf-8",
    )
    process = subprocess.Popen([binary, "-e", str(folder / "error.log"), "-c", str(whole)])
    try:
        static = f"http://127.0.0.1:{static_port}/document"
        wait_for(static)
        yield Nginx(process.pid, static, f"http://127.0.0.1:{cached_port}")
    finally:
        end(process)


@contextmanager
def compressing(folder: Path, service: str, answers: str) -> Iterator[str]:
    """The address of an nginx that compresses what that service says; `answers`: a path there. Writes into `folder`."""
    binary = nginx_binary()
    if binary is None:
        raise FileNotFoundError("nginx")
    folder.chmod(0o755)
    port = free_port()
    whole = folder / "compressing.conf"
    temporary = "\n".join(f"    {kind}_temp_path {folder}/compressing-{kind};" for kind in _TEMPORARY)
    whole.write_text(_COMPRESSING.format(folder=folder, temporary=temporary, port=port, service=service), "utf-8")
    process = subprocess.Popen([binary, "-e", str(folder / "error.log"), "-c", str(whole)])
    try:
        wait_for(f"http://127.0.0.1:{port}{answers}")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)
