from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import Entry, ListKind, WordList, entries_from_text
from moderation_rules.matching.matcher import Finder, words_of
from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    shipped = shipped_lists() if options["shipped"] else {}
    strong = (*entries_from_text(shipped.get("promotion_en.txt", "")), *map(Entry, options["phrases"]))
    weak = entries_from_text(shipped.get("promotion_weak_en.txt", ""))
    half = WordList("weak", ListKind.SUSPECT, weak)
    finder = Finder([WordList("strong", ListKind.BANNED, strong), half])

    def check(reading: Reading) -> Sequence[Hit]:
        matches = finder.find(words_of(reading))
        if not matches:
            return ()
        hits = []
        end = 0
        for match in sorted(matches, key=lambda m: (m.start, -m.end)):
            if match.start >= end:
                end = match.end
                message = f"“{match.term.entry.text}”: asks to be clicked, followed or paid"
                hits.append(
                    Hit(
                        message,
                        "text",
                        *reading.folded.span(match.start, match.end),
                        match.term.list.name,
                        0.5 if match.term.list is half else 1,
                    )
                )
        return hits[:4]

    return check


RULE = Rule(
    name="promotion",
    about="Phrases of those who want to be clicked, followed or paid rather than read.",
    kind="spam",
    prepare=prepare,
    score=5,
    options={
        "shipped": {"type": "boolean", "default": True, "description": "use the shipped English phrases"},
        "phrases": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": []},
    },
    examples=(
        catches("Hi, please subscribe, I post daily!", marks="please subscribe"),
        catches("Werde reich mit Holz", phrases=["werde reich"], marks="Werde reich"),
        passes("The print edition is worth its money."),
        passes("They looked at library books."),
    ),
)
