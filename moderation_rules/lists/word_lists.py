"""Lists of words and phrases: what they are made of, and reading them from text."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, overload

from moderation_rules.values import Verdict

MOST_WORDS = 1_000_000
_LONGEST = 200


class ListKind(StrEnum):
    """What it means to stand on a list."""

    BANNED = "banned"
    SUSPECT = "suspect"
    ALLOW = "allow"
    EVERYDAY = "everyday"  # stops nothing by itself where a list bans it too


@dataclass(frozen=True, slots=True)
class Entry:
    """One word or phrase as it was written; `*` at either end stands for any letters."""

    text: str
    score: float | None = None
    verdict: Verdict | None = None
    observe: bool = False


class Entries(Sequence[Entry]):
    """Entries kept as one text, each made when it is asked for: as objects they would take ten times the memory."""

    __slots__ = ("_ends", "_marked", "_text")

    def __init__(self, entries: Iterable[Entry]) -> None:
        words: list[str] = []
        self._ends = array("I")
        # Those that say more than a word, by their place: few do.
        self._marked: dict[int, Entry] = {}
        end = 0
        for place, entry in enumerate(entries):
            words.append(entry.text)
            end += len(entry.text)
            self._ends.append(end)
            if entry != Entry(entry.text):
                self._marked[place] = entry
        self._text = "".join(words)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        marked = self._marked.get(place)
        if marked is not None:
            return marked
        return Entry(self._text[self._ends[place - 1] if place else 0 : self._ends[place]])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Entries):
            return NotImplemented
        return self._text == other._text and self._ends == other._ends and self._marked == other._marked

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True)
class WordList:
    """A list with what its words weigh; None leaves that to the rule. `language` None: for every language."""

    name: str
    kind: ListKind
    entries: Sequence[Entry]
    language: str | None = None
    score: float | None = None
    verdict: Verdict | None = None
    observe: bool = False
    disguised: bool = True


class LayeredLists(NamedTuple):
    """The lists of a policy and of all that is laid over it for sections, threads and presets, in an order that each
    layer keeps; and those that every layer has. `rules`: what the policy and each layer say of rules, which may list
    more; none where these are among the lists."""

    lists: tuple[WordList, ...]
    everywhere: tuple[WordList, ...]
    rules: tuple[Mapping[str, Any], ...] = ()


class ListError(ValueError):
    """A list that can't be used; says in which line."""


def entries_from_text(text: str) -> Entries:
    """One word or phrase a line; empty lines and what follows ` #` (or a `#` in front) is left out.

    Raises ListError for what is no list of words.
    """
    return Entries(map(Entry, _words(text.splitlines(), MOST_WORDS)))


def count_words(text: str, most: int = MOST_WORDS) -> int:
    """How many words or phrases a list has, in one pass that stops at the first line that is wrong or one too many.

    Raises ListError as `entries_from_text` does.
    """
    return sum(1 for _ in _words(text.splitlines(), most))


def _words(lines: Iterable[str], most: int) -> Iterator[str]:
    count = 0
    for number, line in enumerate(lines, 1):
        word = line.removeprefix("\ufeff")
        if word.startswith("#"):
            continue
        word = word.partition(" #")[0].strip()
        if not word:
            continue
        if "\x00" in word or "\ufffd" in word:
            raise ListError(f"line {number}: not text in UTF-8")
        if not word.strip("* "):
            raise ListError(f"line {number}: an empty word would be found everywhere")
        if len(word) > _LONGEST:
            raise ListError(f"line {number}: longer than {_LONGEST} characters; one word or phrase a line")
        count += 1
        if count > most:
            raise ListError(f"line {number}: more than {most:,} words")
        yield word
