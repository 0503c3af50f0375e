from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    least = float(options["seconds"])

    def check(reading: Reading) -> Sequence[Hit]:
        age = reading.facts.form_age
        if age is None or age >= least:
            return ()
        return (Hit(f"sent {age:.1f} s after the form was opened; people need {least:g} s"),)

    return check


RULE = Rule(
    name="form_too_fast",
    about="Sent sooner after opening the form than a person can write.",
    kind="form",
    prepare=prepare,
    score=4,
    needs=("form_age",),
    options={"seconds": {"type": "number", "minimum": 0, "maximum": 600, "default": 2}},
    examples=(given(True, form_age=0.4), given(False, form_age=9.0), given(False, form_age=None)),
)
