from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.alphabets import foreign_letters, has_foreign, letters_by_script, mixes

# Words with a letter beyond Latin; most comments have none.
_WORD = re.compile("(?<![^\\W\\d_])[^\\W\\d_]*?[\u0370-\U0010ffff][^\\W\\d_]*")
_FOREIGN = re.compile("[\u0370-\u058f\u10a0-\u10ff\u13a0-\u167f\u1d00-\u1dbf\u2c80-\u2cff\ua4d0-\ua4ff\uab30-\uabbf]")

_LONGEST = 400  # letters that are looked at together
_SHOWN = 40  # letters of a word that the message repeats


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[: reading.searched]
        if not reading.strange or not _FOREIGN.search("".join(reading.strange)):
            return ()
        hits = []
        around = cache(partial(_script_of, text))
        for word in _WORD.finditer(text):
            if len(word[0]) <= _LONGEST and not has_foreign(word[0]):
                continue
            # What is longer is no word of any language: it mixes where one of its pieces does.
            mixed = next((piece for piece in _pieces(word[0]) if mixes(piece, around)), "")
            if mixed:
                message = f"“{word[0][:_SHOWN]}”: {foreign_letters(mixed)}"
                hits.append(Hit(message, "text", *word.span()))
                if len(hits) == 3:
                    break
        return hits

    return check


def _pieces(word: str) -> list[str]:
    return [word[at : at + _LONGEST] for at in range(0, len(word), _LONGEST)] if len(word) > 2 else []


def _script_of(text: str) -> str:
    """The script that most letters of the text are of."""
    letters = letters_by_script(text)
    return max(letters, key=letters.__getitem__, default="")


RULE = Rule(
    name="mixed_scripts",
    title="Mixed alphabets",
    about="Latin letters and their look-alikes from other scripts in one word.",
    kind="shape",
    options=NoOptions,
    prepare=prepare,
    version=3,
    score=5,
    fields=("text", "name"),
    examples=(
        catches("Buy it on Аmаzоn today", marks="Аmаzоn"),
        catches("Ԝеlcome"),
        catches("Log in to pаypal now", marks="pаypal"),
        catches(name="Аdmin Тeam", marks="Аdmin"),
        passes(name="Анна Smith"),
        passes("Она сказала: привет, world."),
        passes("Die α-Strahlung und das β-Karotin"),
        passes("한국의 KBS뉴스를 봤다"),
        passes("Я видел это в Facebookе и Facebookом доволен."),
        passes("The circle's area is πr², the dose 5μgrams."),
    ),
)
