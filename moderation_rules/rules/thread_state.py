from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict

_SHUT = (
    Code("closed", "the thread was closed meanwhile", verdict=Verdict.PENDING),
    Code("hidden", "the thread is hidden", verdict=Verdict.PENDING),
)
_MODES = (
    Code("read_only", "the thread is read-only", verdict=Verdict.REJECT),
    Code("needs_approval", "every comment of this thread is approved by a person", verdict=Verdict.PENDING),
)
_BY_STATE = {code.name: code for code in _SHUT}
_BY_MODE = {code.name: code for code in _MODES}


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        facts = reading.facts
        code = _BY_STATE.get(facts.thread_state or "") or _BY_MODE.get(facts.thread_mode or "")
        return () if code is None else (code.hit(),)

    return check


RULE = Rule(
    name="thread_state",
    title="Article’s setting",
    about="The thread is closed, hidden or read-only, or the newsroom wants to approve everything in it.",
    kind="thread",
    options=NoOptions,
    prepare=prepare,
    codes=(*_SHUT, *_MODES),
    needs=("thread_state", "thread_mode"),
    examples=(
        given(True, thread_state="closed"),
        given(True, thread_state="open", thread_mode="needs_approval"),
        given(True, thread_mode="read_only"),
        given(False, thread_state="open", thread_mode="open"),
        given(False),
    ),
)
