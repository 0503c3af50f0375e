"""Plurals of words and phrases, so that a list needs one form. Possessives need none: 's is a word by itself."""

from __future__ import annotations

# Behind these a phrase goes on about its first noun: "chink in the armour", "son of a gun".
_LINKING = (" in ", " of ", " on ", " to ", " and ", " for ", " from ", " with ", " through ")


def plurals(phrase: str) -> tuple[str, ...]:
    """The plural of the last word, and of the noun in front of the first linking word: "chinks in the armour"."""
    found = [_plural(phrase)]
    at = min((place for word in _LINKING if (place := phrase.find(word)) > 0), default=0)
    if at:
        found.append(_plural(phrase[:at]) + phrase[at:])
    return tuple(found)


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
