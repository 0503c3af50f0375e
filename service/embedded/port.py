import errno
import ipaddress
import socket

from service.embedded.folder import CannotStart

BEHIND_A_PROXY = (
    "put a proxy in front (deploy/nginx.conf) and let nobody else reach the web server's port: one address that holds"
    " all of its connections keeps everybody out"
)


def warning_about(host: str) -> str | None:
    """What to say to who listens there, where others than this machine can reach it."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    return None if loopback else f"{host} is not of this machine alone: {BEHIND_A_PROXY}"


def claim_port(host: str, port: int, option: str = "--port") -> int:
    """Checks that the web server will be able to listen there and returns the port; 0 asks the kernel for one.

    Raises CannotStart, which names the `option` to change. Between this look and the server's own bind somebody else
    may still be quicker; then the server says so.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As granian binds: connections of an earlier run that are still being closed do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise CannotStart(_why(host, port, error, option)) from None
        return int(probe.getsockname()[1])


def _why(host: str, port: int, error: OSError, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        make = ", or PORT=… for make run" if option == "--port" else ""
        return f"port {port} is busy; choose another with {option}{make}"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has; choose one above 1023"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine"
    return f"cannot listen on {host} port {port}: {error.strerror}"
