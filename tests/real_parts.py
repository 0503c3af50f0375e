"""What tests share: waiting on conditions, a clock that can be turned, and settings."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.clock import Clock
from service.settings import Settings

CI = os.environ.get("CI") == "true"
TEST_SECRET = "a-secret-of-the-test-suite-that-is-long-enough"


# Real comments and test vectors, which are no part of the project: what needs them is left out where they are not.
TEST_DATA = Path(os.environ.get("REJOINDER_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")


def unavailable(what: str) -> None:
    """Skips on a laptop, fails where everything has to be there."""
    if CI:
        pytest.fail(f"{what} is missing, and nothing may be skipped here")
    pytest.skip(f"{what} is not installed")


def wait_until(condition: Callable[[], Any], *, seconds: float = 20.0, what: str = "the condition") -> Any:
    """Polls until `condition()` is true and returns its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    pytest.fail(f"{what} did not come true within {seconds:g} s")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class FixedClock:
    """A clock that stands still until it is moved."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 14, 12, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time

    def advance(self, **delta: float) -> None:
        self.time += timedelta(**delta)

    def clock(self) -> Clock:
        return Clock(self.now)


def make_settings(database_url: str, redis_url: str, **changes: Any) -> Settings:
    """Settings as the environment would give them; every change is an environment variable's value."""
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "REJOINDER_SECRET_KEYS": TEST_SECRET,
        "REJOINDER_PUBLIC_URL": "http://127.0.0.1:8000",
        "REJOINDER_SUBMIT_LIMIT": "off",
        "REJOINDER_DNS": "off",
    }
    return Settings.from_environment(environ | changes)


CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The path of Debian's chromium; skips the test, or fails it in CI, where there is none."""
    found = shutil.which("chromium")
    if found is None:
        unavailable("chromium")
    assert found
    return found
