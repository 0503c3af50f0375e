"""The e-mail address at the edge: its syntax, a likely misspelt domain, a disposable one. No DNS here."""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from urllib.parse import unquote

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from service.intake.submission.common_mail_domains import COMMON
from service.intake.submission.known_mail_domains import KNOWN
from service.markup.characters import ascii_width, mended, without_unseen
from service.privacy.addresses import MAX_TYPED, leads_elsewhere

MAX_LENGTH = 254
# A provider under this many letters before the dot has too many real neighbours: gmx.de, web.de, aol.com.
_SHORT = 5

# Not to be seen in a field of one line, and no sign of anything meant: controls and separators, selectors of glyphs,
# fillers.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u034f\u115f\u1160\u2028\u2029\u2800\u3164\ufe00-\ufe0f\uffa0]"
)
_MAILTO = re.compile(r"mailto:\s*", re.IGNORECASE)
_WRAPPED = re.compile(r"<(.*)>|\((.*)\)|\[(.*)\]|\"(.*)\"|'(.*)'|“(.*)”|„(.*)[“”]|«(.*)»|‘(.*)’")


# As mail programs copy it: a display name before the one address in angle brackets.
_NAMED = re.compile(r"([^<>]+)<([^<>]+)>")


# As nearly all are typed: nothing to mend, nothing to take off, and a local part in small letters that no mail program
# reads in another way.
_PLAIN = re.compile(r"([a-z0-9][a-z0-9_+-]*(?:\.[a-z0-9_+-]+)*)@([a-z0-9.-]{3,253})", re.ASCII)
_LOCAL_MAX = 64


class InvalidAddress(Exception):
    """The text is no address; `suggestion` is the domain that was probably meant, where one is likely."""

    def __init__(self, suggestion: str | None = None) -> None:
        super().__init__("not an e-mail address")
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address in email-validator's normal form, with its domain in ASCII."""

    normal: str = field(repr=False)
    domain: str = field(repr=False)


def read_address(text: str) -> Address:
    """The address that was typed or pasted, mended where its writer cannot see what is wrong. Raises InvalidAddress.

    What is returned is what is sealed, counted and written to: nothing later sees the text as it came.
    """
    plain = _PLAIN.fullmatch(text)
    if plain and len(plain[1]) <= _LOCAL_MAX and len(text) <= MAX_LENGTH and _is_plain_domain(plain[2]):
        return Address(text, plain[2])
    text = _mended(text)
    try:
        return check_address(text)
    except InvalidAddress:
        bare = _undressed(text)
        if bare == text:
            raise
    return check_address(bare)


@lru_cache(maxsize=4096)
def _is_plain_domain(domain: str) -> bool:
    """Whether mail may go to it, and it is in its normal form. The same few domains have most people's mailboxes."""
    try:
        return check_address(f"a@{domain}") == Address(f"a@{domain}", domain)
    except InvalidAddress:
        return False


def _mended(text: str) -> str:
    return "@".join(part.strip() for part in ascii_width(without_unseen(mended(_UNSEEN.sub("", text)))).split("@"))


def _undressed(text: str) -> str:
    """The address alone, of what is copied along with one: a name, `mailto:`, brackets, the end of a sentence."""
    text = text.rstrip(" .,;:")
    if (named := _NAMED.fullmatch(text)) and _names_nobody_else(named[1], named[2]):
        text = named[2].strip()
    if prefix := _MAILTO.match(text):
        # Decoded, it may hold what nobody sees once more.
        text = _mended(unquote(text[prefix.end() :].partition("?")[0]))
    found = _WRAPPED.fullmatch(text)
    return text if found is None else next(part for part in found.groups() if part is not None).strip()


def _names_nobody_else(name: str, address: str) -> bool:
    """Whether what stands before the angle brackets is no second address: none at all, or the same again."""
    return "@" not in name or name.strip(" \t\n\"'“”„«»‘’").casefold() == address.strip().casefold()


