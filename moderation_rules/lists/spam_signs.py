"""The files of what spam is made of: phrases by what they are a sign of, by language, with examples.

A file has sections, each with one phrase a line, and lines of notes that begin with `#`:

    # owner: who answers for the file
    [topic en]
    casino
    [examples]
    + A comment that must be held.
    - A comment that must pass.

The head of a section names the role, the language (BCP 47) and, where it is not the file, the family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from moderation_rules.lists.word_lists import ListError

# strong, weak: heard from who wants to be clicked; flattery: praise of any page; trackback: what blogs send each other;
# topic: what is sold, in everybody's words; pitch: the same in sellers' words; call, opening: to the reader, the latter
# only where a sentence begins; offer: praise of what is sold; testimony: of how it helped; report: said of a trade, not
# for it; service: whose number everybody may call.
Role = Literal[
    "strong",
    "weak",
    "flattery",
    "trackback",
    "topic",
    "pitch",
    "call",
    "opening",
    "offer",
    "testimony",
    "report",
    "service",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True, slots=True)
class SpamFile:
    """One file: `phrases` by role and family, its owner, and its examples with whether they must be held."""

    owner: str
    phrases: Mapping[tuple[Role, str], tuple[str, ...]]
    languages: frozenset[str]
    examples: tuple[tuple[str, bool], ...]


@dataclass(slots=True)
class _Draft:
    owner: str = ""
    phrases: dict[tuple[Role, str], dict[str, None]] = field(default_factory=dict)
    languages: set[str] = field(default_factory=set)
    examples: list[tuple[str, bool]] = field(default_factory=list)


def read_spam_file(name: str, lines: Iterable[str]) -> SpamFile:
    """The file `name`. Raises ListError for a line that is no part of such a file."""
    draft = _Draft()
    section: dict[str, None] | None = None
    for number, line in enumerate(lines, 1):
        said = line.strip()
        if said.startswith("#"):
            draft.owner = said.removeprefix("# owner:").strip() if said.startswith("# owner:") else draft.owner
        elif said == "[examples]":
            section = None
        elif said.startswith("["):
            role, language, family = _head(name, said, number)
            draft.languages.add(language)
            section = draft.phrases.setdefault((role, family), {})
        elif said and section is not None:
            section[said] = None
        elif said:
            if said[:2] not in {"+ ", "- "}:
                raise ListError(f"{name}, line {number}: an example begins with + or -")
            draft.examples.append((said[2:], said[0] == "+"))
    phrases = {key: tuple(found) for key, found in draft.phrases.items()}
    return SpamFile(draft.owner, phrases, frozenset(draft.languages), tuple(draft.examples))


def _head(name: str, said: str, number: int) -> tuple[Role, str, str]:
    parts = said.strip("[]").split()
    role = next((role for role in ROLES if parts and role == parts[0]), None)
    if role is None or not 2 <= len(parts) <= 3:
        raise ListError(f"{name}, line {number}: the head of a section is [role language] or [role language family]")
    return role, parts[1], parts[2] if len(parts) == 3 else name
