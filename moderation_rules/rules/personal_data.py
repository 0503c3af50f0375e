from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.rule import FAR, Check, Hit, Reading, Rule, Supplies, catches, passes

_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[^\W\d_]{2,24}\b")
_PHONE = re.compile(r"(?<![\w.,/$€£%-])(?:\+|00)\d{1,3}[\s.(-]?(?:\(?\d{1,5}\)?[\s./-]?){2,5}\d{2,5}(?![\w%])")
_LOCAL = re.compile(
    r"(?<![\w.,/$€£%-])(?:\(\d{2,5}\)\s?|0\d{2,4}[\s/-])\d{3,4}[\s-]?\d{2,5}(?![\w%])|(?<![\w.,/$-])\d{3}-\d{3}-\d{4}(?!\w)"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b")
_POSTAL = re.compile(
    r"\b(?:\d{1,5}\s(?:[A-Z][\w'’-]+\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Court|Terrace)\b"
    r"|[A-ZÄÖÜ][\wäöüß-]+(?:straße|strasse|str\.|weg|gasse|allee)\s\d{1,4}\s?[a-z]?\b"
    r"|\d{1,4},?\s(?:bis\s)?(?:rue|avenue|boulevard|chemin)\s(?:de|du|des|la|le|l['’])\s?\w+)"
)
# What a postal address has in it; a plain search for these first is many times faster than the pattern.
_STREETS = AhoCorasick(
    ["St", "Road", "Rd", "Ave", "Lane", "Ln", "Drive", "Boulevard", "Blvd", "Court", "Terrace"]
    + ["stra", "str.", "weg", "gasse", "allee", "rue", "avenue", "boulevard", "chemin"],
    implementation=Implementation.DFA,
)


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text[:FAR]
        hits = []
        if "@" in text:
            hits += [Hit("an e-mail address", "text", *m.span(), "email") for m in _EMAIL.finditer(text)]
        if reading.has_digit:
            for pattern in (_PHONE, _LOCAL):
                hits += [Hit("a phone number", "text", *m.span(), "phone") for m in pattern.finditer(text)]
            hits += [Hit("a bank account", "text", *m.span(), "iban") for m in _IBAN.finditer(text) if is_iban(m[0])]
            if _STREETS.find_matches_as_indexes(text):
                hits += [Hit("a postal address", "text", *m.span(), "postal") for m in _POSTAL.finditer(text)]
        return hits[:5]

    return check


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: the rearranged number modulo 97 is 1)."""
    number = text.replace(" ", "")
    if not 15 <= len(number) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


RULE = Rule(
    name="personal_data",
    about="Phone numbers, postal and e-mail addresses and bank accounts, which may be somebody else's.",
    kind="person",
    prepare=prepare,
    score=5,
    examples=(
        catches("Write to jo.bloggs@mail.example, he will tell you", marks="jo.bloggs@mail.example"),
        catches("Her number is +49 30 901820, tell her", marks="+49 30 901820"),
        catches("It is 555-010-4477.", marks="555-010-4477"),
        catches("Pay to DE89 3704 0044 0532 0130 00 please", marks="DE89 3704 0044 0532 0130 00"),
        catches("He lives at 12 Elm Grove Road", marks="12 Elm Grove Road"),
        catches("Er wohnt in der Lindenstraße 7", marks="Lindenstraße 7"),
        passes("In 2023 they spent 1 200 000 000 on 45 schools, 3.5% more."),
        passes("From 1914-1918 and 10:30-12:45"),
        passes("@someone said so"),
    ),
)
