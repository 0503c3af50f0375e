"""What the package ships as data. The only module here that reads files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from moderation_rules.lists.known import KnownWords, PackedWords

_DATA = resources.files("moderation_rules").joinpath("data")


@cache
def default_policy_text() -> str:
    """The shipped policy as YAML; sites inherit from it."""
    return _DATA.joinpath("default.yaml").read_text("utf-8")


@cache
def shipped_lists() -> Mapping[str, str]:
    """The shipped word lists by file name."""
    return {entry.name: entry.read_text("utf-8") for entry in _DATA.iterdir() if entry.name.endswith(".txt")}


@cache
def known_words() -> KnownWords:
    """Words and names that people use; takes a few hundredths of a second once."""
    files = shipped_lists()
    lines = files["common_en.txt"].splitlines()
    common = frozenset(word for line in lines if not line.startswith("#") for word in line.split())
    kinds = ("known_words", "given_names", "known_names", "own_words", "rude_names")
    return KnownWords(common, *[PackedWords(files[f"{kind}.txt"]) for kind in kinds])


def confusables() -> str:
    """Unicode's look-alikes (Technical Standard 39) as JSON, from the package that keeps them."""
    return resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8")


@cache
def spam_signs() -> Mapping[str, str]:
    """What spam is made of (`lists.spam_signs`), by the name of the file without its ending."""
    folder = _DATA.joinpath("spam")
    return {
        entry.name.removesuffix(".txt"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".txt")
    }
