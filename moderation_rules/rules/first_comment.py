from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given

_NOTHING: tuple[Hit, ...] = ()


class Options(RuleOptions, frozen=True):
    approved: Annotated[int, Meta(ge=1, le=100, description="approved comments that make a writer known")] = 1


def prepare(options: Options, supplies: Supplies) -> Check:
    enough = options.approved

    def check(reading: Reading) -> Sequence[Hit]:
        before = reading.facts.approved_before
        if before is None or before >= enough or reading.facts.writer_mark == "trust":
            return _NOTHING
        if before == 0:
            return (Hit("the writer's first comment here: nothing approved yet"),)
        return (Hit(f"a new writer: {before} of {enough} comments approved"),)

    return check


RULE = Rule(
    name="first_comment",
    title="First comment",
    about="Nothing (or too little) has been approved in this writer chain before. The shipped policy holds such a "
    "comment for a person, whatever else is found; `rejoinder site set SITE --no-first-comments-held` switches "
    "the rule off. A writer whom a moderator trusts is not held by it.",
    kind="person",
    options=Options,
    prepare=prepare,
    score=1,
    needs=("approved_before", "writer_mark"),
    examples=(
        given(True, approved_before=0),
        given(False, approved_before=1),
        given(False, approved_before=None),
        given(False, approved_before=0, writer_mark="trust"),
    ),
)
