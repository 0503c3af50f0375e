"""Waiting on conditions, never on durations."""

import time
from collections.abc import Callable
from typing import Any

import pytest


def wait_until(condition: Callable[[], Any], *, seconds: float = 20.0, what: str = "the condition") -> Any:
    """Polls until `condition()` is true and returns its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    pytest.fail(f"{what} did not come true within {seconds:g} s")


def ask_until(
    ask: Callable[[], Any], condition: Callable[[], Any], *, every: float, seconds: float = 20.0, what: str
) -> Any:
    """As `wait_until`, of what is asked for by `ask` and may come to nothing: it is asked for again after `every`
    seconds."""
    due = 0.0

    def asked() -> Any:
        nonlocal due
        value = condition()
        if not value and time.monotonic() >= due:
            ask()
            due = time.monotonic() + every
        return value

    return wait_until(asked, seconds=seconds, what=what)
