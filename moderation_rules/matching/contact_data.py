"""Where a comment says how a person is reached: e-mail and postal addresses, phone numbers, bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from sys import maxsize
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.matching.context.homes import is_home
from moderation_rules.matching.phone_numbers import (
    around_digits,
    is_free,
    is_of_service,
    number_text,
    numbers_apart,
    numbers_whole,
    typed_span,
)
from moderation_rules.rule import Reading

_MAILBOX = re.compile(r"[\w.+-]{1,64}\Z")
_MAIL_HOST = re.compile(r"@(?:[\w-]{1,63}\.){1,4}[^\W\d_]{2,24}\b")
_LONGEST_MAILBOX = 64
# Spelt so that no program finds it: "jo (at) mail (dot) example", "jo.b at mail dot example". Without brackets it takes
# more than "look at shop dot example": a dot or a digit before the at, or a provider of mailboxes after it.
_DOT = r"(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)"
_PROVIDERS = "gmail|googlemail|yahoo|hotmail|outlook|icloud|gmx|web|proton|protonmail|aol|yandex|mail|live|msn|naver|qq"
_SPELT = re.compile(
    rf"(?<![\w.+-])(?:[\w+-]{{1,64}}(?:{_DOT}[\w+-]{{1,64}}){{0,3}}\s?[(\[{{<]\s?(?:at|@)\s?[)\]}}>]\s?(?:[\w-]{{2,63}}{_DOT}){{1,3}}"
    rf"|(?:[\w+-]{{1,64}}(?:(?:\.|\sdot\s)[\w+-]{{1,64}}){{1,3}}|[\w+-]{{0,60}}\d[\w+-]{{0,3}})\sat\s(?:[\w-]{{2,63}}(?:\.|\sdot\s)){{1,3}}"
    rf"|[\w+-]{{1,64}}\sat\s(?:{_PROVIDERS})(?:\.|\sdot\s))[^\W\d_]{{2,24}}\b",
    re.IGNORECASE,
)
_SPELT_SIGNS = AhoCorasick(["at)", "at]", "at}", "at>", "@)", "@]", "@ ", " dot "], implementation=Implementation.DFA)
_WIDTH = 200  # characters on either side of a sign that may belong to an address
# Runs of digits are taken whole: with every way to split them, one long number would take milliseconds.
_PHONE = re.compile(
    r"(?<![\w.,/$€£%-])(?:\+|00)\d{1,15}+(?!\d)(?:\)?[\s./-]?\(?\d{1,15}+(?!\d)){0,6}(?<=\d\d)(?![\w%])"
)
_LOCAL = re.compile(
    r"(?<![\w.,/$€£%-])(?:\(\d{2,5}\)\s?|0\d{2,4}[\s/-])\d{3,4}[\s-]?\d{2,5}(?![\w%])|(?<![\w.,/$-])\d{3}-\d{3}-\d{4}(?!\w)"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b")

_INTERNATIONAL, _LOCALLY = 8, 7  # digits of the shortest phone numbers
_NUMBER = r"\d{1,5}(?:\s?[a-zA-Z])?"
_CAPITAL = r"(?:St\.|[NSEW]\.|\w[\w'’-]{0,30})"
# How a street and a house number stand together, by custom of the country.
_POSTAL = re.compile(
    "|".join(
        (
            # 12 Elm Grove Road, 221B Baker St.
            rf"(?<![\w.,:-]){_NUMBER},?\s(?:(?=[A-Z]){_CAPITAL}\s){{1,3}}"
            r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Terrace|Crescent|Close|Gardens|Mews)\b",
            # Lindenstraße 7, Am Alten Weg 3a, Kerkstraat 12, Storgatan 5
            rf"\b(?=[A-ZÄÖÜÅØ])\w[\w-]{{2,30}}"
            rf"(?:straße|strasse|str\.|weg|gasse|allee|straat|laan|gracht|plein|gatan|vägen|gata|veien)\s{_NUMBER}\b",
            rf"\b(?:[Aa]m|[Ii]m|[Aa]n der|[Aa]uf der|[Zz]um|[Zz]ur)\s"
            rf"(?=[A-ZÄÖÜ])\w{{3,30}}\s(?:Straße|Weg|Gasse|Allee)\s{_NUMBER}\b",
            # 12 bis, rue de la Paix; rue Lepic 5
            r"(?<![\w.,:-])\d{1,4}(?:\s?(?:bis|ter|[A-D]))?,?\s(?:rue|avenue|av\.|boulevard|bd|chemin|impasse|quai)\s"
            r"(?:(?:de la|de|du|des|la|le|les)\s|(?:de\s)?l['’]|d['’])?(?=[A-ZÀ-Ý])\w[\w'’-]{1,30}",
            # Calle Mayor 5, Via Roma 12, Rua Augusta, 5
            rf"\b(?:[Cc]alle|[Cc]/|[Aa]venida|[Aa]vda\.|[Pp]aseo|[Vv]ia|[Vv]iale|[Cc]orso|[Rr]ua|[Tt]ravessa)\s"
            rf"(?:(?:de la|de los|de|del|della|dei|da|do|das|dos)\s)?"
            rf"(?=[A-ZÀ-Ý])\w[\w'’-]{{1,30}}(?:\s(?=[A-ZÀ-Ý])\w{{1,30}})?,?\s(?:n[º°.]?\s?)?{_NUMBER}\b",
            # Jl. Melati No. 5, ul. Długa 5, ул. Садовая, д. 5
            rf"\b(?:Jl|Jln|Jalan)\.?\s(?=[A-Z])\w[\w.]{{1,30}}(?:\s(?=[A-Z])\w{{1,30}}){{0,2}},?\s(?:[Nn]o\.?\s?)?{_NUMBER}\b",
            rf"\b(?:ul|al)\.\s(?=[A-ZĄĆĘŁŃÓŚŹŻ])\w{{2,30}}(?:\s\w{{2,30}})?\s{_NUMBER}(?:/\d{{1,4}})?\b",
            r"\b(?:ул|пер|просп|пр-т)\.?\s(?=[А-ЯЁ])[\w-]{2,30}(?:\s[\w-]{2,30})?,?\s(?:д(?:ом)?\.?\s?)?\d{1,4}\b",
            # 桜町2丁目3番4号, 中山路12号, 벚꽃로 12번길 3
            r"\d{1,3}丁目\d{1,3}(?:番(?:地|\d{1,3}号)?|[-−‐]\d{1,3})",
            r"\w{1,6}(?:路|街|巷)\d{1,5}[号號]",
            r"\w{1,8}(?:로|길)\s?\d{1,4}(?:번길|번지)(?:\s?\d{1,4})?",
        )
    )
)  # fmt: skip
# What a postal address has in it; a plain search for these first is many times faster than the pattern.
_STREETS = AhoCorasick(
    ["St", "Road", "Rd", "Ave", "Lane", "Ln", "Dr", "Boulevard", "Blvd", "Court", "Terrace", "Crescent", "Close"]
    + ["Gardens", "Mews", "straße", "strasse", "str.", "weg", "Weg", "gasse", "Gasse", "allee", "Allee", "straat"]
    + ["laan", "gracht", "plein", "gatan", "vägen", "gata", "veien", "rue ", "avenue ", "av. ", "boulevard ", "bd "]
    + ["chemin ", "impasse ", "quai ", "alle ", "C/", "c/", "venida", "vda.", "aseo ", "ia ", "iale ", "orso ", "ua "]
    + [
        "ravessa ",
        "Jl",
        "Jalan",
        "ul.",
        "al. ",
        "ул",
        "пер",
        "просп",
        "пр-т",
        "丁目",
        "路",
        "街",
        "巷",
        "번길",
        "번지",
    ],
    implementation=Implementation.DFA,
)


class ContactData(NamedTuple):
    """A piece of contact data at `start:end` of the text as typed. `kind`: "email", "iban", "phone" or "postal"."""

    kind: str
    start: int
    end: int


def contact_data(reading: Reading) -> list[ContactData]:
    """All contact data in the first `searched` characters, none inside another; worked out once a comment."""
    found: list[ContactData] | None = reading.notes.get("contact_data")
    if found is None:
        text, digits = reading.text[: reading.searched], reading.digits
        # Most numbers are too short to be anybody's.
        places = [*_find(text, digits)] if digits or _may_be_spelt(text) else []
        if digits >= _LOCALLY:
            places += _phones(reading, digits)
        if not places:
            reading.notes["contact_data"] = places
            return places
        # The longer of two that overlap: an account's number is no phone number.
        places.sort(key=lambda place: (place.start - place.end, place.start))
        found, taken = [], bytearray(reading.searched)
        for place in places:
            if taken.find(1, place.start, place.end) < 0:
                taken[place.start : place.end] = b"\x01" * (place.end - place.start)
                found.append(place)
        found.sort(key=lambda place: place.start)
        reading.notes["contact_data"] = found
    return found


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: the rearranged number modulo 97 is 1)."""
    number = text.replace(" ", "")
    if not 15 <= len(number) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


