"""Replacing characters by a table: fast where only a few kinds of them change, linear in any case."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Set
from sys import byteorder

_KEEP = 65_536  # characters remembered; a text of a million different ones must not fill the memory
_FEW = 100  # kinds of characters
_MANY = 200  # kinds of characters of which nobody looks which of them change
_LONG = 10_000  # characters of a text that mostly ends in plain ones: what is replaced there costs five times as much
_FRONT = 1000  # characters that show whether a text has so many
_MUCH = 4000  # characters
_STRIPPED = 64  # characters of a plain end that are looked at one by one
_ASCII = bytes(range(128))
_ASCII_TEXT = _ASCII.decode("ascii")
_POINTS = "utf-32-le" if byteorder == "little" else "utf-32-be"


def beyond_ascii(text: str) -> set[str]:
    """The kinds of characters of the text that ASCII has not."""
    if text.isascii():
        return set()
    # Leaving out bytes costs next to nothing; only what is left is looked at one by one, as numbers if it is much.
    rest = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if len(rest) < _MUCH:
        return set(rest)
    return set(map(chr, set(array("I", rest.encode(_POINTS, "surrogatepass")))))


def without_plain_end(text: str) -> str:
    """The text up to the last character that ASCII has not."""
    start, end = 0, len(text)
    # Whether a piece is plain is seen many times faster than it is stripped sign by sign.
    while end - start > _STRIPPED:
        middle = (start + end) // 2
        if text[middle:end].isascii():
            end = middle
        else:
            start = middle
    return text[:end].rstrip(_ASCII_TEXT)


class CharTable(dict[int, str]):
    """What each character becomes, worked out by `become` when the character first turns up. `few`: kinds that change
    up to which one replacement each is faster than a look at every character; fewer where they become several."""

    def __init__(self, become: Callable[[str], str], few: int = _FEW) -> None:
        super().__init__()
        self._few = few
        self._become = become
        # Those of the table that stay as they are: of most texts all that ASCII has not.
        self._same: set[str] = set()
        ascii_forms = [become(chr(point)) for point in range(128)]
        self._ascii = "".join(ascii_forms).encode("ascii") + bytes(128)
        stays = [point for point in range(128) if ascii_forms[point] == chr(point)]
        self._stays = bytes([*stays, *range(128, 256)])

    def __missing__(self, point: int) -> str:
        char = chr(point)
        become = self._become(char)
        if len(self) >= _KEEP:
            self.clear()
            self._same.clear()
        self[point] = become
        if become == char:
            self._same.add(char)
        return become

    def changes(self, kinds: Set[str]) -> dict[str, str]:
        """What those of the characters become that do not stay as they are."""
        return {char: become for char in kinds - self._same if (become := self[ord(char)]) != char}

    def apply(self, text: str, strange: Set[str] | None = None, changes: Mapping[str, str] | None = None) -> str:
        """The text with every character replaced.

        `strange`: what `beyond_ascii` says of the text, and `changes` what becomes of those, where that is known.
        ASCII characters must become one ASCII character each, and what something becomes must stay as it is.
        """
        if text.isascii():
            return text.encode("ascii").translate(self._ascii).decode("ascii")
        few, most = (self._few, _MANY) if len(text) <= _LONG else (_FEW // 5, _MANY // 2)
        if changes is None:
            many = len(strange) > most if strange is not None else len(set(text[:_FRONT])) > most + len(_ASCII)
            if strange is None and not many:
                strange = beyond_ascii(text)
                many = len(strange) > most
            changes = self.changes(strange) if strange and not many else None
        if changes is None or len(changes) > few:
            # Behind the last character beyond ASCII, bytes do.
            end = len(without_plain_end(text))
            return text[:end].translate(self) + text[end:].encode("ascii").translate(self._ascii).decode("ascii")
        for char, become in changes.items():
            text = text.replace(char, become)
        if text.isascii():
            return text.encode("ascii").translate(self._ascii).decode("ascii")
        for point in set(text.encode("utf-8", "surrogatepass").translate(None, self._stays)):
            text = text.replace(chr(point), self[point])
        return text
