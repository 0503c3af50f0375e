from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from moderation_rules.language.tags import among, name_of, same
from moderation_rules.lists.known import KnownWords
from moderation_rules.lists.shipped import known_words, shipped_lists
from moderation_rules.lists.word_lists import Entries, Entry, LayeredLists, ListKind, WordList
from moderation_rules.matching.context.senses import Company, is_honest, read_senses
from moderation_rules.matching.disguises import PLAIN, SLIP, SPACED
from moderation_rules.matching.listed.matchers import MOST_SHARED, matcher_of
from moderation_rules.matching.listed.spelt import note_spelt
from moderation_rules.matching.listed.terms import SHORTEST
from moderation_rules.matching.listed.typed_words import Words, words_of
from moderation_rules.matching.matcher import Match
from moderation_rules.matching.proper_names import is_capital_inside, is_name, named_in
from moderation_rules.rule import Check, Hit, OptionError, Reading, Rule, RuleOptions, Score, Supplies, catches, passes
from moderation_rules.text.accents import is_accented, only_accents, same_letters
from moderation_rules.text.alphabets import has_foreign, letters_by_script, script
from moderation_rules.text.folding import fold
from moderation_rules.text.memo import UNKNOWN
from moderation_rules.text.normal_forms import normal

_MOST = 20  # marks on one comment
_ACCENTED = "with accents"
_ALIKE = "in look-alike letters"
_HIDES = frozenset(("with signs for letters", SPACED, "broken up", "masked"))
_Words = tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...]


class _Weights(NamedTuple):
    suspect: float
    name: float


class Options(RuleOptions, frozen=True):
    disguised: Annotated[bool, Meta(description="see through disguised spellings")] = True
    banned: Annotated[_Words, Meta(description="banned words besides those of the lists")] = ()
    suspect: Annotated[_Words, Meta(description="suspect words")] = ()
    allow: Annotated[_Words, Meta(description="innocent words and phrases that contain listed ones")] = ()
    name_score: Annotated[Score, Meta(description="what a banned word in a name or website weighs at least")] = 5
    suspect_score: Annotated[Score, Meta(description="what a suspect or everyday word weighs")] = 1.5


@cache
def senses() -> Company:
    """What the honest senses of listed English words stand with."""
    return read_senses(shipped_lists()["senses_en.txt"])


def prepare(options: Options, supplies: Supplies) -> Check:
    said = {ListKind.BANNED: options.banned, ListKind.SUSPECT: options.suspect, ListKind.ALLOW: options.allow}
    for kind, words in said.items():
        for index, word in enumerate(words):
            if not fold(word).text.strip("* "):
                raise OptionError("an empty word would be found everywhere", kind.value, index)
    own = [_list_of(kind, words) for kind, words in said.items() if words]
    matcher = matcher_of((*supplies.lists, *own), disguised=options.disguised, layers=_layers(supplies))
    finder, disguises, picky = matcher.finder, matcher.disguises, matcher.picky
    weights = _Weights(options.suspect_score, options.name_score)
    if not finder:
        return lambda reading: ()
    known = known_words()

    def check(reading: Reading) -> Sequence[Hit]:
        words = words_of(reading)
        signs = UNKNOWN if disguises is None or finder.has_signs(words) else disguises.signs(words)
        if not signs:
            return ()
        # `matcher` is named so that it lives as long as this check does.
        seen = matcher.finder.scan(words) if signs & PLAIN else None
        hidden = [] if disguises is None else disguises.find(words, [] if seen is None else seen.inside, signs)
        note_spelt(reading, [(match.start, match.end) for match in hidden if match.how == SPACED])
        if not hidden and (seen is None or not seen.guilty):
            return ()
        seen = seen or finder.scan(words)
        matches = finder.matches(words, seen) + hidden
        if picky:
            matches = [match for match in matches if match.term.guilty or _excuses(match, reading)]
        if reading.field != "text":
            # Names and hosts are words that nobody else writes: they can't be told from slips.
            matches = [match for match in matches if match.how != SLIP]
        named = named_in([match for match in matches if match.term.guilty], reading, known)
        matches = without_excused(matches)
        guilty = [match for match in matches if not _is_another_word(match, reading, known, named)]
        guilty = _weighed_once([_in_its_sense(match, words) for match in guilty])
        return _heaviest([_hit(match, reading, weights) for match in guilty])

    return check


def _list_of(kind: ListKind, words: Iterable[str]) -> WordList:
    return WordList(kind.value, kind, Entries(map(Entry, words)))


