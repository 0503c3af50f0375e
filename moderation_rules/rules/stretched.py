from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from string import ascii_letters
from typing import Annotated

from ahocorasick_rs import AhoCorasick, Implementation
from msgspec import Meta

from moderation_rules.matching.listed.typed_words import words_of
from moderation_rules.matching.stretched import RUN
from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_FEW = 40  # kinds of characters beyond ASCII


class Options(RuleOptions, frozen=True):
    times: Annotated[int, Meta(ge=3, le=100, description="in a row, from which it counts")] = 6


def prepare(options: Options, supplies: Supplies) -> Check:
    times = options.times
    # Signs of numbering, rules drawn by hand, and strokes between Arabic letters are no stretching.
    run = re.compile(rf"([^\W\d_\u0640]|[!?])\1{{{times - 1},}}")
    exclaimed, asked = "!" * times, "?" * times
    likely = AhoCorasick([char * times for char in ascii_letters + "!?"], implementation=Implementation.DFA)

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[: reading.searched]
        strange = reading.strange
        # Where somebody has looked at each word already, only signs are left to look for.
        signs = strange or ("!" in text and exclaimed in text) or ("?" in text and asked in text)
        if not signs and times >= RUN and words_of(reading).runs is False:
            return ()
        plain = text.encode("ascii", "replace").decode("ascii") if strange else text
        # One look for each kind of letter; where they are many, the pattern is as fast.
        few = len(strange) <= _FEW and not likely.find_matches_as_indexes(plain)
        if few and not any(char * times in text for char in strange if char.isalnum()):
            return ()
        runs = islice(run.finditer(text), 5)
        return [Hit("a stretched letter or sign", "text", *found.span()) for found in runs]

    return check


RULE = Rule(
    name="stretched",
    title="Stretched words",
    about="One letter or sign many times in a row.",
    kind="shape",
    options=Options,
    prepare=prepare,
    version=2,
    score=0.5,
    examples=(
        catches("Nooooooooo way", marks="ooooooooo"),
        catches("Really?!?! Yes!!!!!!!!"),
        passes("Sooo good!!!"),
        passes("1000000 people, ____________ see below --------"),
    ),
)
