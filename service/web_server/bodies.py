"""The web server's way in: a request's body is taken whole, by an event loop, before a thread is.

A thread that waits for a body's next byte is a place that nobody else has, and who sends one byte a second can keep it
for hours. Here waiting costs memory alone. A body has to come at a least rate and within a deadline; all that are under
way share a budget, and where it is used up the oldest one of the network that has the most is given up. One that was
given up, is too large or was cut off is refused by the view that asks for it, in the application's own words.
"""

import asyncio
import io
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from structlog.contextvars import bind_contextvars

from service.errors import BadRequest, Refused, TooLarge, Unavailable
from service.statement_limits import Departure, working_for
from service.telemetry import logger
from service.tracing import NO_SPAN, SPAN, Span, request_span, stop
from service.web_server.eager_loop import the_event_loop
from service.web_server.environ import Environ, environ_of
from service.web_server.request_counts import SEEN_AS, UNMATCHED, clock, flush, named_method, note_in
from service.web_server.request_ids import REQUEST_ID, request_id_of, with_request_id

log = logger(__name__)

# Bytes of a body: of most requests; of a word list, the largest that is uploaded; and of requests below the paths of
# the desk, where such a list may have a form around it.
MOST = 64 * 1024
MOST_OF_A_LIST = 2 * 1024 * 1024
MOST_AT_THE_DESK = MOST_OF_A_LIST + MOST
DESK = ("/moderate/", "/api/v1/moderation/")
# Below the desk's paths, but for whoever comes along.
SIGN_IN = "/moderate/sign-in"
# Whether they are somebody's is asked later, by the view; without them no view of the desk reads a body.
_SESSION_COOKIE = re.compile(r"(?:^|;)\s*(?:__Host-)?rejoinder=")
# A phone on a bad line is silent for seconds, not for this long; then bytes a second, and seconds for the whole.
GRACE_SECONDS = 10.0
LEAST_RATE = 1024
DEADLINE_SECONDS = 120.0
LEAVE_AGAIN_SECONDS = 0.2
# Of one process: bytes that bodies under way may hold, and what each counts at least, so that 512 of them fill it.
BUDGET = 32 * 1024 * 1024
LEAST_WEIGHT = MOST

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]
# As RSGI takes it (status, headers, body), and who takes down how many seconds it took.
Ready = tuple[tuple[int, list[tuple[str, str]], bytes], Callable[[float], None]]


class BodyCutOff(BadRequest):
    code, title = "cut_off", "The request ended too early"


class LengthRequired(Refused):
    status, code, title = 411, "length_required", "The request does not say how long it is"


class BodyTooSlow(Refused):
    status, code, title = 408, "too_slow", "The request took too long to arrive"


