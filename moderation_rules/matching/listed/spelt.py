"""Words that are spelt letter by letter, and the words of one letter beside them that are no part of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from moderation_rules.lists.shipped import known_words
from moderation_rules.rule import Reading
from moderation_rules.text.folding import Folded

# Words of one letter in languages of Latin, Cyrillic and Greek letters.
_LITTLE: Final = frozenset("aeiouyàáèéíóöőабвжиійкосуўяєηοήό")
_NOTE: Final = "spelt"
_FEWEST: Final = 4  # letters of a known word that has neighbours; shorter ones turn up by chance


def note_spelt(reading: Reading, places: Sequence[tuple[int, int]]) -> None:
    """Tells rules that look at the reading later where in its folded text listed words are spelt."""
    if places:
        reading.notes[_NOTE] = places


def is_little(folded: Folded, at: int) -> bool:
    """Whether the letter at this place of the folded text is a word by itself in some language."""
    start, end = folded.span(at, at + 1)
    return folded.original[start:end].lower() in _LITTLE


def without_little_words(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """A run of single letters, in the folded text, without one word of one letter on each side.

    The same gap stands between all letters: only a listed or known word tells where it begins and ends. Where none
    does, the run stays whole.
    """
    text = reading.folded.text
    at = [index for index in range(start, end) if text[index].isalnum()]
    before, after = is_little(reading.folded, at[0]), is_little(reading.folded, at[-1])
    if not (before or after):
        return start, end
    noted: Sequence[tuple[int, int]] = reading.notes.get(_NOTE, ())
    spelt = [place for place in noted if start <= place[0] and place[1] <= end]
    if spelt:
        first, last = min(place[0] for place in spelt), max(place[1] for place in spelt)
        front = "".join([text[index] for index in at if index < first])
        back = "".join([text[index] for index in at if index >= last])
        before = before and _is_apart(front, front[1:])
        after = after and _is_apart(back, back[:-1])
    else:
        before, after = _around_known("".join([text[index] for index in at]), before, after)
    return at[before], at[len(at) - 1 - after] + 1


def _is_apart(letters: str, rest: str) -> bool:
    """Whether the letter that `rest` lacks of those beside a listed word is a word by itself."""
    known = known_words()
    return bool(letters) and (not rest or (known.is_word(rest) and not known.is_word(letters)))


def _around_known(letters: str, before: bool, after: bool) -> tuple[bool, bool]:
    """Where, of the places that may have one, a word of one letter stands beside a known word."""
    known = known_words()
    if not known.is_word(letters):
        for left, right in ((before, False), (False, after), (before, after)):
            word = letters[left : len(letters) - right]
            # Surnames of all countries have too many forms to tell anything.
            told = word in known.common or word in known.words or word in known.given
            if (left or right) and len(word) >= _FEWEST and told:
                return left, right
    return False, False
