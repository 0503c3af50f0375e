"""Lists of words and phrases: what they are made of, and reading them from text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class WordList:
    """A list with what its words weigh; None leaves that to the rule. `language` None: for every language."""

    name: str
    kind: ListKind
    entries: tuple[Entry, ...]
    language: str | None = None
    score: float | None = None
    verdict: Verdict | None = None
    observe: bool = False
    disguised: bool = True


class ListError(ValueError):
    """A list that can't be used; says in which line."""


def entries_from_text(text: str) -> tuple[Entry, ...]:
    """One word or phrase a line; empty lines and what follows ` #` (or a `#` in front) is left out.

    Raises ListError for what is no list of words.
    """
    return tuple(map(Entry, _words(text.splitlines(), MOST_WORDS)))


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
