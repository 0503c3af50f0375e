from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.matching.links import links
from moderation_rules.matching.listed.spelt import without_little_words
from moderation_rules.matching.listed.typed_words import words_of
from moderation_rules.matching.shapes import APART
from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes
from moderation_rules.text.words import marks_as_letters

# A letter, a gap, a letter, a gap: at least five in a row that are not all the same sign apart from each other.
# Signs of syllables (Ethiopic to Canadian, Yi, Vai, Bamum) and of rare scripts beyond are words by themselves.
_LETTER = "(?![\u1200-\u167f\u2d80-\u2ddf\ua000-\ua6ff\uab00-\uab2f\U00010000-\U0001efff])[^\\W_]"
_RUN = re.compile(rf"(?<![^\W_])(?:{_LETTER}(?:[ \t\u00a0]|[^\w\s'’]{{1,2}})){{4,60}}{_LETTER}(?![^\W_])")
_NO_SPACE = re.compile(r"[^ \t\u00a0]+")
# More single letters beside a dotted word than this are a part of what is spelt.
_MOST_NEIGHBOURS = 4
_FEWEST = 3  # letters of a dotted word that has neighbours
_MOST = 3  # marks on one comment
_DOTTED = re.compile(r"^(?:\w\.)+\w\.?$")


class Options(RuleOptions, frozen=True):
    letters: Annotated[int, Meta(ge=3, description="at least so many in a row")] = 5


def prepare(options: Options, supplies: Supplies) -> Check:
    least = options.letters

    def check(reading: Reading) -> Sequence[Hit]:
        found = words_of(reading).spots
        # A plain search for pieces first: the pattern costs ten times as much.
        if not found or APART.isdisjoint(found):
            return ()
        hits = []
        # A vowel sign belongs to its letter and parts nothing.
        for run in _RUN.finditer(marks_as_letters(reading.folded.text[: reading.searched])):
            letters = [char for char in run[0] if char.isalpha()]
            # Initials (B.B.C.), marks out of ten and rows of the same sign are no words.
            if len(letters) >= least and len(set(letters)) > 2 and not _initials(run[0]):
                start, end = _without_neighbours(run)
                if (start, end) == run.span():
                    start, end = without_little_words(reading, start, end)
                start, end = reading.folded.span(start, end)
                # What stands in a link's query was typed by no person.
                if any(link.start <= start < link.end for link in links(reading)):
                    continue
                hits.append(Hit("letters set apart from each other", "text", start, end))
                if len(hits) == _MOST:
                    break
        return hits

    return check


def _without_neighbours(run: re.Match[str]) -> tuple[int, int]:
    """The run without words of one letter before and after a word that signs part: only a space stands between them."""
    parts = [(piece.start(), piece.end()) for piece in _NO_SPACE.finditer(run[0])]
    dotted = [index for index, (start, end) in enumerate(parts) if end - start > 1]
    if not dotted:
        return run.span()
    (start, first_end), (last_start, end) = parts[dotted[0]], parts[dotted[-1]]
    # Two letters with a sign between them are no word: here a space may part a word as well.
    first = dotted[0] if _letters(run[0][start:first_end]) >= _FEWEST else 0
    last = dotted[-1] if _letters(run[0][last_start:end]) >= _FEWEST else len(parts) - 1
    start, end = parts[first][0], parts[last][1]
    gone = first + len(parts) - 1 - last
    if gone > _MOST_NEIGHBOURS or gone >= _letters(run[0][start:end]):
        return run.span()
    return run.start() + start, run.start() + end


def _letters(typed: str) -> int:
    return sum(map(str.isalpha, typed))


def _initials(run: str) -> bool:
    return len(run) <= 10 and _DOTTED.match(run) is not None


RULE = Rule(
    name="spaced_letters",
    title="Letters spaced apart",
    about="Letters spaced or dotted apart, so that no list finds the word.",
    kind="shape",
    options=Options,
    prepare=prepare,
    version=4,
    score=5,
    fields=("text", "name"),
    examples=(
        catches("win at G R A N D 7 7 now", marks="G R A N D"),
        catches("g.r.a.n.d.l.o.t", marks="g.r.a.n.d.l.o.t"),
        catches("what a g.r.a.n.d.l.o.t", marks="g.r.a.n.d.l.o.t"),
        catches("и я в г.р.а.н.д.и.о.з с у", marks="г.р.а.н.д.и.о.з"),
        catches("a g.r.a.n l.o.t b", marks="g.r.a.n l.o.t"),
        catches(name="C a s i n o", marks="C a s i n o"),
        passes(name="J. R. R. Tolkien"),
        passes("Plan A or B or C."),
        passes("the B.B.C. and the U.S.A."),
        passes("பாதுகாப்பு பாகிஸ்தான்"),
        passes("a b"),
        passes("See https://a.example/find?q=g-r-a-n-d-l-o-t&x=1"),
    ),
)
