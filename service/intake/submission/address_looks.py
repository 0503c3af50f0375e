"""What the eye takes a text for where an address could hide: look-alike signs as plain ones, and nothing unseen."""

import re
import unicodedata
from functools import cache

from moderation_rules.text.normal_forms import normal

# Signs of other scripts that are drawn as a full stop (Unicode's confusables.txt, for `.` and the middle dot).
_DOTS = "。･・·•∙⋅‧․\u06d4\u0701\u0702\u0830\u1427\u16eb\u2981\u2e31\u2e33\u2e3c\ua4f8\ua60e\ufe12\U00010a50\U00010101"
_BRACKETS = "【】「」『』〔〕〖〗〘〙〚〛《》〈〉⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯❨❩❪❫❬❭❮❯❰❱❲❳❴❵⦃⦄⦅⦆⦇⦈⦉⦊⦋⦌⁅⁆⌈⌉⌊⌋〈〉༺༻༼༽᚛᚜⸢⸣⸤⸥⸨⸩﴾﴿"
# The invisible copies of ASCII (Unicode 16.0, 23.9): an address may be written in them, or one be put into an address.
# The letters are read, and what else could be in the way is unseen.
_TAGS = {chr(0xE0000 + ord(sign)): sign for sign in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_TAG_MARKS = (("\U000e0040", "@"), ("\U000e002e", "."))
_LOOKS = (
    dict.fromkeys(_DOTS, ".")
    | {sign: "[]"[at % 2] for at, sign in enumerate(_BRACKETS)}
    | dict.fromkeys("‘’‚‛′‹›", "'")
    | dict.fromkeys("“”„‟〝〞〟«»", '"')
    # White on black: of these no compatibility form is known.
    | {chr(first + at): chr(ord("a") + at) for first in (0x1F150, 0x1F170) for at in range(26)}
    | _TAGS
)
# An Arabic nought is drawn as a dot; between Latin letters it is no number.
_NOUGHT = re.compile("(?<=[A-Za-z])[٠۰](?=[A-Za-z])")
# Default-ignorable letters and a blank sign, which no category tells apart, and what stands for an object.
_OTHER_UNSEEN = "\u115f\u1160\u2800\u3164\uffa0\ufffc"
_CATEGORIES = frozenset({"Mn", "Mc", "Me", "Cf", "Cc", "Cn"})
_AFTER_ALL_MARKS = 0x1F000
_BEYOND = re.compile("[\U00010000-\U0010ffff]")


def as_read(text: str) -> str:
    """The text as it is read at a glance: compatible forms and look-alike signs as plain ones, without accents,
    vowel signs and other marks, and without what nobody sees. Only for a search: it is no text that anybody wrote.

    Idempotent. Unseen are all default-ignorable code points (DerivedCoreProperties.txt), and what no Unicode of this
    Python knows: it may be a mark in a newer one.
    """
    # The one look-alike whose compatible form is another: a blank with a mark.
    plain = normal("NFKD", text.replace("\u02d9", "."))
    in_plane, beyond = _patterns()
    plain = in_plane.sub(_as_seen, plain)
    if _BEYOND.search(plain):
        for tag, sign in _TAG_MARKS:
            plain = plain.replace(tag, "" if sign in plain else sign)
        plain = beyond.sub(_as_seen, plain)
    if "٠" in plain or "۰" in plain:
        plain = _NOUGHT.sub(".", plain)
    return plain


def _as_seen(found: re.Match[str]) -> str:
    return _LOOKS.get(found[0], "")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is replaced or taken out of the first 65,536 characters, and of the others: apart they are quicker."""
    unseen = {
        char
        for char in map(chr, range(_AFTER_ALL_MARKS))
        if unicodedata.category(char) in _CATEGORIES and not char.isspace()
    }
    changed = sorted(unseen.union(_LOOKS, _OTHER_UNSEEN))
    in_plane = [char for char in changed if char <= "\uffff"]
    beyond = [char for char in changed if "\uffff" < char < "\U000e0000"]
    return re.compile(f"[{_ranges(in_plane)}]"), re.compile(f"[{_ranges(beyond)}\U000e0000-\U000e0fff]")


def _ranges(chars: list[str]) -> str:
    """Ascending characters as the inside of a pattern's class."""
    ranges: list[list[str]] = []
    for char in chars:
        if ranges and ord(char) == ord(ranges[-1][1]) + 1:
            ranges[-1][1] = char
        else:
            ranges.append([char, char])
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)
