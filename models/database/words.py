"""Texts as words to be searched by, and what was typed into a search field as the words that it asks for.

Both databases get the same words, so that both find the same: without accents and whatever the case, `Müller` is
`muller`. Where a script writes no spaces, each pair of neighbouring letters is a word.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Nobody types more of a word; PostgreSQL's index takes no word beyond 2 kB.
WORD_MOST = 60
# Shorter ones are looked for as they are: what begins with two letters is half of all words.
BEGINNING_LEAST = 3
# More words than anybody looks for; what comes behind them does not narrow.
ASKED_MOST = 20

# Letters that are no other letter with a mark, but are often typed as if they were.
_LIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ĸ": "k"}
)
_LIKE_LETTERS = re.compile(f"[{''.join(map(chr, _LIKE))}]")
# Accents of all scripts that have them; Arabic and Hebrew points, which are usually left out; joiners and selectors.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u200b-\u200d\u2060\ufe00-\ufe0f\u00ad]+"
)
# Often the only ones beyond ASCII: no part of any word, however it is written.
_SIGNS = "’“”–—…‘„\xa0"
_ASCII_WORDS = re.compile("[a-z0-9]+")
_NOT_LETTERS = re.compile(r"[^\w\s]|_")
# Thai, Lao, Tibetan, Myanmar, Khmer, kana, bopomofo, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_PARTS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}\\s]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that has to be there, or, if `begins`, a word that begins so."""

    word: str
    begins: bool


def words_of(*texts: str) -> list[str]:
    """All different words of these texts, in order. Letters, digits and pictures; punctuation is none."""
    found: dict[str, None] = {}
    for text in texts:
        folded = _folded(text)
        parts = dict.fromkeys(_parts(folded))
        # Most texts have neither long words nor letters of such a script: all at once, in half the time.
        if max(map(len, parts), default=0) <= WORD_MOST and (folded.isascii() or not _IS_UNSPACED.search(folded)):
            found.update(parts)
            continue
        for part in parts:
            if _IS_UNSPACED.match(part):
                # The last letter stands alone as well: who asks for one letter asks for words that begin with it.
                found.update(dict.fromkeys(part[at : at + 2] for at in range(len(part))))
            else:
                found[part[:WORD_MOST]] = None
    return list(found)


def asked_for(q: str) -> list[Asked]:
    """What a search asks for: each word, or a beginning of it. Empty where nothing of it is a word."""
    found: dict[Asked, None] = {}
    for part in _parts(_folded(q)):
        if not _IS_UNSPACED.match(part):
            found[Asked(part[:WORD_MOST], len(part) >= BEGINNING_LEAST)] = None
        elif len(part) == 1:
            found[Asked(part, True)] = None
        else:
            found.update(dict.fromkeys(Asked(part[at : at + 2], False) for at in range(len(part) - 1)))
    return list(found)[:ASKED_MOST]


def _folded(text: str) -> str:
    """The letters without case and marks."""
    if not text.isascii():
        for sign in _SIGNS:
            text = text.replace(sign, " ")
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text).casefold()
    if _MARKS.search(folded):
        folded = _MARKS.sub("", folded)
    if _LIKE_LETTERS.search(folded):
        folded = folded.translate(_LIKE)
    return folded if folded.isascii() else unicodedata.normalize("NFC", folded)


def _parts(folded: str) -> list[str]:
    """Words, and runs of letters of a script without spaces."""
    if folded.isascii():
        return _ASCII_WORDS.findall(folded)
    return _PARTS.findall(_NOT_LETTERS.sub(_kept, folded))


def _kept(found: re.Match[str]) -> str:
    return _of_no_letter(found[0])


@lru_cache(maxsize=4096)
def _of_no_letter(character: str) -> str:
    kind = unicodedata.category(character)
    if kind.startswith("M"):
        return character  # A vowel of an Indian script, say.
    # A picture or a currency's sign can be asked for; ASCII's signs mean something to the databases.
    return f" {character} " if kind in ("So", "Sc") and not character.isascii() else " "
