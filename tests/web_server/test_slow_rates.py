"""How slowly a body may come: by a clock that stands while there is anything to do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from service.web_server.bodies import DEADLINE_SECONDS, GRACE_SECONDS, LEAST_RATE, MOST, MOST_AT_THE_DESK, Entrance
from tests.intake.web_server import FORM, PATH, Protocol, scope


class Clockwork(asyncio.SelectorEventLoop):
    """Where everybody waits for a time, it is that time."""

    def __init__(self) -> None:
        self._at = 0.0
        super().__init__()
        selector = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def select_or_pass(timeout: float | None) -> object:
            found = select(0 if timeout else timeout)
            if timeout and not found:
                self._at += timeout
            return found

        selector.select = select_or_pass

    def time(self) -> float:
        return self._at


@dataclass
class Dripping(Protocol):
    """Brings its parts a second apart."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
            await asyncio.sleep(1.0)


DESK = {"path": "/api/v1/moderation/x", "authorization": "Bearer k"}


@pytest.mark.parametrize(
    ("rate", "length", "asked", "status", "seconds"),
    [
        pytest.param(1, 500, {}, 408, GRACE_SECONDS, id="drops"),
        pytest.param(LEAST_RATE // 2, MOST, {}, 408, 2 * GRACE_SECONDS, id="half of the least rate"),
        pytest.param(LEAST_RATE, MOST, {}, 200, MOST / LEAST_RATE, id="the least rate"),
        pytest.param(8 * LEAST_RATE, MOST_AT_THE_DESK, DESK, 408, DEADLINE_SECONDS, id="too much for the deadline"),
        pytest.param(32 * LEAST_RATE, MOST_AT_THE_DESK, DESK, 200, 64, id="as much in time"),
    ],
)
def test_a_body_comes_at_a_least_rate_and_before_a_deadline(rate, length, asked, status, seconds):
    def app(environ, start_response):
        try:
            environ["wsgi.input"].read()
        except Exception as error:
            start_response(f"{error.status} Refused", [])
        else:
            start_response("200 OK", [])
        return [b""]

    through = Entrance(app, lambda environ: "", threads=1)
    protocol = Dripping([b"x" * rate] * (length // rate))
    with asyncio.Runner(loop_factory=Clockwork) as runner:
        sent = scope(content_type=FORM, content_length=str(length), **({"path": PATH} | asked))
        runner.run(through.__rsgi__(sent, protocol))
        assert protocol.status == status
        assert runner.get_loop().time() == pytest.approx(seconds, abs=3)
