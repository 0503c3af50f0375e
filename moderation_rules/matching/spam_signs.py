"""What spam is made of, found in a text; and what several signs together weigh."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Final, NamedTuple

from moderation_rules.lists.spam_signs import ROLES, Role
from moderation_rules.matching.contact_data import contact_data
from moderation_rules.matching.links import links
from moderation_rules.matching.listed.shipped_phrases import other_signs, shipped_phrases, sign_list
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder, Match
from moderation_rules.rule import Reading

HELD: Final = 5.0  # points from which signs together make a pitch
_NEAR = 250  # characters of the folded text between what is sold and what belongs to it
_MOST = 12  # things for sale that are looked at
# Points of the first sign of a role, of the second and so on; what is the same phrase counts once.
_POINTS: Final[dict[Role, tuple[float, ...]]] = {
    "topic": (2.0, 0.75, 0.75),
    "pitch": (3.5, 1.5),
    "call": (3.0, 0.5),
    "opening": (2.0,),
    "offer": (1.5, 1.0, 0.5),
    "testimony": (2.0, 1.5),
    "report": (-2.0, -2.0),
}
_CONTACT = 2.0
_ADDRESSED: Final[frozenset[Role]] = frozenset({"pitch", "call", "opening", "testimony"})
_ALONE = 4.0  # points that a topic has at most without one of these: nobody is asked for anything
_OF_ALL: Final = frozenset({"calls", "offers", "reports"})  # families whose signs belong to whatever is sold
# Families whose things everybody speaks of, so that only their own calls mean something: "click on the video".
_OWN_CALLS: Final = frozenset({"works"})
_SOLD: Final[frozenset[Role]] = frozenset({"topic", "pitch"})
_BY_THEMSELVES: Final[frozenset[Role]] = frozenset({"strong", "weak", "flattery", "trackback"})
_AMOUNT = re.compile(
    r"[$€£₹¥₽₺₩฿₫]\s?\d|\d\s?(?:[%$€£₹¥₽₺₩฿₫]|(?:k|usdt?|dollars?|euros?|eur|gbp|pounds|bucks|tl|lira|rub|rs|rupees|zl|kr|kc"
    r"|lei|ft|rb|ribu|juta|dong|trieu|naira|рубл\w*|руб|р|грн)\b|元|块|万|円|원|만|บาท|ดอลลาร์|ريال|درهم|دولار|تومان|دلار|रुपये|টাকা)"
)
_NICKNAME = re.compile(r"@\w{3,}")
_SENTENCE_ENDS = frozenset(".!?;:…|\n-–—*•。！？」：»\"'(")
# In names: letters of an ASCII word from which it is nobody's name, and what may sell by itself.
_LONG_NAME = 6
_PLAIN_FAMILIES: Final = frozenset({"gambling", "health", "adult", "search"})
_OF_TRADE: Final = frozenset(
    {"service", "services", "online", "fast", "agency", "company", "shop", "store", "buy", "uk"}
)
_WHOLE = 0.8  # share of a name's characters that are signs
_QUOTED = re.compile(r"“[^”\n]{3,200}”|„[^“\n]{3,200}“|«[^»\n]{3,200}»|\"[^\"\n]{3,200}\"|「[^」\n]{3,200}」")


class Sign(NamedTuple):
    """A phrase at `start:end` of the folded text, what it is a sign of, and of which family."""

    role: Role
    family: str
    phrase: str
    start: int
    end: int


class Pitch(NamedTuple):
    """Signs that together try to sell something, in order; `points`: how surely (`HELD`: enough for a person)."""

    points: float
    signs: tuple[Sign, ...]
    sold: Sign


class SignFinder:
    """Finds the shipped signs, and phrases of a site's own, which are as strong as the strongest."""

    def __init__(self, *, shipped: bool, phrases: Iterable[str] = ()) -> None:
        own = sign_list("strong own", phrases)
        self._leading = [shipped_phrases().leading] if shipped else []
        self._others = [other_signs()] if shipped else []
        if own.entries:
            self._leading.append(Finder([own]))

    def find(self, words: Words) -> list[Sign]:
        """The signs in the text, in order; nothing where there are only such as weigh nothing by themselves."""
        found: list[Match] = []
        for finder in self._leading:
            seen = finder.scan(words)
            if seen.whole or seen.signs:
                found += finder.matches(words, seen)
        # Most texts have no leading sign, so that the others need not be looked for.
        if not found:
            return []
        for finder in self._others:
            found += finder.find(words)
        signs = [Sign(*_kind(match.term.list.name), match.term.entry.text, match.start, match.end) for match in found]
        signs.sort(key=lambda sign: (sign.start, -sign.end))
        return signs


@cache
def _kind(name: str) -> tuple[Role, str]:
    """The role and the family that a list is called after."""
    said, _, family = name.partition(" ")
    return next(role for role in ROLES if role == said), family


def by_themselves(signs: Iterable[Sign]) -> list[Sign]:
    """Those that weigh something alone, the longer one where two share a place."""
    return _apart(sign for sign in signs if sign.role in _BY_THEMSELVES)


