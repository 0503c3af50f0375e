from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, given

_AUTHOR = Code("author", "comments by this writer in ten minutes")
_PREFIX = Code("prefix", "comments from this network in ten minutes")


class Options(RuleOptions, frozen=True):
    author: Annotated[int, Meta(ge=1, description="comments in ten minutes that one writer may send")] = 8
    prefix: Annotated[int, Meta(ge=1, description="comments in ten minutes that may come from one network")] = 30


def prepare(options: Options, supplies: Supplies) -> Check:
    author, prefix = options.author, options.prefix

    def check(reading: Reading) -> Sequence[Hit]:
        facts = reading.facts
        hits = []
        if facts.author_recent is not None and facts.author_recent > author:
            hits.append(_AUTHOR.hit(says=f"{facts.author_recent} {_AUTHOR.says}"))
        if facts.prefix_recent is not None and facts.prefix_recent > prefix:
            hits.append(_PREFIX.hit(says=f"{facts.prefix_recent} {_PREFIX.says}"))
        return hits

    return check


RULE = Rule(
    name="flood",
    title="Many in a short time",
    about="Many comments in ten minutes by one writer or from one network.",
    kind="person",
    options=Options,
    prepare=prepare,
    score=5,
    codes=(_AUTHOR, _PREFIX),
    needs=("author_recent", "prefix_recent"),
    examples=(
        given(True, author_recent=12),
        given(True, prefix_recent=45),
        given(False, author_recent=2, prefix_recent=5),
        given(False),
    ),
)