class Entrance:
    """An RSGI application around a WSGI one (PEP 3333).

    RSGI: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md

    `client_of` names who sends, to share the budget fairly. `threads`: how many requests the application works on at
    once. `at_once` is asked first, with RSGI's scope and the time (`request_counts.clock`), and in whichever thread the
    request arrived: it waits for nothing and raises nothing. `comment` answers a request with a body while no thread
    waits. None from either leaves the request to the application. `lanes_seen_as`: route and role of what `comment`
    answers. `is_from_proxy`: whether what came is a proxy's word. `grace` and `deadline` are in seconds.
    """

    def __init__(
        self,
        app: Application,
        client_of: Callable[[Environ], str],
        *,
        threads: int,
        at_once: Callable[[Any, float], Ready | None] = lambda scope, now: None,
        comment: Callable[[Environ, bytes], Awaitable[Answer | None]] | None = None,
        lanes_seen_as: tuple[str, str] = ("", "anyone"),
        is_from_proxy: Callable[[Environ], bool] = lambda environ: False,
        budget: "Budget | None" = None,
        grace: float = GRACE_SECONDS,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        self._app = app
        self._client_of = client_of
        self._at_once = at_once
        self._threads = ThreadPoolExecutor(threads, "request")
        self._comment = comment or _no_answer
        self._lanes_seen_as = lanes_seen_as
        self._is_from_proxy = is_from_proxy
        self._budget = budget or Budget()
        self._grace = grace
        self._deadline = deadline

    def __rsgi_del__(self, _loop: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        flush()
        stop()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        began = clock()
        found = self._at_once(scope, began)
        if found is not None:
            (status, headers, content), took = found
            protocol.response_bytes(status, headers, content)
            took(clock() - began)
            return
        await the_event_loop()
        environ = environ_of(scope)
        environ[REQUEST_ID] = request_id_of(environ, self._is_from_proxy)
        # What `at_once` has answered above has no span: that would take several times what the answer took.
        with request_span(environ, self._is_from_proxy) as span:
            await self._answer(environ, protocol, span, began)

    async def _answer(self, environ: Environ, protocol: Any, span: Span, began: float) -> None:
        unread, body = False, b""
        if environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                body = await self._take(environ, protocol)
                environ["CONTENT_LENGTH"] = str(len(body))
                environ["wsgi.input"] = io.BytesIO(body)
            except Refused as refused:
                unread = True
                # Else a length beyond the application's own limit would be refused before anybody asks why.
                environ.pop("CONTENT_LENGTH", None)
                environ["wsgi.input"] = _Unreadable(refused)
        answer = await self._comment(environ, body) if body else None
        if answer is None:
            answer = await self._work(environ, protocol)
        else:
            environ[SEEN_AS] = self._lanes_seen_as
        status, headers, content = answer
        headers = with_request_id(headers, environ)
        if unread:
            # What is still on its way would be taken for the next request.
            headers.append(("Connection", "close"))
        protocol.response_bytes(int(status[:3]), headers, content)
        note_in(environ, int(status[:3]), clock() - began)
        route, role = environ.get(SEEN_AS, UNMATCHED)
        span.answered(named_method(environ), route, role, int(status[:3]))

    async def _work(self, environ: Environ, protocol: Any) -> Answer:
        """What the application answers in a thread. At the desk, whose lists may take long, it hears of a client
        that left."""
        loop = asyncio.get_running_loop()
        if not environ["PATH_INFO"].startswith(DESK):
            return await loop.run_in_executor(self._threads, self._call, environ)
        departure = Departure()
        working = loop.run_in_executor(self._threads, self._call_for, departure, environ)
        watching = asyncio.ensure_future(protocol.client_disconnect())
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        watching.cancel()
        # Again and again: it may be between two statements, or just at the start of one. A server is told over a
        # connection of its own, for which the loop does not wait.
        while not working.done():
            await loop.run_in_executor(None, departure.leave)
            await asyncio.wait((working,), timeout=LEAVE_AGAIN_SECONDS)
        return working.result()

    def _call_for(self, departure: Departure, environ: Environ) -> Answer:
        with working_for(departure, stops=environ["REQUEST_METHOD"] in ("GET", "HEAD")):
            return self._call(environ)

    def _call(self, environ: Environ) -> Answer:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _fault: object = None) -> None:
            started.append((status, headers))

        bind_contextvars(request_id=environ.get(REQUEST_ID))
        try:
            span: Span = environ.get(SPAN, NO_SPAN)
            found = span.within(self._app, environ, start_response)
            try:
                content = b"".join(found)
            finally:
                getattr(found, "close", lambda: None)()
            return (*started[-1], content)
        except Exception as error:
            log.error("fault", path=environ["PATH_INFO"], method=environ["REQUEST_METHOD"], exc_info=error)
            return "500 Internal Server Error", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")], b""

    async def _take(self, environ: Environ, protocol: Any) -> bytes:
        """The whole body.

        Raises LengthRequired, TooLarge, BodyCutOff, BodyTooSlow, and Unavailable when it was given up for others.

        In chunks (RFC 9112, 7.1) no body is taken: the web server ends the iteration in the same way when the last
        chunk has come and when the connection breaks, so nobody could tell half a comment from a whole one.
        """
        length: str = environ.get("CONTENT_LENGTH", "")
        if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal():
            raise LengthRequired("Send a Content-Length.")
        announced, most = int(length), _most(environ)
        if announced > most:
            raise TooLarge
        loop = asyncio.get_running_loop()
        began = loop.time()
        # One buffer: a list of a million parts of two bytes would take many times what the budget counts.
        body = bytearray()
        with self._budget.entry(self._client_of(environ)) as entry:
            try:
                async with asyncio.timeout_at(began + min(self._grace, self._deadline)) as entry.timeout:
                    async for part in protocol:
                        body += part
                        received = len(body)
                        if received > announced:
                            raise TooLarge
                        self._budget.grow(entry, received)
                        if received == announced:
                            # Whole. To wait for its end as well would be another turn of the loop, and the web server
                            # never brings more than was announced.
                            break
                        if not entry.given_up:
                            until = min(self._deadline, self._grace + received / LEAST_RATE)
                            entry.timeout.reschedule(began + until)
            except TimeoutError:
                if entry.given_up:
                    raise Unavailable("Many requests are still on their way here.", retry_after=2) from None
                raise BodyTooSlow("Please send it again on a better line.") from None
            except Refused:
                raise
            except Exception as error:
                # The web server's own error for a connection that broke.
                raise BodyCutOff("Please send it again.") from error
        if len(body) < announced:
            raise BodyCutOff("Please send it again.")
        return bytes(body)


def _most(environ: Environ) -> int:
    """How many bytes this request's body may have."""
    path: str = environ["PATH_INFO"]
    if not path.startswith(DESK) or path.startswith(SIGN_IN):
        return MOST
    signed = "HTTP_AUTHORIZATION" in environ or _SESSION_COOKIE.search(environ.get("HTTP_COOKIE", ""))
    return MOST_AT_THE_DESK if signed else MOST


@dataclass(eq=False, slots=True)
class _Entry:
    """One body under way. `timeout` is set as soon as it is waited for."""

    client: str
    weight: int = LEAST_WEIGHT
    given_up: bool = False
    timeout: asyncio.Timeout | None = field(default=None, repr=False)


class Budget:
    """What the bodies under way in one event loop hold together, in bytes."""

    def __init__(self, most: int = BUDGET) -> None:
        self.most = most
        self.used = 0
        # In the order of their arrival.
        self._entries: dict[_Entry, None] = {}
        self._clients: Counter[str] = Counter()

    @contextmanager
    def entry(self, client: str) -> Iterator[_Entry]:
        """A body's part of it, for as long as the body is under way."""
        entry = _Entry(client)
        self._entries[entry] = None
        self._count(client, entry.weight)
        self._keep()
        try:
            yield entry
        finally:
            self._remove(entry)

    def grow(self, entry: _Entry, received: int) -> None:
        """Counts what has come of a body by now."""
        more = max(LEAST_WEIGHT, received) - entry.weight
        if entry in self._entries and more > 0:
            entry.weight += more
            self._count(entry.client, more)
            self._keep()

    def _remove(self, entry: _Entry) -> None:
        if entry in self._entries:
            del self._entries[entry]
            self._count(entry.client, -entry.weight)

    def _count(self, client: str, weight: int) -> None:
        self.used += weight
        self._clients[client] += weight
        if not self._clients[client]:
            del self._clients[client]

    def _keep(self) -> None:
        while self.used > self.most:
            greediest = max(self._clients, key=self._clients.__getitem__)
            oldest = next(entry for entry in self._entries if entry.client == greediest)
            self._remove(oldest)
            oldest.given_up = True
            # One that is just running out of its own time takes no other.
            if oldest.timeout is not None and not oldest.timeout.expired():
                oldest.timeout.reschedule(asyncio.get_running_loop().time())


async def _no_answer(_environ: Environ, _body: bytes) -> Answer | None:
    return None


class _Unreadable(io.RawIOBase):
    """A body that did not come: whoever reads it raises why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self._refused = refused

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        raise self._refused

    def readinto(self, _buffer: object) -> int:
        raise self._refused
