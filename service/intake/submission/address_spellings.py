"""Addresses that are not written as one word, though everybody reads them: `ada @gmail.com`, `(ada)@web.de`,
`ada at yahoo.com`.

Blanks and marks around an @ are honest as well: `Ada @ada.byron` has an account somewhere, and pages have titles. So
it takes more than in one word: a host where people have mail, or an ending that many hosts have and nothing else
around it.
"""

import re
from collections.abc import Iterator

from service.intake.submission.common_mail_domains import COMMON
from service.intake.submission.known_mail_domains import KNOWN

MAIL_HOSTS = KNOWN | frozenset(COMMON)

_FIRST_LABELS = frozenset(host.partition(".")[0] for host in MAIL_HOSTS)

# None is a word that an account's name or a title ends in (`at`, `in`, `it`, `me`).
_ENDINGS = frozenset(
    ("com", "org", "net", "info", "biz", "edu", "gov", "mil", "int", "eu", "example", "test", "uk", "de", "fr", "nl")
    + ("pl", "ru", "ua", "br", "jp", "cn", "kr", "cz", "hu", "dk", "fi", "gr", "pt", "tr", "au", "nz", "ca")
)
_DOTS = "dot|punkt|punto|ponto|kropka|nokta|точка|крапка"
_SIGN = re.compile(r"@|(?<=[ _'\"=~|*-])(?:at|aet|arroba)(?=[ _'\"=~|*-])", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?![\w-])", re.IGNORECASE)
_DOT = re.compile(rf" ?\. ?| (?:{_DOTS}) | ", re.IGNORECASE)
_LETTER = re.compile("[a-z]", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.+%'-]*$")
# What asks for mail, behind it an address in a sentence.
_MAIL_TO = re.compile(
    r"\b(?:e-?mail|mail|mailto|contact|kontakt|correo|courriel|(?:write|send|schreib\w*) (?:to|me|an)(?: me)?)\W{0,3}$",
    re.IGNORECASE,
)
# Between a name and its sign, between the sign and a host.
_BEHIND_NAME, _BEFORE_HOST = " )]>}\"',:;?&/@", " @([<{\"'"
_AROUND_WORD = " _'\"=~|*-"
_MOST_BETWEEN = 3
_LONGEST_NAME, _MOST_LABELS, _MOST_AROUND = 64, 5, 10


def is_spelt(plain: str) -> bool:
    """Whether an address is spelt in a text without escapes, look-alikes and double blanks. Linear in its length."""
    return any(_is_address(plain, sign) for sign in _SIGN.finditer(plain))


def _is_address(plain: str, sign: re.Match[str]) -> bool:
    at = sign[0] == "@"
    before = plain[max(0, sign.start() - _LONGEST_NAME - _MOST_BETWEEN) : sign.start()]
    name = before.rstrip(_BEHIND_NAME if at else _AROUND_WORD)
    between = before[len(name) :]
    if len(between) > _MOST_BETWEEN or not (name[-1:].isalnum() or name[-1:] in ("_", "+", "%", "-")):
        return False
    behind = plain[sign.end() : sign.end() + 260]
    host_at = behind.lstrip(_BEFORE_HOST if at else _AROUND_WORD)
    skipped = len(behind) - len(host_at)
    if skipped > _MOST_BETWEEN:
        return False
    for host, apart, end in _hosts(host_at):
        known = host in MAIL_HOSTS
        # Things happen `at yahoo.com` as well.
        if known and (at or set(between) != {" "}) and not (between[-1:] == "/" and _is_place(name)):
            return True
        if not known and (apart or not _is_common(host) or (at and len(between) > 1)):
            continue
        if between[-1:] != "/" and _stands_alone(plain, sign.start() - len(between), sign.end() + skipped + end):
            return True
    return False


def _is_common(host: str) -> bool:
    """Whether it ends as many hosts do, and is no number: `at 5. De` is none."""
    name, _, ending = host.rpartition(".")
    return ending in _ENDINGS and _LETTER.search(name) is not None


def _hosts(text: str) -> Iterator[tuple[str, bool, int]]:
    """The hosts that the text may begin with; of each, whether blanks alone stand for dots in it, and its end."""
    label = _LABEL.match(text)
    host, apart = "", False
    for _ in range(_MOST_LABELS):
        if label is None:
            return
        host += label[0].lower()
        if "." in host:
            yield host, apart, label.end()
        dot = _DOT.match(text, label.end())
        if dot is None:
            return
        if dot[0] == " ":
            if host not in _FIRST_LABELS and not apart:
                return
            apart = True
        host += "."
        label = _LABEL.match(text, dot.end())


def _is_place(name: str) -> bool:
    """Whether a slash behind this is one of a web address: `medium.com/@ada`."""
    run = name.rpartition(" ")[2]
    return "/" in run or "." in run


def _stands_alone(plain: str, name_end: int, host_end: int) -> bool:
    """Whether the text is this address, or asks for mail to it."""
    start = max(0, name_end - _LONGEST_NAME)
    local = _LOCAL.search(plain[start:name_end])
    lead = plain[: start + local.start()] if local else plain[:start]
    if lead[-1:] == "@":
        return False  # Two accounts.
    if _MAIL_TO.search(lead[-40:]):
        return True
    around = lead + plain[host_end:] if len(lead) + len(plain) - host_end <= _MOST_AROUND else "x"
    return not any(char.isalnum() for char in around)
