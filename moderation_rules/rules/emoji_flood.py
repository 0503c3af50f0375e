from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_EMOJI = re.compile("[\u203c\u2049\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\U0001f000-\U0001faff]")


class Options(RuleOptions, frozen=True):
    most: Annotated[int, Meta(ge=0, description="emoji that are let through")] = 10


def prepare(options: Options, supplies: Supplies) -> Check:
    most = options.most

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[: reading.searched]
        kinds = _EMOJI.findall("".join(reading.strange)) if reading.strange else ()
        if not kinds or sum(map(text.count, kinds)) <= most:
            return ()
        found = [match.start() for match in _EMOJI.finditer(text)]
        return (Hit(f"{len(found)} emoji, {most} allowed", "text", found[0], found[-1] + 1),)

    return check


RULE = Rule(
    name="emoji_flood",
    title="Many emoji",
    about="More emoji than the site puts up with.",
    kind="shape",
    options=Options,
    prepare=prepare,
    score=1,
    examples=(catches("Wow " + "🔥" * 12), passes("Well done 👏👏👏"), passes("No emoji here.")),
)
