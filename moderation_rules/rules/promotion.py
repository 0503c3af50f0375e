from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.matching.listed.typed_words import Words, words_of
from moderation_rules.matching.masked import without_leet
from moderation_rules.matching.shapes import SIGNS
from moderation_rules.matching.spam_signs import HELD, Pitch, Sign, SignFinder, best_pitch, by_themselves, is_sold
from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes
from moderation_rules.text.folding import fold

_STRONG = Code("strong", "asks to be clicked, followed or paid")
_WEAK = Code("weak", _STRONG.says, weight=0.5)
_PITCH = Code("pitch", "offers something for sale")
_FLATTERY = Code("flattery", "praise that fits every page")
_PRAISE = Code("praise", _FLATTERY.says, weight=0.5)
_TRACKBACK = Code("trackback", "an excerpt that another site's program sent")
_EXCERPT = Code("excerpt", "points to more elsewhere, as programs of other sites do", weight=0.5)

_MOST = 4  # findings
_START = 8  # characters in which an excerpt begins
# An excerpt of another page, cut at both ends: what blogs send each other when one names the other.
_CUT = re.compile(r"\W{0,6}\[(?:\.{3}|…|&#8230;|&hellip;)\]\s*\S.*\[(?:\.{3}|…|&#8230;|&hellip;)\]", re.DOTALL)

# Where words joined in a name begin, and signs that are in no word.
_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z]{3})(?=\d+(?:\W|\Z))")
_PICTURE = re.compile(r"[^\w\s'’.,&@$+:/-]|_")
_Phrase = Annotated[str, Meta(min_length=1, max_length=200)]


class Options(RuleOptions, frozen=True):
    shipped: Annotated[bool, Meta(description="use the shipped phrases")] = True
    phrases: Annotated[tuple[_Phrase, ...], Meta(description="phrases besides them")] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    finder = SignFinder(shipped=options.shipped, phrases=options.phrases)
    cut = options.shipped

    def check(reading: Reading) -> Sequence[Hit]:
        hits: list[Hit] = []
        words = words_of(reading)
        if signs := finder.find(words):
            hits = _of_text(reading, signs) if reading.field == "text" else _of_name(reading, signs)
        if not hits and reading.field == "name":
            hits = _of_dressed_name(finder, reading)
        elif not hits and reading.field == "text" and not words.spots.keys().isdisjoint(SIGNS):
            near = words.near()
            for view in without_leet(near.view):
                hits = hits or _of_text(reading, finder.find(Words(near.folded, view)))
        if cut and "[" in reading.text[:_START] and (found := _CUT.match(reading.text[: reading.searched])):
            hits.append(_TRACKBACK.hit("text", *found.span()))
        return hits[:_MOST] if hits else ()

    return check


def _of_text(reading: Reading, signs: Sequence[Sign]) -> list[Hit]:
    pitch = best_pitch(reading, signs)
    used: tuple[Sign, ...] = ()
    hits = []
    if pitch is not None and pitch.points >= HELD:
        hits.append(_pitch_hit(reading, pitch))
        used = pitch.signs
    # One span counts once.
    alone = [sign for sign in by_themselves(signs) if not any(_overlap(sign, other) for other in used)]
    return hits + list(_alone(reading, alone))


def _of_dressed_name(finder: SignFinder, reading: Reading) -> list[Hit]:
    """What a name sells whose words are joined, spelt with digits or set between pictures; all of it is marked."""
    plain = _plain(reading.text)
    name = fold(plain).text
    for view in (*([] if plain == reading.text else [name]), *without_leet(name)):
        folded = fold(view)
        for sign in is_sold(folded.text, finder.find(Words(folded))):
            return [_PITCH.hit("text", 0, len(reading.text), says=f"“{sign.phrase}”: {_PITCH.says}")]
    return []


def _plain(name: str) -> str:
    """The name with its words apart: BestCasino2026, 💰Casino💰."""
    return " ".join(_JOINT.sub(" ", _PICTURE.sub(" ", name)).split())


