"""Characters that show nothing, made visible where they stand in what a moderator reads."""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from moderation_rules.text.hiding import BREAKS
from moderation_rules.text.unseen import needless

# Old Hangul syllables are written with these two.
_FILLERS = frozenset("\u115f\u1160")
# Blanks and joiners that are no format characters by their category.
_BLANK = BREAKS - _FILLERS
_SELECTORS = frozenset([*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))])
_NAMED = 6  # characters of one marker that are told by name
_MARKER = Markup('<span class="unseen" role="img" data-code="{}" title="{}" aria-label="{}">{}</span>')


def unseen(text: str) -> frozenset[int]:
    """Where characters stand that a reader cannot see and that nothing around them needs: code points into `text`."""
    return frozenset(needless(text, directed=True)) | {
        n for n, letter in enumerate(text) if _is_blank(letter, text[n - 1 : n])
    }


def with_markers(text: str, start: int, end: int, hidden: frozenset[int]) -> Markup:
    """`text[start:end]`, escaped, each run of `hidden` characters within in a small marker that names them.

    The characters stay: what is copied from the page is what was typed.
    """
    parts: list[Markup] = []
    for is_hidden, positions in groupby(range(start, end), key=hidden.__contains__):
        run = [text[n] for n in positions]
        parts.append(_marker(run) if is_hidden else escape("".join(run)))
    return Markup("").join(parts)


def _is_blank(letter: str, before: str) -> bool:
    if letter in _SELECTORS:
        # They choose a picture's or an ideograph's look; a Latin letter, a space or nothing has none to choose.
        return not before or (before.isascii() and not before.isdigit() and before not in "#*")
    if letter in _BLANK:
        return unicodedata.category(letter) != "Cf"  # Of format characters a script may need some.
    return unicodedata.category(letter) == "Cc" and letter not in "\t\n"


def _marker(run: list[str]) -> Markup:
    told = "; ".join(_told(run))
    more = f"+{len(run) - 1}" if len(run) > 1 else ""
    return _MARKER.format(f"{ord(run[0]):04X}{more}", told, told, "".join(run))


def _told(run: list[str]) -> Iterator[str]:
    """What a marker stands for: "U+200B zero width space, 3 times"; a message in tags is spelt out."""
    kinds = dict.fromkeys(run)
    for letter in list(kinds)[:_NAMED]:
        count = run.count(letter)
        name = unicodedata.name(letter, "control character").lower()
        yield f"U+{ord(letter):04X} {name}" + (f", {count} times" if count > 1 else "")
    if len(kinds) > _NAMED:
        yield f"{len(kinds) - _NAMED} more"
    if spelt := "".join(chr(ord(letter) - 0xE0000) for letter in run if "\U000e0020" <= letter <= "\U000e007e"):
        yield f"invisible letters: {spelt}"
