from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given

_WORDS = {
    "missing": ("sent without the form's token", 1.0),
    "stale": ("the form was opened long ago", 0.5),
    "invalid": ("the form's token is not ours, or not for this thread", 2.0),
}


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        token = reading.facts.form_token
        if token not in _WORDS:
            return ()
        message, weight = _WORDS[token]
        return (Hit(message, code=token, weight=weight),)

    return check


RULE = Rule(
    name="form_token",
    about="The form's token is missing, out of date (half) or forged (double).",
    kind="form",
    prepare=prepare,
    score=1,
    needs=("form_token",),
    examples=(
        given(True, form_token="missing"),
        given(True, form_token="stale"),
        given(True, form_token="invalid"),
        given(False, form_token="valid"),
        given(False),
    ),
)
