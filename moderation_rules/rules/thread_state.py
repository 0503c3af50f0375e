from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict

_SHUT = {"closed": "the thread was closed meanwhile", "hidden": "the thread is hidden"}
_MODES = {
    "read_only": ("the thread is read-only", Verdict.REJECT),
    "needs_approval": ("every comment of this thread is approved by a person", Verdict.PENDING),
}


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        facts = reading.facts
        if facts.thread_state in _SHUT:
            return (Hit(_SHUT[facts.thread_state], code=facts.thread_state, verdict=Verdict.PENDING),)
        if facts.thread_mode in _MODES:
            message, verdict = _MODES[facts.thread_mode]
            return (Hit(message, code=facts.thread_mode, verdict=verdict),)
        return ()

    return check


RULE = Rule(
    name="thread_state",
    about="The thread is closed, hidden or read-only, or the newsroom wants to approve everything in it.",
    kind="thread",
    prepare=prepare,
    needs=("thread_state", "thread_mode"),
    examples=(
        given(True, thread_state="closed"),
        given(True, thread_state="open", thread_mode="needs_approval"),
        given(True, thread_mode="read_only"),
        given(False, thread_state="open", thread_mode="open"),
        given(False),
    ),
)
