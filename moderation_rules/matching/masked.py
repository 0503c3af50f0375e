"""Words of which signs hide letters, as in `nincomp**p`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import islice
from sys import intern
from typing import Final

from moderation_rules.matching.vocabulary import ENDINGS

_MASKED = re.compile(
    r"(?<![\w*#%^&<>])([^\W\d_]++)([*#%^§†¡¿~]{1,4}|[&<>?!\-_@*#%]{1,4}(?=[^\W\d_])|[0-9](?=[^\W\d_]))"
    r"([^\W\d_]*+)(?![\w*#%^])"
)
# Digits and signs between letters, or a nought or one in front of some: cas1no, b0nus, 0nline.
# The sign comes first in the pattern, what stands around it afterwards: for signs alone it is found many times faster.
_LEET = re.compile(r"[0134578@$](?:(?<=[a-z].)(?=[a-z])|(?<=[01])(?<![\w.,/@$-].)(?=[a-z]{3}))")
_LETTERS = (dict(zip("0134578@$", "oieastbas", strict=True)), dict(zip("0134578@$", "oleastbas", strict=True)))
_FOR_LETTERS = "@4301578$!|+(€¢£69&<¡§†[ß"
LEET: Final = str.maketrans(_FOR_LETTERS, "aaeoistbsiitceclggacistcb")
_LEET_L = str.maketrans(_FOR_LETTERS, "aaeolstbslltceclggacistcb")
_NO_LETTER = re.compile(r"[!|+(&<\[](?:(?![a-z0-9@$])|(?<=[|+&!\[])(?<![a-z0-9@$!|].)(?=[a-z]{3}))")
_NO_ENDING = ("",)
_ENDINGS = (*_NO_ENDING, *ENDINGS)
_REMEMBERED, _LONGEST = 2_000, 30  # masked words, and characters of each
_MOST = 400  # words compared with one masked word; of a million, thousands begin alike
_MOST_OF_LAYERS = 4_000  # the same of all layers of a policy together, of which each compares its own


def without_leet(text: str) -> list[str]:
    """The folded text with letters for the digits and signs in words, in two ways to read a 1; nothing without such."""
    places = [sign.start() for sign in _LEET.finditer(text)]
    if not places:
        return []
    return list(dict.fromkeys(_read(text, places, letters) for letters in _LETTERS))


def _read(text: str, places: Iterable[int], letters: Mapping[str, str]) -> str:
    read = list(text)
    for place in places:
        read[place] = letters[read[place]]
    return "".join(read)


def letters_for_signs(text: str) -> list[str]:
    """The text with letters in the place of signs and digits: in two ways where some stand for two letters."""
    bare = _NO_LETTER.sub(" ", text)
    if "1" in bare or "!" in bare or "|" in bare:
        return [_with_letters(bare, LEET), _with_letters(bare, _LEET_L)]
    return [_with_letters(bare, LEET)]


def _with_letters(text: str, letters: Mapping[int, int]) -> str:
    if text.isascii():
        return text.translate(letters)
    # Beyond ASCII, one replacement for each sign is many times faster than a look at each character.
    for sign in _FOR_LETTERS:
        text = text.replace(sign, chr(letters[ord(sign)]))
    return text


class MaskedWords:
    """Listed words by the letters that masks leave. `of_layers`: they are those of all layers of a policy."""

    def __init__(self, keys: Iterable[str], *, of_layers: bool = False) -> None:
        self._most = _MOST_OF_LAYERS if of_layers else _MOST
        self._is_one: Callable[[str], bool] | None = None
        self._met: dict[tuple[str, str, str], str | None] = {}  # only time depends on it
        by_front: dict[tuple[str, int], list[str]] = {}
        by_ends: dict[tuple[str, str, int], list[str]] = {}
        for key in keys:
            by_front.setdefault((intern(key[:2]), len(key)), []).append(key)
            by_ends.setdefault((key[0], key[-1], len(key)), []).append(key)
        # A list that grew has room for more, which would be kept for good.
        self._by_front = {front: tuple(alike) for front, alike in by_front.items()}
        self._by_ends = {ends: tuple(alike) for ends, alike in by_ends.items()}

    def part(self, is_one: Callable[[str], bool]) -> MaskedWords:
        """Some of the words."""
        made = copy(self)
        made._is_one, made._met = is_one, {}
        return made

    def find(self, text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Masked words in `text[start:end]`: the listed word and where it stands."""
        for masked in _MASKED.finditer(text, start, end):
            parts = masked[1], masked[2], masked[3]
            if parts in self._met:
                key = self._met[parts]
            else:
                key = self._unmasked(*parts)
                if len(self._met) >= _REMEMBERED:
                    self._met = {}
                if masked.end() - masked.start() <= _LONGEST:
                    self._met[parts] = key
            if key is not None:
                yield key, *masked.span()

    def _unmasked(self, front: str, mask: str, back: str) -> str | None:
        """The word of which the mask hides as many letters as it has signs (one at least must show on each side)."""
        hidden, shown = len(mask), len(front) + len(back)
        if not back and hidden < 2:
            return None
        for ending in _ENDINGS if back.endswith(ENDINGS) else _NO_ENDING:
            if back.endswith(ending) and shown - len(ending) >= 2:
                stem = back[: len(back) - len(ending)]
                size = len(front) + hidden + len(stem)
                if len(front) > 1:
                    likely = self._by_front.get((front[:2], size), ())
                else:
                    likely = self._by_ends.get((front, stem[-1:], size), ())
                for key in self._own(likely[: self._most]):
                    if key.startswith(front) and key.endswith(stem):
                        return key
        return None

    def _own(self, likely: Sequence[str]) -> Iterable[str]:
        return likely if self._is_one is None else islice(filter(self._is_one, likely), _MOST)
