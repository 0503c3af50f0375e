from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict

_WORDS = {
    "chain": ("this writer is banned", Verdict.REJECT),
    # Anybody can type another's address, so a person looks; so does a whole range of networks stand behind one prefix.
    "address": ("the address given is banned", Verdict.PENDING),
    "ip": ("the network it came from is banned", Verdict.PENDING),
}


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        banned = reading.facts.banned
        if banned not in _WORDS:
            return ()
        message, verdict = _WORDS[banned]
        return (Hit(message, code=banned, verdict=verdict),)

    return check


RULE = Rule(
    name="banned",
    about="A ban is on the writer (refused), or on the address or the network (held).",
    kind="person",
    prepare=prepare,
    score=10,
    needs=("banned",),
    examples=(
        given(True, banned="chain"),
        given(True, banned="address"),
        given(True, banned="ip"),
        given(False, banned=None),
    ),
)