def best_pitch(reading: Reading, signs: Sequence[Sign]) -> Pitch | None:
    """The surest attempt to sell something, None where nobody sells anything."""
    if not any(sign.role in _SOLD or _calls_all(sign) for sign in signs):
        return None
    text = reading.folded.text
    quoted = _quotations(text)
    kept = [
        sign
        for sign in signs
        if sign.role in _POINTS
        and not (sign.role == "opening" and not _opens(text, sign.start))
        and not _is_within(quoted, sign.start)
    ]
    reached = can_be_reached(reading)
    anchors = [sign for sign in kept if sign.role in _SOLD or _calls_all(sign)][:_MOST]
    pitches = [_weigh(text, anchor, kept, reached=reached) for anchor in anchors]
    return max(pitches, key=lambda pitch: pitch.points, default=None)


def can_be_reached(reading: Reading) -> bool:
    """Whether the text says where its writer is found: a link, an address, a number, a nickname."""
    if links(reading) or ("@" in reading.text and _NICKNAME.search(reading.text)):
        return True
    return any(place.kind != "postal" for place in contact_data(reading))


def _weigh(text: str, anchor: Sign, signs: Sequence[Sign], *, reached: bool) -> Pitch:
    near = _apart(sign for sign in signs if abs(sign.start - anchor.start) <= _NEAR and _belongs(sign, anchor))
    phrases: dict[Role, set[str]] = {}
    for sign in near:
        phrases.setdefault(sign.role, set()).add(sign.phrase)
    counts = {role: len(found) for role, found in phrases.items()}
    if "pitch" in counts:
        # What only sellers say is worth more than the plain word, which adds to it.
        counts["offer"] = counts.get("offer", 0) + counts.pop("topic", 0)
    if _AMOUNT.search(text, max(0, anchor.start - _NEAR), anchor.end + _NEAR):
        counts["offer"] = counts.get("offer", 0) + 1
    if anchor.role == "call" and "offer" not in counts:
        # Whatever is advertised is praised; without that, it is one reader who speaks to another.
        return Pitch(0.0, (), anchor)
    points = sum(sum(_POINTS[role][:count]) for role, count in counts.items())
    if reached:
        # Who can be reached has something to gain, whatever is said of others in the trade.
        points += _CONTACT - sum(_POINTS["report"][: counts.get("report", 0)]) / 2
    if counts.keys().isdisjoint(_ADDRESSED):
        points = min(points, _ALONE)
    return Pitch(points, tuple(near), anchor)


def _calls_all(sign: Sign) -> bool:
    """Whether it is a call that may belong to anything, even to what no list names."""
    return sign.role == "call" and sign.family in _OF_ALL


def _belongs(sign: Sign, anchor: Sign) -> bool:
    """Whether it says something about what is sold there."""
    if sign.family == anchor.family:
        return True
    return sign.family in _OF_ALL and not (sign.family == "calls" and anchor.family in _OWN_CALLS)


def _apart(signs: Iterable[Sign]) -> list[Sign]:
    """The signs of which none overlaps the one before it; one span counts once."""
    kept: list[Sign] = []
    end = 0
    for sign in signs:
        if sign.start >= end:
            kept.append(sign)
            end = sign.end
    return kept


def _opens(text: str, start: int) -> bool:
    """Whether a sentence begins there."""
    before = text[:start].rstrip(" ")
    return not before or before[-1] in _SENTENCE_ENDS or not (before[-1].isalnum() or before[-1] in ",'’/")


def _is_within(places: list[tuple[int, int]], position: int) -> bool:
    """Whether one of the places, which stand in order and apart, has the position in it."""
    before = bisect_right(places, position, key=itemgetter(0))
    return before > 0 and position < places[before - 1][1]


def _quotations(text: str) -> list[tuple[int, int]]:
    """Where somebody else is quoted; nothing where most of the text is in quotation marks, for that is a disguise."""
    if text.isascii() and text.count('"') < 2:
        return []
    found = [match.span() for match in _QUOTED.finditer(text)]
    return found if sum(end - start for start, end in found) * 2 < len(text) else []


def is_sold(text: str, signs: Sequence[Sign]) -> Iterator[Sign]:
    """What is offered in a name: a name has no room for calls, so that what is sold and one word about it is enough.

    `text` is the folded name. Alone, only plain words for what is sold are, where they are the whole name.
    """
    kept = _apart(sign for sign in signs if sign.role in _POINTS)
    sold = [sign for sign in kept if sign.role in _SOLD]
    praised = len(sold) < len(kept) or not _OF_TRADE.isdisjoint(text.split())
    whole = sum(sign.end - sign.start for sign in kept) >= len(text.strip()) * _WHOLE
    for sign in sold:
        plain = " " in sign.phrase or (sign.family in _PLAIN_FAMILIES and _says_enough(sign.phrase))
        if sign.role == "pitch" or praised or len(sold) > 1 or (whole and plain):
            yield sign
            return


def _says_enough(phrase: str) -> bool:
    """Whether it is long enough for its script to be no one's name."""
    return len(phrase) >= _LONG_NAME or not phrase.isascii()
