"""JSON comments taken in the web server's event loop: while a comment is being committed, no thread waits for it.

Flask and a thread of its own cost more than all that is done with a comment. Only the plain case is answered here, a
comment that is taken; whatever else a request is, or came of it, Flask's view says.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from flask import Flask

from service.intake.arrivals import Received
from service.intake.known_sites import KnownSite
from service.intake.receive import ANSWER_SECONDS, EXTENSION, Caller, Intake, check, too_slow
from service.intake.submission.logins import login_in
from service.intake.submission.raw import read_json
from service.intake.types import CommentAnswer
from service.privacy.clients import client_ip
from service.tracing import traceparent_of
from service.web_server.hosts import OwnHosts
from service.web_server.request_counts import clock, note_intake
from service.web_server.request_ids import REQUEST_ID
from service.wiring import Services

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

# In the WSGI environment: what came of the comment here, for the view to say it.
OUTCOME = "rejoinder.outcome"

_PATH = re.compile(r"/api/v1/sites/([a-z0-9-]{1,64})/comments")
_JSON = re.compile(r"application/json(?: *; *charset=\"?utf-?8\"?)?", re.IGNORECASE)
# What is longer takes the event loop too long; readers wait behind it.
_LONGEST = 4096
# What takes time to render or to read as an address: signs of mark-up and of URLs, line ends, which begin lists, and
# Arabic forms that stand for whole phrases. Of so many of them, 2 ms at most.
_MARKS = re.compile(r"[*_`\[<>%&\\\n\r\u2028\u2029\ufdc0-\ufeff]")
_LONGER_MARKS = ("://", "www")
_MOST_MARKS = 30
# Characters of a page's address and title and of a website, whose every word may be an address in disguise: the same.
_DISGUISES = ("page_url", "page_title", "website")
_MOST_DISGUISED = 600


class FastLane:
    """Beside the Flask app whose intake it feeds."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._intake: Intake = app.extensions[EXTENSION]
        self._services = services
        self._hosts = OwnHosts(services.settings)
        self._reading: dict[str, asyncio.Future[KnownSite]] = {}

    async def take(self, environ: Environ, body: bytes) -> Answer | None:
        """The answer to a comment that was taken. None: the view answers, and finds in the environment why."""
        found = _PATH.fullmatch(environ["PATH_INFO"])
        if found is None or not self._is_plain(environ, body):
            return None
        began = clock()
        try:
            answer = await self._take(found[1], environ, body)
        except Exception as error:
            # Faults too: the view has the words for them, and the log.
            environ[OUTCOME] = error
            return None
        note_intake(clock() - began)
        return answer

    def _is_plain(self, environ: Environ, body: bytes) -> bool:
        return (
            environ["REQUEST_METHOD"] == "POST"
            and len(body) <= _LONGEST
            and _JSON.fullmatch(environ.get("CONTENT_TYPE", "")) is not None
            and "HTTP_CONTENT_ENCODING" not in environ
            and self._hosts.are_ours(environ.get("HTTP_HOST", ""))
        )

    async def _take(self, slug: str, environ: Environ, body: bytes) -> Answer | None:
        site = self._intake.sites.at_once(slug) or await self._read(slug)
        settings = self._services.settings
        caller = Caller(
            client_ip(environ, settings.trusted_proxies),
            environ.get("HTTP_ORIGIN"),
            (settings.public_url, f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}/"),
            environ.get("HTTP_REFERER"),
            environ.get(REQUEST_ID, ""),
            traceparent_of(environ),
        )
        raw = read_json(body)
        if login_in(raw) is not None:
            # Its site's keys are read, and its writer is found: the loop waits for no database.
            return None
        checking = partial(check, self._intake, site, raw, caller, environ.get("HTTP_IDEMPOTENCY_KEY"))
        if _takes_long(raw.texts()):
            # 15 ms, in which the loop answers readers.
            arrival = await asyncio.get_running_loop().run_in_executor(None, checking)
        else:
            arrival = checking()
        answered = arrival.wait_in_loop()
        self._intake.commits.put(arrival)
        # A timer alone: `asyncio.timeout` does twice the work of it, for each comment.
        timer = asyncio.get_running_loop().call_later(ANSWER_SECONDS, _give_up, answered)
        try:
            received = await answered
        finally:
            timer.cancel()
        url = f"{settings.public_url}/receipts/{received.receipt}"
        answer = CommentAnswer(received.comment_id, "received", received.receipt, url)
        return "202 ACCEPTED", _headers(caller.origin), msgspec.json.encode(answer)

    async def _read(self, slug: str) -> KnownSite:
        """The site, read by a thread: the loop waits for no database. All that wait for it wait for one query."""
        under_way = self._reading.get(slug)
        if under_way is None:
            read = asyncio.get_running_loop().run_in_executor(None, self._intake.sites.read, slug)
            under_way = self._reading[slug] = asyncio.ensure_future(read)
            under_way.add_done_callback(lambda _: self._reading.pop(slug, None))
        return await asyncio.shield(under_way)


def _takes_long(texts: Mapping[str, str]) -> bool:
    """Whether what was typed may. As read, not as sent: JSON may write every letter as an escape."""
    typed = "".join(texts.values())
    # Counted each by itself: a pattern of all of them would take three times as long.
    marks = len(_MARKS.findall(typed)) + sum(map(typed.lower().count, _LONGER_MARKS))
    return marks > _MOST_MARKS or sum(len(texts.get(name, "")) for name in _DISGUISES) > _MOST_DISGUISED


def _give_up(answered: asyncio.Future[Received]) -> None:
    if not answered.done():
        answered.set_exception(too_slow())


def _headers(origin: str | None) -> list[tuple[str, str]]:
    """What the view says with its answer."""
    headers = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Access-Control-Allow-Origin", origin or "*"),
        ("Access-Control-Expose-Headers", "Retry-After"),
    ]
    return [*headers, ("Vary", "Origin")] if origin is not None else headers
