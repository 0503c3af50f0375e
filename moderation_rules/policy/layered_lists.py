"""The word lists that a policy and its layers name: each is read once, and all of them are looked for together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import date
from functools import cache
from typing import Any

from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import (
    Entries,
    Entry,
    LayeredLists,
    ListKind,
    WordList,
    entries_from_text,
)
from moderation_rules.policy.layers import layers_of
from moderation_rules.values import Verdict

_RULE = "word_list"  # the rule whose options may list words
_LISTING = ("banned", "suspect", "allow")


def expired(own: Mapping[str, Any], today: date | None) -> bool:
    """Whether what a policy says here counted until a day before today."""
    return today is not None and "until" in own and date.fromisoformat(own["until"]) < today


def verdict_of(value: str | None) -> Verdict | None:
    """The verdict of this name."""
    return None if value is None else Verdict(value)


def lists_of(
    settings: Mapping[str, Any], files: Mapping[str, str], today: date | None, made: MutableMapping[str, WordList]
) -> tuple[WordList, ...]:
    """The lists that settings name. What was made before is taken from `made`, what is new is put there."""
    return tuple([_list(own, files, today, made) for own in settings.get("lists", ()) if not expired(own, today)])


def layered_lists(
    settings: Mapping[str, Any], files: Mapping[str, str], today: date | None, made: MutableMapping[str, WordList]
) -> LayeredLists | None:
    """The lists of a whole policy, with those of its layers; None where no layer has lists of its own."""
    layers = layers_of(settings)
    if not any("lists" in own or _says_words(own) for own in layers):
        return None
    named = {item["name"] for own in layers for item in own.get("lists", ())}
    base = lists_of(settings, files, today, made)
    # The same list in two layers is one. A layer that has lists in another order gets a matcher of its own.
    lists = dict.fromkeys([*base, *(words for own in layers for words in lists_of(own, files, today, made))])
    return LayeredLists(
        tuple(lists),
        tuple([words for words in base if words.name not in named]),
        tuple([own.get("rules", {}) for own in (settings, *layers)]),
    )


def _says_words(own: Mapping[str, Any]) -> bool:
    return not set(_LISTING).isdisjoint(own.get("rules", {}).get(_RULE, {}))


def _list(
    own: Mapping[str, Any], files: Mapping[str, str], today: date | None, made: MutableMapping[str, WordList]
) -> WordList:
    dated = any("until" in word for word in own.get("words", ()) if not isinstance(word, str))
    key = json.dumps([own, str(today) if dated else None], sort_keys=True)
    if key not in made:
        made[key] = WordList(
            name=own["name"],
            kind=ListKind(own["kind"]),
            entries=_packed(own, files, today),
            language=own.get("language"),
            score=own.get("score"),
            verdict=verdict_of(own.get("verdict")),
            observe=bool(own.get("observe", False)),
            disguised=bool(own.get("disguised", True)),
        )
    return made[key]


@cache
def _shipped_entries(name: str) -> Entries:
    """Those of a list that the package ships: many policies name it, and none changes it."""
    return entries_from_text(shipped_lists()[name])


def _packed(own: Mapping[str, Any], files: Mapping[str, str], today: date | None) -> Entries:
    if "words" not in own and files[own["file"]] is shipped_lists().get(own["file"]):
        return _shipped_entries(own["file"])
    return Entries(_entries(own, files, today))


def _entries(own: Mapping[str, Any], files: Mapping[str, str], today: date | None) -> Iterator[Entry]:
    if "file" in own:
        yield from entries_from_text(files[own["file"]])
    words: Iterable[Any] = own.get("words", ())
    for word in words:
        if isinstance(word, str):
            yield Entry(word)
        elif not expired(word, today):
            yield Entry(
                word["word"], word.get("score"), verdict_of(word.get("verdict")), bool(word.get("observe", False))
            )