def _of_name(reading: Reading, signs: Sequence[Sign]) -> list[Hit]:
    """What a name or a website's host sells; an article's address may have any words."""
    text = reading.folded.text
    if reading.field == "website":
        host = "/".join(text.split("/", 3)[:3])
        signs = [sign for sign in signs if sign.end <= len(host)]
        return [_hit(reading, _PITCH, sign) for sign in is_sold(host, signs)]
    return [_hit(reading, _PITCH, sign) for sign in is_sold(text, signs)] or list(_alone(reading, by_themselves(signs)))


def _alone(reading: Reading, signs: Sequence[Sign]) -> Iterator[Hit]:
    """Findings of what weighs something alone; several words of one family are one weak sign."""
    families: set[str] = set()
    for sign in signs:
        if sign.role == "strong":
            yield _hit(reading, _STRONG, sign)
        elif sign.role == "weak" and sign.family not in families:
            families.add(sign.family)
            yield _hit(reading, _WEAK, sign)
    for role, many, one in (("flattery", _FLATTERY, _PRAISE), ("trackback", _TRACKBACK, _EXCERPT)):
        # Praise of the article itself is what readers write, in more words than one.
        found = {sign.phrase if sign.family != "article" else "": sign for sign in reversed(signs) if sign.role == role}
        if found:
            yield _hit(reading, many if len(found) > 1 else one, min(found.values(), key=lambda sign: sign.start))


def _pitch_hit(reading: Reading, pitch: Pitch) -> Hit:
    others = [f"“{sign.phrase}”" for sign in pitch.signs if sign is not pitch.sold and sign.role != "report"]
    says = f"“{pitch.sold.phrase}”{' with ' if others else ''}{', '.join(others[:3])}: {_PITCH.says}"
    return _PITCH.hit("text", *reading.folded.span(pitch.sold.start, pitch.sold.end), says=says)


def _hit(reading: Reading, code: Code, sign: Sign) -> Hit:
    return code.hit("text", *reading.folded.span(sign.start, sign.end), says=f"“{sign.phrase}”: {code.says}")


def _overlap(one: Sign, other: Sign) -> bool:
    return one.start < other.end and other.start < one.end


RULE = Rule(
    name="promotion",
    title="Advertising",
    about="What people write who want to be clicked, followed or paid rather than read. Of what is for sale, the plain "
    "word weighs nothing; with a call to the reader, praise of the offer or a way to reach the seller it does.",
    kind="spam",
    options=Options,
    prepare=prepare,
    version=2,
    score=5,
    fields=("text", "name", "website"),
    codes=(_STRONG, _WEAK, _PITCH, _FLATTERY, _PRAISE, _TRACKBACK, _EXCERPT),
    examples=(
        catches("Hi, please subscribe, I post daily!", marks="please subscribe"),
        catches("Werde reich mit Holz", phrases=["werde reich"], marks="Werde reich"),
        catches("Online casino with a bonus, register now", marks="casino"),
        catches("Онлайн казино, жми на ссылку", marks="казино"),
        catches("คาสิโนออนไลน์ สมัครเลย", marks="คาสิโนออนไลน์"),
        catches("娛樂城推薦 立即註冊", marks="娛樂城推薦"),
        catches("Nice post, I have bookmarked your blog", marks="Nice post"),
        catches("[...] wrote about the council's vote [...]"),
        catches(name="Please subscribe", marks="Please subscribe"),
        catches(name="Best Casino 2026", marks="Casino"),
        catches(name="Buy Viagra Online", marks="Viagra"),
        catches(name="BestCasino2026"),
        catches(name="B3st Cas1no"),
        catches(name="V1agra Online"),
        catches(name="💰Casino💰"),
        catches("Best cas1no b0nus, reg1ster n0w", marks="cas1no"),
        catches("buy v1agra online cheap", marks="v1agra"),
        passes(name="PokerPete88"),
        passes(name="🎲 Casey 🎲"),
        passes("The h1n1 report of the 5th and mp3s of 2pm"),
        catches(website="https://best-casino-bonus.example", marks="casino"),
        passes(website="https://casino-theatre.example/best-casino-bonus"),
        passes(name="The Subscriber"),
        passes(name="Poker Pete"),
        passes("The online casino took everything that my brother had."),
        passes("The print edition is worth its money."),
        passes("They looked at library books."),
    ),
)
