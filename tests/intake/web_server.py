"""The web server's side of a request, as granian has it: what it says of one, and what it does with the answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

from service.web_server.bodies import Entrance

PATH = "/api/v1/sites/gazette/comments"
ORIGIN = "http://news.test"
FORM = "application/x-www-form-urlencoded"


class Headers(dict[str, str]):
    """Each header once."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


def scope(path: str = PATH, *, client: str = "127.0.0.1:5", **headers: str) -> SimpleNamespace:
    """A POST as granian describes it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(
        method="POST",
        path=path,
        query_string="",
        server="127.0.0.1:80",
        client=client,
        scheme="http",
        http_version="1.1",
        headers=Headers({"host": "localhost"} | sent),
    )


@dataclass
class Protocol:
    """A connection that brings `parts`, and then ends, or with `stays` brings nothing more; keeps the answer."""

    parts: Sequence[bytes]
    stays: bool = False
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    request_id: str | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.stays:
            await asyncio.Event().wait()

    async def client_disconnect(self) -> None:
        await asyncio.Event().wait()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        kept = dict(headers)
        # No two answers have the same: it is not what is compared.
        self.request_id = kept.pop("X-Request-Id", None)
        self.answers.append((status, kept, body))

    @property
    def status(self) -> int:
        return self.answers[0][0]

    @property
    def code(self) -> str:
        return str(json.loads(self.answers[0][2])["code"])


def run(through: Entrance, *requests: tuple[SimpleNamespace, Protocol]) -> None:
    """All of them at once, in one event loop, as the web server does."""

    async def together() -> None:
        await asyncio.gather(*(through.__rsgi__(asked, protocol) for asked, protocol in requests))

    asyncio.run(together())
