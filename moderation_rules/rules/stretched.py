from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from string import ascii_letters
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.rule import FAR, Check, Hit, Reading, Rule, Supplies, catches, passes


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    times = int(options["times"])
    # Signs of numbering and rules drawn by hand are no stretching.
    run = re.compile(rf"([^\W\d_]|[!?])\1{{{times - 1},}}")
    likely = AhoCorasick([char * times for char in ascii_letters + "!?"], implementation=Implementation.DFA)

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        strange = reading.strange
        plain = text.encode("ascii", "replace").decode("ascii") if strange else text
        if not likely.find_matches_as_indexes(plain) and not any(char * times in text for char in strange):
            return ()
        runs = islice(run.finditer(text, 0, FAR), 5)
        return [Hit("a stretched letter or sign", "text", *found.span()) for found in runs]

    return check


RULE = Rule(
    name="stretched",
    about="One letter or sign many times in a row.",
    kind="shape",
    prepare=prepare,
    score=0.5,
    options={"times": {"type": "integer", "minimum": 3, "maximum": 100, "default": 6}},
    examples=(
        catches("Nooooooooo way", marks="ooooooooo"),
        catches("Really?!?! Yes!!!!!!!!"),
        passes("Sooo good!!!"),
        passes("1000000 people, ____________ see below --------"),
    ),
)
