from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated

from msgspec import Meta

from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.matching.context.phrases import ORDER
from moderation_rules.matching.context.reported import is_announced, is_denied, is_quoted, is_reported
from moderation_rules.matching.disguises import Disguises
from moderation_rules.matching.listed.shipped_phrases import ENGLISH, HINT, shipped_phrases
from moderation_rules.matching.listed.typed_words import Words, words_of
from moderation_rules.matching.masked import MaskedWords
from moderation_rules.matching.matcher import Finder, Match, Seen
from moderation_rules.matching.shapes import MASKS, places
from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes
from moderation_rules.text.memo import Memo

_THREAT = Code("threat", "threatens or calls for violence")
_HINT = Code("hint", "may be meant as a threat", weight=0.6)
_MOST = 5
_SHOWN = 80  # characters of a phrase that a finding names
_LONGEST_LEAD = 60  # characters in front of a phrase that may lead it
_ENDS = re.compile(r"[.!?;:/]|\n\s*\n")  # what ends a sentence or a paragraph ends a phrase
_MENTIONED = re.compile(r"[\"'“”’»)]?\s(?:is|was|isn|wasn|has|means|meant)\b")  # "Go die is what they wrote."
_NOT_BEHIND = re.compile(r"\s(?:nicht|niet|inte|ikke|pas)\b")  # where the verb comes before what denies it
_LEADING = {"will", "should", "going", "gonna", "want", "hope", "please", "someone", "somebody"}  # words of leads
_LONGEST_MASKED = 60  # characters of a word and signs that are looked at by themselves
_SHORTEST_MASKED = 4  # letters of a word that is looked for behind masks
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
            if (seen.whole or seen.signs) and _may_be_meant(seen, words.line):
                hits += _hits(_without_harmless(finder.matches(words, seen)), reading, words.view)
        if disguises is not None and (near := words.near()).spots:
            if disguises.may_be_behind_signs(near):
                hits += _hits(_without_harmless(list(disguises.behind_signs(near))), reading, words.view)
            if _masked().signs(near.dressed) and (view := _unmasked(near)) != near.view:
                found = shipped_phrases().threats.find(Words(near.folded, view))
                hits += _hits(_without_harmless(found), reading, view)
        return _apart(hits) if hits else ()

    return check


def _may_be_meant(seen: Seen, line: str) -> bool:
    """Whether a phrase may be a threat where it stands: most that need a lead have another word in front."""
    for terms, start, _ in seen.whole:
        front = line[line.rfind(" ", 0, start - 1) + 1 : start - 1] if line[start - 1] == " " else None
        for term in terms:
            if term.guilty:
                ends = _lead_ends().get(term.list.name)
                if ends is None or front is None or front in ends or not front.isascii():
                    return True
    return bool(seen.signs)


@cache
def _lead_ends() -> Mapping[str, frozenset[str]]:
    return shipped_phrases().lead_ends


def _without_harmless(matches: list[Match]) -> list[Match]:
    """The matches that do not end within a harmless phrase: "I hope you die | laughing"."""
    harmless = [(m.start, m.end) for m in matches if m.term.list.kind is ListKind.ALLOW]
    return [m for m in matches if m.term.guilty and not any(a < m.end <= b for a, b in harmless)]


def _hits(matches: list[Match], reading: Reading, text: str) -> Iterator[Hit]:
    """What is meant of the matches; `text`: the folded text as it is meant, masks taken off.

    An English phrase in which somebody speaks, or tells somebody to do it, is a hint still where it is denied or
    mentioned, unless it is quoted: a few harmless words around it make no threat harmless. One such hint is enough.
    """
    told = False
    for match in matches:
        lead, english = match.term.list.name, match.term.list.language == ENGLISH
        start = match.start
        if lead and lead != HINT:
            led = shipped_phrases().leads[lead].search(text, max(0, start - _LONGEST_LEAD), start)
            if led is None:
                continue
            start = start if lead == ORDER else led.start()
        if _ENDS.search(text, start, match.end) or (not english and _NOT_BEHIND.match(text, match.end)):
            continue
        code = _HINT if lead == HINT else _THREAT
        if (
            (lead == ORDER and _MENTIONED.match(text, match.end))
            or is_denied(text, start, english=english)
            or is_reported(text, start, match.end)
        ):
            spoken = english and (lead == ORDER or is_announced(text, start))
            if told or not spoken or code is _HINT or is_quoted(text, start, match.end):
                continue
            code, told = _HINT, True
        first, last = reading.folded.span(start, match.end)
        yield code.hit("text", first, last, says=f"“{reading.text[first:last][:_SHOWN]}”: {code.says}")


def _unmasked(words: Words) -> str:
    """The words' view with the letters that masks hide in words of the shipped phrases."""
    view, letters = words.view, list(words.view)
    for start, end in places(words.shape, words.spots, MASKS):
        for word, first, last in _masks().find(view, start, end):
            if len(word) == last - first:
                letters[first:last] = word
    return "".join(letters)


@cache
def _masked() -> Memo:
    """Which words behind signs are such words."""
    return Memo(lambda typed: len(typed) > _LONGEST_MASKED or any(_masks().find(typed, 0, len(typed))))


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


@cache
def _masks() -> MaskedWords:
    """Sees the words of the English phrases where masks hide letters of them."""
    keys = [term.key for term in shipped_phrases().threats.terms() if term.list.language == ENGLISH]
    words = {word for key in keys for word in key.split() if len(word) >= _SHORTEST_MASKED}
    return MaskedWords([*sorted(_LEADING), *sorted(words)])


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
