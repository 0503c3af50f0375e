"""Under which host names the service answers."""

import re
from urllib.parse import urlsplit

from service.settings import Settings

_PORT = re.compile(r":[0-9]{1,5}")
# Health checks and the demo page come over loopback.
_LOOPBACK = ("localhost", "127.0.0.1")


class OwnHosts:
    """The plain cases, decided fast: no port but one of digits, no literal of IPv6."""

    def __init__(self, settings: Settings) -> None:
        own = urlsplit(settings.public_url)
        allowed = {host.lower() for host in settings.allowed_hosts}
        self._names = {own.hostname or "", *_LOOPBACK, *allowed}
        self._hosts = {own.netloc.lower(), *allowed}

    def are_ours(self, host: str) -> bool:
        """Whether the Host header is one that Flask would answer to as well; in doubt Flask decides."""
        host = host.lower()
        if host in self._hosts:
            return True
        name, colon, port = host.partition(":")
        return name in self._names and (not colon or _PORT.fullmatch(colon + port) is not None)
