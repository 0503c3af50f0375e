"""Writes the words and names that the rules know: nobody who types one of them hides another word.

    apt-get install wamerican wbritish
    python -m venv /tmp/words && /tmp/words/bin/pip install names==0.3.0 Faker==40.63.0
    PYTHONPATH=. /tmp/words/bin/python scripts/known_words.py

Sources, all of which may be passed on: English words and some names from SCOWL (Kevin Atkinson; the notice is kept in
the file's head), names from the United States' census of 1990 (public domain, as the package `names` has them) and the
names of people and places of many countries that the package `Faker` has (MIT). Both files are in order and in plain
letters, so that they are searched where they lie (`moderation_rules.lists.known`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import names
from faker.config import AVAILABLE_LOCALES

from moderation_rules import fold
from moderation_rules.lists.shipped import known_words

DATA = Path(__file__).parent.parent / "moderation_rules" / "data"
DICTIONARIES = (Path("/usr/share/dict/american-english"), Path("/usr/share/dict/british-english"))
SURNAMES = 20_000  # the commonest, which four of five people bear
SHORTEST, LONGEST = 3, 12  # letters; longer words are nobody's slip
# No word that has one of these in it excuses anything, but for those that are honest all the same.
RUDE = re.compile(
    "fuck|shit|cunt|nigg|bitch|whore|asshol|arsehol|slut|bastard|wank|twat|tosser|faggot|cock(?:suck|head)"
)
HONEST = """snigger sniggers sniggered sniggering sniggerer niggle niggled niggles niggling niggard niggardly niggards
bastardisation bastardise bastardised bastardises bastardize bastardized bastardizes scunthorpe sluttery
whitsunday"""
# Given names that are everyday words as well stand in front of a rude word by chance, but for these.
NAMES_FIRST = "april art bill dawn don faith gay grant guy hope june mark miles prince rich will"
NOT_GIVEN = "albino babe bozo butch dink dodo dung feline harsh icy infant kike manly runny snot unknown unnamed"
GIVEN = """\
# Given names in plain letters: a surname may follow that is a rude word elsewhere. From the United States' census of
# 1990 (public domain) and the package Faker (MIT, copyright 2012 Daniele Faraglia). Written by scripts/known_words.py.
"""
SCOWL = """\
# English words in plain letters, from SCOWL: what is one of these is taken for no disguise of a listed word.
# Copyright 2000-2011 by Kevin Atkinson. Permission to use, copy, modify, distribute and sell these word lists, the
# associated scripts, the output created from the scripts, and its documentation for any purpose is hereby granted
# without fee, provided that the above copyright notice appears in all copies and that both that copyright notice and
# this permission notice appear in supporting documentation. Kevin Atkinson makes no representations about the
# suitability of this array for any purpose. It is provided "as is" without express or implied warranty.
# Written by scripts/known_words.py.
"""
NAMES = """\
# Surnames and places in plain letters: what is one of these is taken for no disguise of a listed word.
# From SCOWL (see known_words.txt), the United States' census of 1990 (public domain) and the package Faker (MIT,
# copyright 2012 Daniele Faraglia). Written by scripts/known_words.py.
"""


def main() -> None:
    english = {word for path in DICTIONARIES for word in path.read_text("utf-8").split() if "'" not in word}
    words = {word for word in english if word.islower()}
    common = (known_words().common | set(NOT_GIVEN.split())) - set(NAMES_FIRST.split())
    given = {*_census("first:male", "first:female"), *_faker("person", r"first_names?\w*")}
    given = {name for name in given if fold(name).text not in common}
    others = {
        *_census("last"),
        *_faker("person", r"last_names?\w*"),
        *_faker("address", r"cit(y|ies)|countries|states?"),
    }
    _write("known_words.txt", SCOWL, words)
    _write("given_names.txt", GIVEN, given)
    _write("known_names.txt", NAMES, {word for word in english if word.istitle()} | others)


def _census(*kinds: str) -> Iterator[str]:
    for kind in kinds:
        with open(names.FILES[kind], encoding="ascii") as lines:
            for number, line in enumerate(lines):
                if number < SURNAMES:
                    yield line.split()[0].title()


def _faker(kind: str, wanted: str) -> Iterator[str]:
    for locale in AVAILABLE_LOCALES:
        try:
            provider = import_module(f"faker.providers.{kind}.{locale}").Provider
        except ImportError:
            continue
        for field, values in vars(provider).items():
            if re.fullmatch(wanted, field) and isinstance(values, Iterable):
                yield from (value for value in values if isinstance(value, str))


def _write(name: str, head: str, found: Iterable[str]) -> None:
    plain = {fold(word).text for word in found}
    honest = HONEST.split()
    kept = {word for word in plain if word.isascii() and word.isalpha() and SHORTEST <= len(word) <= LONGEST}
    kept = {word for word in kept if word in honest or not RUDE.search(word)}
    (DATA / name).write_text(head + "\n".join(sorted(kept)) + "\n", "ascii")


if __name__ == "__main__":
    main()
