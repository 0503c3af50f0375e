"""The phrases that the package ships, in one finder for all rules: a text is looked through once for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from moderation_rules.lists.shipped import shipped_lists, spam_signs
from moderation_rules.lists.spam_signs import Role, read_spam_file
from moderation_rules.lists.word_lists import Entries, Entry, ListKind, WordList
from moderation_rules.matching.context.phrases import ORDER, Phrases, phrases_from_text
from moderation_rules.matching.context.reported import BEFORE_ORDERS
from moderation_rules.matching.matcher import Finder

ENGLISH: Final = "en"  # the language of lists of English threats
_ELSEWHERE: Final = "\n# Other languages\n"
HINT: Final = "hint"  # the list of what may be meant as a threat
_LEADING: Final[frozenset[Role]] = frozenset({"topic", "pitch", "strong", "weak", "flattery", "trackback", "call"})


class ShippedPhrases(NamedTuple):
    """Finders that share what they see: `threats`, and the signs of spam that count with no other sign (`leading`).

    Lists of threats are called after what must stand in front of their phrases, for which `leads` has a pattern, and
    `lead_ends` the words of which one comes right before the phrase.
    """

    threats: Finder
    leads: Mapping[str, re.Pattern[str]]
    lead_ends: Mapping[str, frozenset[str]]
    leading: Finder


@cache
def shipped_phrases() -> ShippedPhrases:
    """Made once a process: it takes a while and some megabytes."""
    threats, leads, lead_ends = _threats()
    leading = _spam(leading=True)
    finder = Finder([*threats, *leading])
    return ShippedPhrases(finder.part(threats), leads, lead_ends, finder.part(leading))


@cache
def other_signs() -> Finder:
    """The signs of spam that count only beside others; most texts need not be searched for them."""
    return Finder(_spam(leading=False), seldom=True)


def sign_list(name: str, phrases: Iterable[str]) -> WordList:
    """Phrases that are signs of what `name` says: a role and a family."""
    return WordList(name, ListKind.SUSPECT, Entries(map(Entry, phrases)), disguised=False)


def _threats() -> tuple[Sequence[WordList], Mapping[str, re.Pattern[str]], Mapping[str, frozenset[str]]]:
    told = shipped_lists()
    strong = _by_language(told["threats_world.txt"])
    lists = [
        WordList(lead, ListKind.BANNED, Entries(map(Entry, said)), language)
        for language, phrases in strong
        for lead, said in phrases.by_lead.items()
    ]
    for language, phrases in _by_language(told["threats_weak_world.txt"]):
        lists.append(WordList(HINT, ListKind.SUSPECT, Entries(map(Entry, phrases.by_lead[""])), language))
    allowed = phrases_from_text(told["threats_allow_world.txt"]).by_lead[""]
    lists.append(WordList("harmless", ListKind.ALLOW, Entries(map(Entry, allowed))))
    leads = {lead: pattern for _, phrases in strong for lead, pattern in phrases.leads.items()}
    ends = {lead: words for _, phrases in strong for lead, words in phrases.lead_ends.items()}
    return lists, leads | {ORDER: BEFORE_ORDERS}, ends


def _by_language(text: str) -> list[tuple[str | None, Phrases]]:
    """The English phrases of a file, and those of all other languages."""
    english, elsewhere = text.split(_ELSEWHERE)
    return [(ENGLISH, phrases_from_text(english)), (None, phrases_from_text(elsewhere))]


def _spam(*, leading: bool) -> Sequence[WordList]:
    files = [read_spam_file(name, text.splitlines()) for name, text in sorted(spam_signs().items())]
    return [
        sign_list(f"{role} {family}", phrases)
        for file in files
        for (role, family), phrases in file.phrases.items()
        if role != "service" and (role in _LEADING) == leading
    ]