def _layers(supplies: Supplies) -> LayeredLists | None:
    """The lists of all layers with those that are options of this rule, which come last; None where they are too many
    to be looked for together."""
    told = supplies.layers
    if told is None:
        return None
    said: list[Mapping[str, Any]] = [rules.get(RULE.name, {}) for rules in told.rules]
    lists, everywhere = list(told.lists), list(told.everywhere)
    for kind in (ListKind.BANNED, ListKind.SUSPECT, ListKind.ALLOW):
        variants = [tuple(own[kind.value]) for own in said if kind.value in own]
        made = [_list_of(kind, words) for words in dict.fromkeys(variants) if words]
        lists += made
        if len(variants) == 1 and kind.value in said[0]:
            everywhere += made
    if sum(len(words.entries) for words in lists) > MOST_SHARED:
        return None
    return LayeredLists(tuple(lists), tuple(everywhere))


def without_excused(matches: list[Match]) -> list[Match]:
    """The matches that no allowed word covers, without the allowed words; what is an everyday word too says so."""
    allowed = [(m.start, m.end) for m in matches if m.term.list.kind is ListKind.ALLOW]
    everyday = {(m.start, m.end) for m in matches if m.term.list.kind is ListKind.EVERYDAY and not m.how}
    return [
        m._replace(everyday=not m.how and (m.start, m.end) in everyday)
        for m in matches
        if m.term.guilty and not any(a <= m.start and m.end <= b for a, b in allowed)
    ]


def _in_its_sense(match: Match, words: Words) -> Match:
    """The match, everyday where an honest sense of the word is meant, and not where somebody is called so."""
    honest = is_honest(match, words, senses())
    return match if honest is None else match._replace(everyday=honest)


def _weighed_once(matches: list[Match]) -> list[Match]:
    """The matches with each suspect or everyday word once: ten sheep are no more suspect than one."""
    met: set[tuple[str, str]] = set()
    kept = []
    for match in matches:
        light = match.everyday or match.term.list.kind is ListKind.SUSPECT
        word = (match.term.list.name, match.term.key.removesuffix("s"))
        if light and not match.how and word in met:
            continue
        if light and not match.how:
            met.add(word)
        kept.append(match)
    return kept


def _heaviest(hits: list[Hit]) -> list[Hit]:
    """One hit for each stretch of text: what counts before what is only observed, then the heavier, then the longer."""
    ranked = sorted(
        hits,
        key=lambda h: (h.observe, h.verdict is None, -_weight(h), h.doubtful, _start(h) - _end(h), _start(h)),
    )
    kept: list[Hit] = []
    for hit in ranked:
        if not any(_start(hit) < _end(k) and _start(k) < _end(hit) and k.observe == hit.observe for k in kept):
            kept.append(hit)
            if len(kept) == _MOST:
                break
    return sorted(kept, key=lambda h: (h.observe, _start(h)))


def _weight(hit: Hit) -> float:
    return RULE.score if hit.score is None else hit.score


def _start(hit: Hit) -> int:
    return hit.start or 0


def _end(hit: Hit) -> int:
    return hit.end or 0


def _is_another_word(match: Match, reading: Reading, known: KnownWords, named: set[str]) -> bool:
    """Whether it is a name, or known to be another word that happens to have these letters.

    Whoever writes signs for letters, spaces them out or borrows them hides the word, in whatever language.
    """
    if match.how in _HIDES:
        return False
    start, end = reading.folded.span(match.start, match.end)
    typed, written = reading.text[start:end], match.term.entry.text
    if is_name(match, reading, known, named) or (_is_own(typed, written, known)):
        return True
    if match.how == SLIP and (is_capital_inside(reading, start, end) or (typed.isupper() and len(typed) < SHORTEST)):
        return True
    if not match.how and _is_of_the_text(written, typed, reading.text):
        return True
    accents = only_accents(written, typed)
    if match.how and accents:
        return True  # an accent is none of the ways to tear or misspell a word
    language = match.term.list.language
    if language is None or reading.language is None or among(reading.language, [language]):
        return False
    return accents or _is_plain(written, typed)


def _is_own(typed: str, written: str, known: KnownWords) -> bool:
    """Whether accents make it another word than the listed one: løser, año; cono and hard where coño and hård are."""
    spelled = normal("NFC", typed.lower())
    if spelled == written.lower():
        return False
    plain = spelled.isascii() and not written.isascii()
    return spelled in known.own or (plain and (spelled in known.common or spelled in known.words))


def _is_plain(written: str, typed: str) -> bool:
    """Whether no letter is borrowed from another script: all are of the list's script, or all of one other."""
    if typed.isascii() or not written.isascii():
        return True
    return len({script(char) for char in typed if char.isalpha()} - {"LATIN"}) == 1 and not has_foreign(typed)