def _find(text: str, digits: int) -> Iterator[ContactData]:
    yield from _emails(text)
    for start, end in _around(text, _SPELT_SIGNS) if _may_be_spelt(text) else ():
        yield from _places("email", _SPELT, text, start, end)
    if digits >= _LOCALLY:
        yield from (ContactData("iban", *match.span()) for match in _IBAN.finditer(text) if is_iban(match[0]))
    for start, end in _around(text, _STREETS) if digits else ():
        for match in _POSTAL.finditer(text, start, end):
            if is_home(text, *match.span()):
                yield ContactData("postal", *match.span())


def _emails(text: str) -> Iterator[ContactData]:
    """Addresses as they are: from each @, which is faster than from whatever may be the name of a mailbox."""
    last, at = 0, text.find("@")
    while at >= 0:
        if (host := _MAIL_HOST.match(text, at)) is not None:
            mailbox = _MAILBOX.search(text, max(last, at - _LONGEST_MAILBOX), at)
            if mailbox is not None:
                last = host.end()
                yield ContactData("email", mailbox.start(), last)
        at = text.find("@", at + 1)


def _may_be_spelt(text: str) -> bool:
    """Whether one of `_SPELT_SIGNS` is there: one by one they are found faster than together, rare signs first."""
    if "@" in text or " dot " in text:
        return True
    return any(closing in text and f"at{closing}" in text for closing in ")]}>")


