"""What docs/outside-checks.md shows works as it is written."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation_rules import load_policy
from service.moderation.network.outside.signing import new_signing_secret, signed

PAGE = (Path(__file__).parents[3] / "docs" / "outside-checks.md").read_text("utf-8")


def _block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def verify() -> Any:
    names: dict[str, Any] = {}
    exec(_block("python"), names)
    return names["comes_from_rejoinder"]


@pytest.mark.parametrize(
    ("late", "body", "known", "good"),
    [
        (0, b'{"text":"ok"}', True, True),
        (400, b'{"text":"ok"}', True, False),
        (0, b'{"text":"changed"}', True, False),
        (0, b'{"text":"ok"}', False, False),
    ],
    ids=["as sent", "an old one", "another text", "another secret"],
)
def test_signatures_are_checked_as_shown(verify: Any, late: int, body: bytes, known: bool, good: bool) -> None:
    secret = new_signing_secret()
    headers = signed(secret, "check_1_1", datetime.fromtimestamp(time.time() - late, UTC), b'{"text":"ok"}')
    assert verify(secret if known else new_signing_secret(), headers, body) is good


def test_the_policy_shown_is_one() -> None:
    rule = load_policy(_block("yaml")).settings["rules"]["outside_check"]
    assert (rule["enabled"], rule["weights"], rule["cannot"]) == (True, {"newsroom": 1.5}, "pending")