def _is_of_the_text(written: str, typed: str, text: str) -> bool:
    """Whether a Latin word was found in a word of another script among more words of that script: мама is no mama."""
    if typed.isascii() or {script(char) for char in written if char.isalpha()} != {"LATIN"}:
        return False
    scripts = {script(char) for char in typed if char.isalpha()}
    if len(scripts) != 1 or "LATIN" in scripts:
        return False
    letters = letters_by_script(text)
    (own,) = scripts
    return 2 * (letters.get(own, 0) - len(typed)) > sum(letters.values()) - len(typed) > 0


def _observed(match: Match) -> bool:
    return match.term.entry.observe or match.term.list.observe


def _hit(match: Match, reading: Reading, weights: _Weights) -> Hit:
    term = match.term
    entry, words = term.entry, term.list
    start, end = reading.folded.span(match.start, match.end)
    verdict = entry.verdict or words.verdict
    # The same letters may be an innocent word of another language: then a person decides.
    doubtful = words.language is not None and not same(words.language, reading.language)
    score = entry.score if entry.score is not None else words.score
    how = match.how
    if not how and entry.text.isascii() and not reading.text[start:end].isascii():
        how = _ACCENTED if only_accents(entry.text, reading.text[start:end]) else _ALIKE
        # With its accents it may be another word.
        doubtful = doubtful or how == _ACCENTED
    light = words.kind is ListKind.SUSPECT
    least = None
    if light and (how in _HIDES or how == _ALIKE):
        score = None  # whoever takes pains to hide a word knows why; no other form weighs more than the word
    elif match.everyday and how not in (_ACCENTED, _ALIKE):
        score, verdict = weights.suspect if score is None else min(score, weights.suspect), None
    elif light and score is None:
        score = weights.suspect
    elif not light and reading.field != "text":
        least = weights.name  # all that is said there, above every comment
    disguised = f", {how}" if how else ""
    everyday = ", an everyday word too" if match.everyday else ""
    elsewhere = f", but the comment is in {name_of(reading.language)}" if doubtful and reading.language else ""
    message = f"“{entry.text}” is on the list {words.name}{disguised}{everyday}{elsewhere}"
    return Hit(message, "text", start, end, words.name, 1.0, score, verdict, _observed(match), doubtful, least)


def _excuses(match: Match, reading: Reading) -> bool:
    """Whether an innocent word counts as one here: in its own language, or where only the page's is known, in that;
    and with its own accents."""
    term = match.term
    if is_accented(term.entry.text, term.key) and "*" not in term.entry.text:
        start, end = reading.folded.span(match.start, match.end)
        if not same_letters(term.entry.text, reading.text[start:end]):
            return False
    language = term.list.language
    if language is None:
        return True
    known = reading.language or reading.comment.page_language
    return known is None or same(language, known)


RULE = Rule(
    name="word_list",
    title="Listed word",
    about="Words and phrases from the banned and suspect lists, less those that an allow list covers.",
    kind="abuse",
    options=Options,
    prepare=prepare,
    version=3,
    score=5,
    fields=("text", "name", "website"),
    code_is="the list's name",
    examples=(
        catches("You utter nincompoop!", banned=["nincompoop"], marks="nincompoop"),
        catches("Such a daft old fool.", banned=["daft old fool"], marks="daft old fool"),
        catches("What numptiness.", banned=["numpt*"], marks="numptiness"),
        catches("𝓝𝓲𝓷\u200b𝓬𝓸𝓶𝓹𝓸𝓸𝓹", banned=["nincompoop"]),
        catches("你这个笨蛋啊", banned=["笨蛋"], marks="笨蛋"),
        catches("n1nc0mp00p", banned=["nincompoop"]),
        catches("n i n c o m p o o p", banned=["nincompoop"], marks="n i n c o m p o o p"),
        catches("nin.com.poop, you are", banned=["nincompoop"], marks="nin.com.poop"),
        catches("what a niiincompooop", banned=["nincompoop"], marks="niiincompooop"),
        catches("a real nincomp**p", banned=["nincompoop"], marks="nincomp**p"),
        catches("nicnompoop", banned=["nincompoop"]),
        catches(name="Utter Nincompoop", banned=["nincompoop"], marks="Nincompoop"),
        catches(website="https://nincompoop.example/", banned=["nincompoop"], marks="nincompoop"),
        passes(name="Nicnompoop", banned=["nincompoop"]),
        passes(name="Crapstone Jo", banned=["crap"]),
        passes("Room 14, 30 seats, at 5 p.m.", banned=["nincompoop"]),
        passes("The town of Crapstone is lovely.", banned=["crap"]),
        passes("Eat a nincompoop biscuit.", banned=["nincompoop"], allow=["nincompoop biscuit"]),
    ),
)
