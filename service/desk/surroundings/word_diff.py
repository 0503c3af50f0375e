"""What changed from one text to the next, word by word."""

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

from service.localization import gettext as _

# A word with the space behind it; of scripts that are written without spaces, one sign.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]\s*|[^\s{_UNSPACED}]+\s*|\s+")
# Places of a word in one text times places of it in the other, of all words, times words of the shorter text: so many
# steps can it take to compare them, and readers may write texts for which it does. A fifth of a second.
MOST = 2_000_000


class Piece(NamedTuple):
    """A stretch of text that both have, or only the one before, or only the one after."""

    kind: Literal["same", "gone", "new"]
    text: str


def changed_words(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in reading order: `old` is all that is same or gone, `new` all that is same or new."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    middle, other = before[start : len(before) - end], after[start : len(after) - end]
    pieces = [Piece("same", "".join(before[:start]))]
    matcher = SequenceMatcher(None, middle, other)
    places: dict[str, list[int]] = matcher.b2j  # type: ignore[attr-defined] # Documented, and not in its stub.
    met = sum(len(places.get(word, ())) for word in middle)
    if met * min(len(middle), len(other)) > MOST:
        pieces += [Piece("gone", "".join(middle)), Piece("new", "".join(other))]
    else:
        for what, a, b, c, d in matcher.get_opcodes():
            if what == "equal":
                pieces.append(Piece("same", "".join(middle[a:b])))
            else:
                pieces += [Piece("gone", "".join(middle[a:b])), Piece("new", "".join(other[c:d]))]
    pieces.append(Piece("same", "".join(before[len(before) - end :])))
    return [piece for piece in pieces if piece.text]


def as_markup(pieces: list[Piece]) -> Markup:
    """The pieces with `<del>` and `<ins>`, which are told to who hears them too."""
    return Markup("").join(map(_marked, pieces))


def _marked(piece: Piece) -> Markup:
    if piece.kind == "gone":
        return Markup('<del><span class="hidden-visually">{}</span>{}</del>').format(_("removed: "), piece.text)
    if piece.kind == "new":
        return Markup('<ins><span class="hidden-visually">{}</span>{}</ins>').format(_("added: "), piece.text)
    return escape(piece.text)


def _alike(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
