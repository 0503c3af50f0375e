from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given

_Times = Annotated[float, Meta(ge=0, le=20)]


class Options(RuleOptions, frozen=True):
    plain: Annotated[
        _Times, Meta(description="how many times the score, where the check would have it thrown away unread")
    ] = 2
    weights: Annotated[dict[str, _Times], Meta(description="how many times the score, by the name of a check")] = {}


def prepare(options: Options, supplies: Supplies) -> Check:
    said = {"spam": ("spam", 1.0), "discard": ("plain spam", options.plain)}
    weights = options.weights

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for name, answer, *notes in reading.facts.outside:
            if answer in said:
                what, weight = said[answer]
                message = ": ".join([f"the outside check {name} calls it {what}", *notes])
                hits.append(Hit(message, code=name, weight=weight * weights.get(name, 1.0)))
        return hits

    return check


RULE = Rule(
    name="outside_check",
    title="Outside check",
    about="An outside check (Akismet-compatible, or the site's own) called it spam. Off unless a site turns it on.",
    kind="spam",
    options=Options,
    prepare=prepare,
    score=5,
    code_is="the check's name",
    # A foreign service that is down must not fill the queue.
    cannot=None,
    needs=("outside",),
    enabled=False,
    examples=(
        given(True, outside=(("own", "spam"),)),
        given(True, outside=(("own", "ham"), ("akismet", "discard"))),
        given(True, outside=(("own", "spam", "seen in eleven threads"),)),
        given(False, outside=(("own", "ham"),)),
        given(False),
    ),
)
