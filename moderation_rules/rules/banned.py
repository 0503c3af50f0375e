from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict

_CODES = (
    Code("chain", "this writer is banned", verdict=Verdict.REJECT),
    # Facts of older judgements: now nothing is held for an address that anybody can type, or guess.
    Code("address", "a person must look at this", verdict=Verdict.PENDING),
    # A whole range of people stands behind one prefix.
    Code("ip", "the network it came from is banned", verdict=Verdict.PENDING),
)
_BY_BAN = {code.name: code for code in _CODES}


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        banned = reading.facts.banned
        return () if banned is None or banned not in _BY_BAN else (_BY_BAN[banned].hit(),)

    return check


RULE = Rule(
    name="banned",
    title="Banned",
    about="A ban is on the writer (refused) or on the network (held).",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=10,
    codes=_CODES,
    needs=("banned",),
    examples=(
        given(True, banned="chain"),
        given(True, banned="address"),
        given(True, banned="ip"),
        given(False, banned=None),
    ),
)
