from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_CASES = bytes(ord("A" if chr(n) in ascii_uppercase else "a" if chr(n) in ascii_lowercase else " ") for n in range(256))
_ASCII = bytes(range(128))
_FEW = 20  # kinds of letters up to which it is faster to look for each than at every character


class Options(RuleOptions, frozen=True):
    share: Annotated[float, Meta(ge=0.1, le=1, description="of the letters, from which it counts")] = 0.7
    letters: Annotated[int, Meta(ge=1, le=5000, description="at least so many")] = 20


def prepare(options: Options, supplies: Supplies) -> Check:
    share, shortest = options.share, options.letters

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        if len(text) < shortest:
            return ()
        strange = reading.strange
        capitals = [char for char in filter(str.isupper, strange) if not _is_only_case(char)] if strange else ()
        # To make bytes alike is many times faster than to ask each character.
        raw = text.encode("utf-8", "surrogatepass")
        cases = raw.translate(_CASES)
        upper = cases.count(b"A") + _count(raw, text, capitals)
        if upper < shortest:
            return ()
        cased = upper + cases.count(b"a") + _count(raw, text, [*filter(str.islower, strange)])
        if upper < share * cased:
            return ()
        start = next(i for i, char in enumerate(text) if char.isupper())
        end = len(text) - next(i for i, char in enumerate(reversed(text)) if char.isupper())
        return (Hit(f"{upper} of {cased} letters are capitals", "text", start, end),)

    return check


def _is_only_case(char: str) -> bool:
    """Whether its language writes all words in what Unicode calls capitals: Cherokee, Old Hungarian."""
    return "\u13a0" <= char <= "\u13f5" or "\U00010c80" <= char <= "\U00010cb2"


def _count(raw: bytes, text: str, strange: Sequence[str]) -> int:
    """How many of these characters beyond ASCII the text has; `raw`: the same in UTF-8."""
    if len(strange) <= _FEW:
        return sum(map(text.count, strange)) if strange else 0
    beyond = raw.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return sum(map(frozenset(strange).__contains__, beyond))


RULE = Rule(
    name="shouting",
    title="Shouting",
    about="Most letters are capitals.",
    kind="shape",
    options=Options,
    prepare=prepare,
    version=2,
    score=1,
    examples=(
        catches("THEY NEVER LISTEN TO ANY OF US!!", marks="NEVER"),
        passes("ᎤᏙᎯᏳᎯ ᎾᏍᎩ ᎠᏂᏴᏫ ᎤᏂᎮᏍᏗ ᏚᏳᎪᏛ"),
        passes("NATO and the EU disagree."),
        passes("We went to see it and it was GREAT."),
    ),
)
