"""Why a comment is held where no rule says so: the findings of a mode, and of a threshold that is not above nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from moderation_rules.values import Finding, Verdict

MODE: Final = "mode"
THRESHOLD: Final = "threshold"

# What `Facts.thread_switch` names, as the words of a sentence.
_SWITCHED: Final = {"tags": "its tags", "hours": "the hour", "burst": "a burst of comments"}
_SAYS: Final = {
    "manual": "every comment waits for a person",
    "assisted": "nothing is published by the rules alone",
}


def held_by_mode(mode: str, said_by: str, switch: str | None) -> Finding:
    """Of a verdict that only `mode` has turned into a hold. `said_by`: which setting it is; `switch`: what switched
    that on, as `Facts.thread_switch` has it."""
    message = f"{_SAYS[mode]}: {said_by} is set to “{mode}”"
    if switch:
        message += f", switched on by {' and '.join(_SWITCHED.get(one, one) for one in switch.split())}"
    return Finding(MODE, 1, 0.0, None, None, None, message, code=mode)


def held_by_people(why: str) -> Finding:
    """Of a policy that leaves everything to people, for a reason that is no setting of anybody's."""
    return Finding(MODE, 1, 0.0, None, None, None, why, code="manual")


def held_by_sum(score: float, hold: float | None) -> Finding:
    """Of a sum that is held although nothing in it speaks against the comment."""
    least = "" if hold is None else f" from a sum of {hold:g}"
    return Finding(THRESHOLD, 1, 0.0, None, None, None, f"comments are held here{least}; this one has {score:g}")


def explained(counted: Sequence[Finding]) -> bool:
    """Whether one of the findings that count asks for a person, or adds to the sum."""
    return any(finding.score > 0 or finding.verdict not in (None, Verdict.APPROVE) for finding in counted)
