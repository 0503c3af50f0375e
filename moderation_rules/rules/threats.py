from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated

from msgspec import Meta

from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.matching.context.phrases import ORDER
from moderation_rules.matching.context.reported import is_denied, is_reported
from moderation_rules.matching.disguises import Disguises
from moderation_rules.matching.listed.shipped_phrases import HINT, shipped_phrases
from moderation_rules.matching.matcher import Finder, Match, words_of
from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_THREAT = Code("threat", "threatens or calls for violence")
_HINT = Code(HINT, "may be meant as a threat", weight=0.6)
_MOST = 5
_SHOWN = 80  # characters of a phrase that a finding names
_LONGEST_LEAD = 60  # characters in front of a phrase that may lead it
_ENDS = re.compile(r"[.!?;:/\n]")  # what ends a sentence ends a phrase
_MENTIONED = re.compile(r"[\"'“”’»)]?\s(?:is|was|isn|wasn|has|means|meant)\b")  # "Go die is what they wrote."
_NOT_BEHIND = re.compile(r"\s(?:nicht|niet|inte|ikke|pas)\b")  # where the verb comes before what denies it
_Phrase = Annotated[str, Meta(min_length=1, max_length=200)]


class Options(RuleOptions, frozen=True):
    shipped: Annotated[bool, Meta(description="use the shipped phrases")] = True
    phrases: Annotated[tuple[_Phrase, ...], Meta(description="phrases besides them")] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    finders = [shipped_phrases().threats] if options.shipped else []
    disguises = _disguises() if options.shipped else None
    if options.phrases:
        finders.append(Finder([WordList("", ListKind.BANNED, tuple(map(Entry, options.phrases)))]))

    def check(reading: Reading) -> Sequence[Hit]:
        words = words_of(reading)
        hits: list[Hit] = []
        for finder in finders:
            seen = finder.scan(words)
            if seen.guilty:
                hits += _hits(_without_harmless(finder.matches(words, seen)), reading)
        if disguises is not None and (near := words.near()).spots:
            hits += _hits(_without_harmless(list(disguises.behind_signs(near))), reading)
        return _apart(hits)

    return check


def _without_harmless(matches: list[Match]) -> list[Match]:
    """The matches that do not end within a harmless phrase: "I hope you die | laughing"."""
    harmless = [(m.start, m.end) for m in matches if m.term.list.kind is ListKind.ALLOW]
    return [m for m in matches if m.term.guilty and not any(a < m.end <= b for a, b in harmless)]


def _hits(matches: list[Match], reading: Reading) -> Iterator[Hit]:
    text = reading.folded.text
    for match in matches:
        lead = match.term.list.name
        start = match.start
        if lead and lead != HINT:
            led = shipped_phrases().leads[lead].search(text, max(0, start - _LONGEST_LEAD), start)
            if led is None:
                continue
            if lead == ORDER and _MENTIONED.match(text, match.end):
                continue
            start = start if lead == ORDER else led.start()
        if _ENDS.search(text, start, match.end) or _NOT_BEHIND.match(text, match.end):
            continue
        if not is_denied(text, start) and not is_reported(text, start, match.end):
            code = _HINT if lead == HINT else _THREAT
            first, last = reading.folded.span(start, match.end)
            yield code.hit("text", first, last, says=f"“{reading.text[first:last][:_SHOWN]}”: {code.says}")


def _apart(hits: list[Hit]) -> list[Hit]:
    """The first hits that do not overlap: what weighs more, then what begins earlier, goes first."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.weight, h.start or 0, -(h.end or 0))):
        if all((hit.end or 0) <= (k.start or 0) or (k.end or 0) <= (hit.start or 0) for k in kept):
            kept.append(hit)
    return sorted(kept[:_MOST], key=lambda h: h.start or 0)


@cache
def _disguises() -> Disguises:
    """Sees the shipped phrases where signs stand for letters."""
    return Disguises(shipped_phrases().threats, known_words())


RULE = Rule(
    name="threats",
    title="Threat",
    about="Phrases that threaten somebody or call for violence, unless they are denied or told of somebody else.",
    kind="abuse",
    options=Options,
    prepare=prepare,
    score=5,
    fields=("text", "name"),
    codes=(_THREAT, _HINT),
    examples=(
        catches(name="Go and kill yourself", marks="kill yourself"),
        catches("k1ll y0urself", marks="k1ll y0urself"),
        catches("I know where you live. Watch your back.", marks="I know where you live"),
        catches("Watch your back, Sandra", marks="Watch your back"),
        catches("We're going to burn your house down", marks="We're going to burn your house"),
        catches("just kill yourself already", marks="kill yourself"),
        catches("Go back to where you came from!", marks="Go back to where you came from"),
        catches("They all should be gassed", phrases=["should be gassed"], marks="should be gassed"),
        catches("Ich weiß, wo du wohnst", marks="Ich weiß, wo du wohnst"),
        catches("Te voy a matar", marks="Te voy a matar"),
        catches("Я знаю, где ты живёшь", marks="Я знаю, где ты живёшь"),
        catches("殺してやる", marks="殺してやる"),
        passes("Nobody deserves to die."),
        passes("The police killed him, and the deadline is killing me."),
        passes("I'll kill for a coffee."),
        passes("Please do not kill yourself over a job."),
        passes("He told her “I know where you live”, and got two years."),
        passes("Smoking will kill you."),
        passes("Gas the badgers or vaccinate them."),
    ),
)
