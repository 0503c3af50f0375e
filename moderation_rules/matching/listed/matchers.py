"""What finds the words of some lists: made once for all policies that have the same, and for all layers of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import LayeredLists, WordList
from moderation_rules.matching.disguises import Disguises
from moderation_rules.matching.listed.terms import Term
from moderation_rules.matching.matcher import Finder
from moderation_rules.text.accents import is_accented

MOST_SHARED: Final = 100_000  # words of all layers up to which they share a matcher: it is made as a whole


@dataclass(frozen=True, eq=False)
class Matcher:
    """What finds the words of some lists, which takes a while to make and megabytes to keep. `picky`: whether some of
    its innocent words count only in their language."""

    finder: Finder
    disguises: Disguises | None
    picky: bool
    together: Matcher | None = None  # that of all layers, which lives as long as one of them


_MATCHERS: WeakValueDictionary[tuple[object, ...], Matcher] = WeakValueDictionary()


def matcher_of(lists: Sequence[WordList], *, disguised: bool, layers: LayeredLists | None = None) -> Matcher:
    """The matcher of these lists: all policies, and layers of one, that have the same lists share it. `layers`: those
    of the policy, which have other lists in part; one matcher then looks for the words of all of them."""
    if layers is not None and (own := _own(lists, layers)) is not None:
        key: tuple[object, ...] = (own, disguised, layers)
        found = _MATCHERS.get(key)
        if found is None:
            found = _MATCHERS[key] = _alone(_together(layers), own, disguised=disguised)
        return found
    key = (tuple(lists), disguised)
    found = _MATCHERS.get(key)
    if found is None:
        finder = Finder(lists)
        disguises = Disguises(finder, known_words()) if disguised and finder else None
        found = _MATCHERS[key] = Matcher(finder, disguises, _any_picky(finder))
    return found


def _together(layers: LayeredLists) -> Matcher:
    found = _MATCHERS.get((layers,))
    if found is None:
        finder = Finder(layers.lists, layers=True)
        disguises = Disguises(finder, known_words(), _own(layers.everywhere, layers) or ())
        found = _MATCHERS[(layers,)] = Matcher(finder, disguises, picky=True)
    return found


def _alone(together: Matcher, own: Sequence[WordList], *, disguised: bool) -> Matcher:
    """The matcher of one layer, which has what it remembers of texts for itself and all else from the others."""
    # The same lists may have been made more than once.
    known = {words: words for words in together.finder.lists}
    finder = together.finder.alone([known[words] for words in own])
    disguises = together.disguises.alone(finder) if disguised and together.disguises is not None else None
    return Matcher(finder, disguises, _any_picky(finder), together)


def _own(lists: Sequence[WordList], layers: LayeredLists) -> tuple[WordList, ...] | None:
    """These lists; None where the layers together don't have them all, in this order, or there is nothing in them."""
    rest = iter(layers.lists)
    if not any(words.entries for words in lists) or not all(words in rest for words in lists):
        return None
    return tuple(lists)


def _any_picky(finder: Finder) -> bool:
    return any(map(_is_picky, finder.innocent_terms()))


def _is_picky(term: Term) -> bool:
    """Whether it is an innocent word of one language only, or with these accents only."""
    return not term.guilty and (term.list.language is not None or is_accented(term.entry.text, term.key))