def check_address(text: str) -> Address:
    """The address, or raises InvalidAddress. Local parts longer than 64 octets are refused (RFC 5321, 4.5.3.1.1).

    So is what a mail server or program may read as another address, such as an encoded word.
    """
    if len(text) > MAX_TYPED:
        raise InvalidAddress
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except (EmailSyntaxError, EmailNotValidError):
        local, _, domain = text.rpartition("@")
        # What is too long to be anybody's slip is not remembered either.
        raise InvalidAddress(suggestion(domain) if local and len(domain) <= MAX_LENGTH else None) from None
    if leads_elsewhere(found.normalized):
        raise InvalidAddress
    return Address(found.normalized, found.ascii_domain.lower())


def disposable(domain: str) -> bool:
    """Whether the domain, or one above it, gives addresses away for a few minutes."""
    labels = domain.split(".")
    known = _disposable()
    return any(".".join(labels[i:]) in known for i in range(len(labels) - 1))


@cache
def _disposable() -> frozenset[str]:
    return frozenset(blocklist)


@lru_cache(maxsize=2048)
def suggestion(domain: str) -> str | None:
    """The common mail domain that `domain` is probably a slip of; None when it may well be meant as it is.

    A slip is a distance of one (two in long names) in Damerau and Levenshtein's count: a letter left out, doubled,
    changed, or two swapped; or a well-known name with an ending that its provider never had. Only a guess: it is
    offered, never acted on.
    """
    domain = domain.lower().strip(".")
    if not 2 <= len(domain) <= 30 or domain in COMMON or domain in KNOWN or not domain.isascii():
        return None
    name, _, ending = domain.partition(".")
    best: tuple[float, str] | None = None
    for common in COMMON:
        distance = _slip(domain, name, ending, common)
        if distance is not None and (best is None or distance < best[0]):
            best = distance, common
    return best[1] if best else None


# Names that belong to one provider alone, whose addresses end in one way: gmail.net is nobody's.
_ONE_ENDING = {"gmail": "gmail.com", "googlemail": "googlemail.com", "icloud": "icloud.com"}
# Providers with an own domain in many countries: an ending in two letters may be meant.
_MANY_ENDINGS = frozenset(
    {"hotmail", "yahoo", "outlook", "live", "gmx", "aol", "msn", "mail", "sina", "qq", "fastmail", "posteo"}
)


def _slip(domain: str, name: str, ending: str, common: str) -> float | None:
    """How far `domain` is from `common`, or None when it is too far or likely a domain of its own."""
    meant, _, meant_ending = common.partition(".")
    if name == meant:
        if _ONE_ENDING.get(name) == common:
            return 0.5
        return _ending_slip(name, ending, meant_ending)
    if len(meant) < _SHORT or len(name) < 3:
        # Only the dot forgotten or moved: yahoocom has its own row below, webd.e hers here.
        return 1.0 if domain.replace(".", "") == common.replace(".", "") else None
    limit = 2 if len(meant) >= 7 else 1
    if not ending:
        return _within(domain, common, 1)
    if ending == meant_ending:
        # Two slips at once only where the name still begins as it should, or is long enough to be known.
        near = name[0] == meant[0] and len(name) >= len(meant) - 1
        return _within(name, meant, 2 if near else limit)
    if len(meant_ending) == 3 and (off := _within(ending, meant_ending, 1)) is not None:
        by_name = _within(name, meant, 1)
        return None if by_name is None else by_name + off
    return _within(domain, common, 1)


def _ending_slip(name: str, ending: str, meant_ending: str) -> float | None:
    if ending in {"", f"{meant_ending}.{meant_ending}"}:
        return 1.0
    if name in _MANY_ENDINGS and len(ending.rpartition(".")[2]) == 2 and ending not in {"co", "cm", "om", "cl"}:
        return None
    return _within(ending, meant_ending, 2 if ending[0] == meant_ending[0] else 1)


def _within(a: str, b: str, limit: int) -> float | None:
    distance = osa_distance(a, b, limit)
    return None if distance > limit else float(distance)


def osa_distance(a: str, b: str, limit: int) -> int:
    """Damerau and Levenshtein's distance with swaps of neighbours (optimal string alignment); stops above `limit`.

    Source: https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
