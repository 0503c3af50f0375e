from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import Entry, ListKind, WordList, entries_from_text
from moderation_rules.matching.matcher import Finder, words_of
from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_STRONG = Code("strong", "asks to be clicked, followed or paid")
_WEAK = Code("weak", _STRONG.says, weight=0.5)


_Phrase = Annotated[str, Meta(min_length=1, max_length=200)]


class Options(RuleOptions, frozen=True):
    shipped: Annotated[bool, Meta(description="use the shipped English phrases")] = True
    phrases: Annotated[tuple[_Phrase, ...], Meta(description="phrases besides them")] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    shipped = shipped_lists() if options.shipped else {}
    strong = (*entries_from_text(shipped.get("promotion_en.txt", "")), *map(Entry, options.phrases))
    weak = entries_from_text(shipped.get("promotion_weak_en.txt", ""))
    lists = [WordList(_STRONG.name, ListKind.BANNED, strong), WordList(_WEAK.name, ListKind.SUSPECT, weak)]
    finder = Finder(lists)

    def check(reading: Reading) -> Sequence[Hit]:
        matches = finder.find(words_of(reading))
        if not matches:
            return ()
        hits = []
        end = 0
        for match in sorted(matches, key=lambda m: (m.start, -m.end)):
            if match.start >= end:
                end = match.end
                code = _WEAK if match.term.list.kind is ListKind.SUSPECT else _STRONG
                span = reading.folded.span(match.start, match.end)
                hits.append(code.hit("text", *span, says=f"“{match.term.entry.text}”: {code.says}"))
        return hits[:4]

    return check


RULE = Rule(
    name="promotion",
    title="Advertising",
    about="Phrases of those who want to be clicked, followed or paid rather than read.",
    kind="spam",
    options=Options,
    prepare=prepare,
    score=5,
    fields=("text", "name"),
    codes=(_STRONG, _WEAK),
    examples=(
        catches("Hi, please subscribe, I post daily!", marks="please subscribe"),
        catches("Werde reich mit Holz", phrases=["werde reich"], marks="Werde reich"),
        catches(name="Please subscribe", marks="Please subscribe"),
        passes(name="The Subscriber"),
        passes("The print edition is worth its money."),
        passes("They looked at library books."),
    ),
)
