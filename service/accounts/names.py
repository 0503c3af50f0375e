"""Names that people read: of accounts, of sites, of a site's staff."""

from unicodedata import category

from moderation_rules.text.unseen import joins

# Letters and a symbol by their category, and nothing to see: the Hangul fillers and the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def readable(name: str) -> bool:
    """Whether the name shows what it is: something visible, no control and no format character.

    Format characters turn the text around them or show nothing, so that one name looks like another. The two joiners
    are let through where Persian and Indic names are written with them (RFC 5892, A.1 and A.2).
    """
    seen = False
    before = ""
    for letter in name:
        kind = category(letter)
        if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and not joins(letter, before):
            return False
        seen = seen or (kind[0] in "LNPS" and letter not in _BLANK)
        before = letter
    return seen