def _phones(reading: Reading, digits: int) -> Iterator[ContactData]:
    """Phone numbers that may be a person's: not those that everybody calls."""
    text = number_text(reading)
    within = around_digits(text)
    spans = [match.span() for match in _LOCAL.finditer(text, *within)]
    if digits >= _INTERNATIONAL:
        spans += [match.span() for match in _PHONE.finditer(text, *within) if _is_international(match[0])]
        spans += [*numbers_whole(reading, text, *within), *numbers_apart(text, *within)]
    for start, end in spans:
        number = text[start:end]
        if not is_free(number) and not is_of_service(reading, number, start, end):
            yield ContactData("phone", *typed_span(reading, start, end))


def _is_international(number: str) -> bool:
    return sum(map(str.isdecimal, number.removeprefix("00"))) >= _INTERNATIONAL


def _around(text: str, signs: AhoCorasick) -> list[tuple[int, int]]:
    """The stretches of text around the signs, in order, with whole words at their ends."""
    stretches: list[tuple[int, int]] = []
    for _, at, _ in signs.find_matches_as_indexes(text):
        if not stretches or at > stretches[-1][1]:
            start = text.rfind(" ", 0, max(0, at - _WIDTH)) + 1
            end = text.find(" ", at + _WIDTH)
            stretches.append((start, end if end >= 0 else len(text)))
        elif at + _WIDTH > stretches[-1][1]:
            end = text.find(" ", at + _WIDTH)
            stretches[-1] = (stretches[-1][0], end if end >= 0 else len(text))
    return stretches


def _places(
    kind: str, pattern: re.Pattern[str], text: str, start: int = 0, end: int = maxsize
) -> Iterator[ContactData]:
    return (ContactData(kind, *match.span()) for match in pattern.finditer(text, start, end))
