"""A name server of a test's own, on the loopback."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

from service.moderation.network.name_servers import NameServers

# (name, record type) -> an rdata, a response code, or None for silence.
Says = Callable[[str, str], str | dns.rcode.Rcode | None]

CONTROLS = ("first-control.test", "control.test")


def honest(name: str, kind: str) -> str | dns.rcode.Rcode | None:
    """MX for every name but those that begin with `none` or end with `invalid`; by their beginning some are broken."""
    if name.startswith(("none", "first-control")) or name.endswith("invalid."):
        return dns.rcode.NXDOMAIN
    if name.startswith("slow"):
        return None
    if name.startswith("broken"):
        return dns.rcode.SERVFAIL
    mail = "0 ." if name.startswith("null") else "10 mail.good.test."
    return mail if kind == "MX" else dns.rcode.NOERROR


class NameServer:
    """Answers as `says` does, which may be exchanged; `asked` has the names."""

    def __init__(self, says: Says = honest) -> None:
        self.says = says
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def servers(self, controls: tuple[str, ...] = CONTROLS, *, now: Callable[[], float] | None = None) -> NameServers:
        """This one and no other, as the service sees it."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return NameServers(resolver, controls, monotonic=now) if now else NameServers(resolver, controls)

    def _serve(self) -> None:
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            question = query.question[0]
            name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
            self.asked.append(name)
            said = self.says(name, kind)
            if said is None:
                continue
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            if isinstance(said, str):
                response.answer.append(dns.rrset.from_text(name, 60, "IN", kind, said))
            else:
                response.set_rcode(said)
            self._socket.sendto(response.to_wire(), peer)

    def __enter__(self) -> "NameServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
