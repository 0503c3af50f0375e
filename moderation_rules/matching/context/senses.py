"""Listed words that have an honest sense too: told by the company that they keep, unless somebody is called so."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Match
from moderation_rules.text.folding import fold

_NEAR = 14  # words on either side that tell the sense
_CALLED = 5  # words between who is called so and what
_ENDINGS = ("s", "es", "d", "ed", "ing")
# "you fat …", "he's a …", "these …"
_YOU = frozenset(("you", "u", "ur", "ya", "youre", "yall", "yourself"))
_THEY = frozenset(("he", "she", "they", "hes", "shes", "theyre"))
_BETWEEN = frozenset(
    ["a", "absolute", "absolutely", "all", "am", "an", "and", "angry", "another", "are", "being", "big"]
    + ["bitter", "bloody", "bunch", "complete", "crazy", "damn", "dirty", "disgusting", "dumb", "fat"]
    + ["filthy", "fuckin", "fucking", "goddamn", "ignorant", "is", "just", "lazy", "little", "load", "lot"]
    + ["lying", "mad", "miserable", "nasty", "of", "old", "or", "pathetic", "piece", "r", "racist", "re"]
    + ["real", "right", "s", "sad", "sexist", "shut", "silly", "smelly", "so", "stupid", "such", "the"]
    + ["total", "ugly", "up", "utter", "was", "were"]
)
_SCORN = frozenset(["dirty", "dumb", "fat", "filthy", "fuckin", "fucking", "goddamn", "stupid", "ugly"])
_SAID = frozenset(
    ["branded", "call", "called", "calling", "calls", "chant", "chanted", "chanting", "daubed", "graffiti"]
    + ["hurled", "labelled", "painted", "screamed", "screaming", "shout", "shouted", "shouting", "spat"]
    + ["sprayed", "yelled", "yelling", "wrote", "written", "texted", "scrawled"]
)
_NAMED = frozenset(["chant", "epithet", "expression", "insult", "phrase", "slur", "term", "terms", "word", "words"])

Company = Mapping[str, frozenset[str]]


def read_senses(text: str) -> Company:
    """The listed words and what their honest senses stand with. A line: words, a colon, company; `*`: all words'."""
    told: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            words, _, company = line.partition(":")
            forms = {form for word in fold(company).text.split() for form in _forms(word)}
            for word in fold(words).text.split(","):
                told.setdefault(word.strip(" *") or "*", set()).update(forms)
    everyone = told.pop("*", set())
    # Most words share a line with others, and so their company: one set for all of them is a megabyte less.
    made: dict[frozenset[str], frozenset[str]] = {}
    whole = ((word, frozenset(company | everyone)) for word, company in told.items())
    return {word: made.setdefault(company, company) for word, company in whole}


def _forms(word: str) -> list[str]:
    stem = word.removesuffix("e")
    return [word, *(word + ending for ending in _ENDINGS), stem + "ing", stem + "ed"]


def is_honest(match: Match, words: Words, company: Company) -> bool | None:
    """Whether the word stands in its honest sense or is only spoken about (True), or somebody is called so (False).

    None where nothing tells.
    """
    known = company.get(match.term.key)
    if known is None or match.how:
        return None
    line, places = words.list, words.places
    first, last = places.index_from(match.start), places.index_from(match.end)
    before, after = line[max(0, first - _NEAR) : first], line[last : last + _NEAR]
    if _is_called(before, after):
        return False
    if not known.isdisjoint(before) or not known.isdisjoint(after) or _is_quoted(before):
        return True
    return None


def _is_called(before: list[str], after: list[str]) -> bool:
    """Whether somebody is called so: nothing but scorn stands between them and the word."""
    between = list(takewhile(_BETWEEN.__contains__, reversed(before)))[:_CALLED]
    who = before[-len(between) - 1 : -len(between) or None]
    if who and (who[0] in _YOU or (who[0] in _THEY and between)):
        return True
    return any(word in _SCORN for word in between) or after[:2] == ["like", "you"]


def _is_quoted(before: list[str]) -> bool:
    """Whether the word is spoken about: "the word …", "they called my mother a …"."""
    near = before[-_CALLED:]
    return not _NAMED.isdisjoint(near[-2:]) or (not _SAID.isdisjoint(near) and _YOU.isdisjoint(near))
