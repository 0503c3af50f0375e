"""A port for metrics alone: it answers to addresses and names of ours, in a thread, and nothing else is there."""

import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from service.settings import Settings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def metrics_server(app: Application, settings: Settings, host: str, port: int) -> WSGIServer:
    """Listens there, and serves with `serve_forever`. Raises OSError."""
    server = (_Listener6 if ":" in host else _Listener)((host, port), _Quiet)
    server.set_app(under_own_names(app, settings, host))
    return server


def under_own_names(app: Application, settings: Settings, listens_on: str) -> Application:
    """The application for addresses, localhost, the listener's own name and the service's.

    A page in an operator's browser can make a name of its own lead here (DNS rebinding), and would read the numbers.
    """
    names = {"localhost", listens_on.lower(), settings.public_host, *settings.allowed_hosts}
    names |= {_name_of(name) for name in names}

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = _name_of(environ.get("HTTP_HOST", "").lower())
        if name in names or _is_address(name):
            return app(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"Metrics are not served under that host name: see REJOINDER_ALLOWED_HOSTS.\n"]

    return answer


def _name_of(host: str) -> str:
    """A Host header without its port, and an IPv6 address without its brackets."""
    if host.startswith("["):
        name, _, port = host[1:].partition("]")
        return name if not port or port.startswith(":") else ""
    name, _, port = host.partition(":")
    return name if port.isdecimal() or ":" not in host else host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _Listener(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # Without the look-up of its own name that http.server makes here, which asks name servers.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Listener6(_Listener):
    address_family = socket.AF_INET6


class _Quiet(WSGIRequestHandler):
    # A connection that sends nothing ends.
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: a line for each scrape helps nobody."""
