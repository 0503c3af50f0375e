from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.matching.scripts import odd
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.piles import is_attached

_HIDDEN = Code("hidden", "characters that don't show or turn the text around")
_ONE_HIDDEN = "a character that doesn't show or turns the text around"
_PILED = Code("piled", "marks piled on letters")


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        found = odd(reading)
        if not found.hidden and not found.piled:
            return ()
        hits = []
        if found.hidden:
            message = f"{len(found.hidden)} {_HIDDEN.says}" if len(found.hidden) > 1 else _ONE_HIDDEN
            hits.append(_HIDDEN.hit("text", found.hidden[0], found.hidden[-1] + 1, says=message))
        if len(found.piled) >= 3:
            message = f"{len(found.piled)} {_PILED.says}"
            hits.append(_PILED.hit("text", *_with_letters(reading.text, found.piled), says=message))
        return hits

    return check


def _with_letters(text: str, piled: Sequence[int]) -> tuple[int, int]:
    """From the letter that the first of the marks is on to the last mark of the last letter: no letter is cut."""
    start, end = piled[0], piled[-1] + 1
    while start and is_attached(text[start]):
        start -= 1
    while end < len(text) and is_attached(text[end]):
        end += 1
    return start, end


RULE = Rule(
    name="hidden_text",
    title="Hidden characters",
    about="Characters that don't show, turn the text around, or are piled on letters to hide words.",
    kind="shape",
    options=NoOptions,
    prepare=prepare,
    version=4,
    score=5,
    fields=("text", "name"),
    codes=(_HIDDEN, _PILED),
    examples=(
        catches("gra\u200bnd pri\u200bze"),
        catches("read \u202etfel ot\u202c this"),
        catches("\u202etfel ot siht daer\u202c"),
        catches("a g\u0336r\u0336a\u0336n\u0336d", marks="g\u0336r\u0336a\u0336n\u0336"),
        catches(name="Mo\u200bde\u200brator", marks="\u200bde\u200b"),
        passes(name="Nguy\u1ec5n Th\u1ecb \u0110a\u0323t"),
        passes("E\u0323\u0300ko\u0323\u0301 a\u0300ti O\u0323lo\u0301\u0323run"),
        passes("Donau\u00addampf\u00adschiff, \u2068Anna\u2069 sagt es"),
        passes("Cafe\u0301 in Zu\u0308rich"),
        passes("می\u200cخواهم"),
        passes("\u200bIn a careless program's brackets\u200b"),
        passes("Come on \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f!"),
        passes("👩\u200d👩\u200d👧 is a family"),
    ),
)
