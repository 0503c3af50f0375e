from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_KINDS = "\u203c\u2049\u20e3\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\U0001f000-\U0001faff"
_EMOJI = re.compile(f"[{_KINDS}]")
# What a reader sees as one (UTS 51): a flag of two letters, a keycap, a person with skin and hair, a family of four, a
# flag with a region's tags. What is joined further, no font shows as one.
_WHOLE = f"[{_KINDS}][\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?[\u20e3\U000e0020-\U000e007f]*"
_SEEN = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_WHOLE}(?:\u200d{_WHOLE}){{0,3}}")
_FAMILY, _FIREFIGHTER = "👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d🚒"
_ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


class Options(RuleOptions, frozen=True):
    most: Annotated[int, Meta(ge=0, description="emoji that are let through")] = 10


def prepare(options: Options, supplies: Supplies) -> Check:
    most = options.most

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[: reading.searched]
        kinds = _EMOJI.findall("".join(reading.strange)) if reading.strange else ()
        if not kinds or sum(map(text.count, kinds)) <= most:
            return ()
        found = list(_SEEN.finditer(text))
        if len(found) <= most:
            return ()
        return (Hit(f"{len(found)} emoji, {most} allowed", "text", found[0].start(), found[-1].end()),)

    return check


RULE = Rule(
    name="emoji_flood",
    title="Many emoji",
    about="More emoji than the site puts up with.",
    kind="shape",
    options=Options,
    prepare=prepare,
    version=2,
    score=1,
    examples=(
        catches("Wow " + "🔥" * 12),
        catches("So " + "👍🏽" * 11 + "!", marks="👍🏽" * 11),
        catches("\u200d".join("🔥" * 48)),
        passes("Well done 👏👏👏"),
        passes("No emoji here."),
        passes(f"All of them: {_FAMILY} {_FIREFIGHTER * 4}"),
        passes(f"🇩🇪🇫🇷🇮🇹🇪🇸🇵🇱🇳🇱 {_ENGLAND} and 1\ufe0f\u20e3 2\ufe0f\u20e3"),
    ),
)
