from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, given

_CODES = (
    Code("missing", "sent without the form's token"),
    Code("stale", "the form was opened long ago", weight=0.5),
    Code("invalid", "the form's token is not ours, or not for this thread", weight=2.0),
)
_BY_STATE = {code.name: code for code in _CODES}


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        token = reading.facts.form_token
        return () if token is None or token not in _BY_STATE else (_BY_STATE[token].hit(),)

    return check


RULE = Rule(
    name="form_token",
    title="Not from our form",
    about="The form's token is missing, out of date (half) or forged (double).",
    kind="form",
    options=NoOptions,
    prepare=prepare,
    score=1,
    codes=_CODES,
    needs=("form_token",),
    examples=(
        given(True, form_token="missing"),
        given(True, form_token="stale"),
        given(True, form_token="invalid"),
        given(False, form_token="valid"),
        given(False),
    ),
)
