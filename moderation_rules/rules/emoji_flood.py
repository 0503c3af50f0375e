from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import FAR, Check, Hit, Reading, Rule, Supplies, catches, passes

_EMOJI = re.compile("[\u203c\u2049\u231a-\u23ff\u25aa-\u27bf\u2934-\u2b55\U0001f000-\U0001faff]")


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    most = int(options["most"])

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[:FAR]
        kinds = _EMOJI.findall("".join(reading.strange)) if reading.strange else ()
        if not kinds or sum(map(text.count, kinds)) <= most:
            return ()
        found = [match.start() for match in _EMOJI.finditer(text)]
        return (Hit(f"{len(found)} emoji, {most} allowed", "text", found[0], found[-1] + 1),)

    return check


RULE = Rule(
    name="emoji_flood",
    about="More emoji than the site puts up with.",
    kind="shape",
    prepare=prepare,
    score=1,
    options={"most": {"type": "integer", "minimum": 0, "default": 10}},
    examples=(catches("Wow " + "🔥" * 12), passes("Well done 👏👏👏"), passes("No emoji here.")),
)
