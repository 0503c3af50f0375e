from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given


class Options(RuleOptions, frozen=True):
    seconds: Annotated[float, Meta(ge=0, le=600, description="what a person needs at least")] = 2


def prepare(options: Options, supplies: Supplies) -> Check:
    least = options.seconds

    def check(reading: Reading) -> Sequence[Hit]:
        age = reading.facts.form_age
        if age is None or age >= least:
            return ()
        return (Hit(f"sent {age:.1f} s after the form was opened; people need {least:g} s"),)

    return check


RULE = Rule(
    name="form_too_fast",
    title="Sent very quickly",
    about="Sent sooner after opening the form than a person can write.",
    kind="form",
    options=Options,
    prepare=prepare,
    score=4,
    needs=("form_age",),
    examples=(given(True, form_age=0.4), given(False, form_age=9.0), given(False, form_age=None)),
)
