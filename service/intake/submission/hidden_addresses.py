"""Whether a text holds an e-mail address, however it is written: the one question for all that a reader may publish.

It is asked of names, titles, websites, the parts of a page's address and the keys of threads. Honest texts of that
kind hold none; what is encoded deeper than anybody has a reason for counts as one.
"""

import re
from base64 import b32decode, b32hexdecode, urlsafe_b64decode
from binascii import Error as BadEncoding
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote

from service.intake.submission.address_looks import as_read
from service.intake.submission.address_spellings import MAIL_HOSTS, is_spelt

# Of escapes within escapes, and of encodings within encodings (base64 of base64).
_MOST_ROUNDS, _MOST_LAYERS, _MOST_FORMS = 8, 3, 50

# Escapes of escapes, taken at once: each level of its own would be a round.
_PERCENTS = re.compile("%(?:25)+(?=[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})")
_AMPERSANDS, _BACKSLASHES = re.compile("&(?:amp;)+"), re.compile(r"\\{2,}")
_BACKSLASHED = re.compile(r"(?:\\x|\\u00|%u00|\\u\{0{0,4}|U\+00)([0-7][0-9a-fA-F])\}?")
_OCTAL = re.compile(r"\\(?:o\{)?0{0,2}([01][0-7]{2}|[4-7][0-7])\}?")
_QUOTED = re.compile(r"=([0-7][0-9A-Fa-f])")
_OPEN, _CLOSE = r"[\[({<«‹|*~]{1,3}", r"[\])}>»›|*~]{1,3}"
_BRACKET = re.compile(r"[\[({<«‹|*~]")
# As `as_read` leaves them, without accents.
_ATS = "at|aet|bei|klammeraffe|snabel-?a|arroba|chiocciola|chez|malpa|małpa|zavinac|kukac|собака"
_DOTS = "dot|punkt|point|punto|ponto|punt|prik|kropka|nokta|точка|крапка|点|點"
_SPELT_AT = re.compile(rf" ?{_OPEN} ?(?:{_ATS}|@) ?{_CLOSE} ?", re.IGNORECASE)
_SPELT_DOT = re.compile(rf" ?{_OPEN} ?(?:{_DOTS}|\.) ?{_CLOSE} ?", re.IGNORECASE)
_DOT_APART = re.compile(rf" (?:{_DOTS}|\.) ", re.IGNORECASE)
_AT_APART = re.compile(r"(?<=\w) ?@ (?=\w)")
# In words alone it takes more, for people look at polka dot dresses: an ending that many have, or a mail provider.
_ENDINGS = (
    "com|org|net|info|biz|edu|gov|io|dev|app|eu|example|test|de|uk|co|fr|es|it|nl|pl|ru|ua|br|jp|cn|in|ch|at|se|no"
)
_DOTS_IN_WORDS = "dot|punkt|punto|ponto|kropka|nokta|точка|крапка"
_PROVIDERS = "gmail|googlemail|hotmail|outlook|icloud|gmx|protonmail|proton"
_AT_IN_WORDS = re.compile(r"[ _'\"=~|*-](?:at|aet|arroba)[ _'\"=~|*-]", re.IGNORECASE)
_IN_WORDS = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}} (?:at|aet|arroba) "
    rf"(?:(?:[\w-]{{1,63}} (?:{_DOTS_IN_WORDS}) ){{1,4}}(?:{_ENDINGS})"
    rf"|(?:{_PROVIDERS})(?:\.| (?:{_DOTS_IN_WORDS}) )[a-z]{{2,6}})\b",
    re.IGNORECASE,
)

# Begins at the @: what may stand before it would be looked for from every letter on. No digit follows the dot: places
# on a map are written `@52.51,13.37`.
_ADDRESS = re.compile(r"(?<=[^\s@<>/,:;()?&])@(?=([^\s@<>/?#&,;:]{1,253}?\.[^\W\d_]{2}[^\s@<>/?#&,;:]*))")
# A name on another server of a network: `/@ada@social.example`.
_HANDLE = re.compile(r"(?:^|/)@[\w.-]{1,64}$")

# What random bytes hardly ever hold.
_PLAIN_ADDRESS = re.compile(r"[\w.%+'-]@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
_BASE64, _HEX = re.compile("[A-Za-z0-9+/_-]{8,}"), re.compile("(?:[0-9a-fA-F]{2}){6,}")
_BASE32, _BASE32_HEX = re.compile("[A-Z2-7]{12,}|[a-z2-7]{12,}"), re.compile("[A-V0-9]{12,}|[a-v0-9]{12,}")
# Asked first: most words are shorter.
_LONG = re.compile("[A-Za-z0-9]{12}")
_HEX_APART = re.compile(r"[0-9a-fA-F]{2}(?:[ :,;_-]{1,2}(?:0x)?[0-9a-fA-F]{2}){5,}")
_NO_HEX = re.compile(r"0x|[ :,;_-]")
_CAPITAL_WITHIN = re.compile("[A-Z]")
_WITHIN = re.compile("[A-Za-z0-9]{8,}")
_ASCII_RUN = re.compile("[ -~]{10,}")


# Words as names and titles have them: too short to be an address that is encoded, without a sign that one is made of.
_WORD = "(?:[A-Z]?[a-z]{1,10}|[A-Z])"
_WORDS = re.compile(rf"{_WORD}(?:[ ,.'!?]{{1,3}}{_WORD})*[.!?]?", re.ASCII)
# No sign that an address, a bracket around one, or an escape is written with.
_SIGNLESS = re.compile(r"[ !\"#$'+,\-./0-9:;?A-Z^_`a-z]*")


def holds_address(text: str) -> bool:
    """Whether the text holds an e-mail address in plain, in look-alike signs, spelt out, escaped or encoded.

    Escaped: for URLs, HTML or programs, any number of times; encoded: in base64, base32 or hexadecimal, up to three
    times. Takes time in proportion to the text, a few ms for the 2,000 characters of the longest address of a page.
    """
    if (_WORDS.fullmatch(text) or _is_plain(text)) and not _AT_IN_WORDS.search(text) and not _HEX_APART.search(text):
        return False
    plain = _unescaped(text)
    if plain is None or _is_there(plain):
        return True
    layer = {text, plain}
    for _ in range(_MOST_LAYERS):
        within: set[str] = set()
        for decoded in (decoded for form in layer for decoded in _decoded(form)):
            if _PLAIN_ADDRESS.search(decoded):
                return True
            within.update(_ASCII_RUN.findall(decoded))
        # Of random bytes hardly any run is that long.
        layer = set()
        for run in sorted(within, key=len)[-_MOST_FORMS:]:
            inner = _unescaped(run)
            if inner is None or _PLAIN_ADDRESS.search(inner):
                return True
            layer.add(inner)
    return False


def _is_plain(text: str) -> bool:
    """Whether neither signs nor escapes nor anything encoded can be in the text, as most titles and names have none."""
    if not _SIGNLESS.fullmatch(text) or "U+00" in text:
        return False
    return not any(_CAPITAL_WITHIN.search(token, 1) or _LONG.search(token) for token in _BASE64.findall(text))


def _unescaped(text: str) -> str | None:
    """The text as it is read when every escape is undone; None where that does not come to an end."""
    for _ in range(_MOST_ROUNDS):
        plain = text
        if escaped := _may_be_escaped(text):
            plain = _AMPERSANDS.sub("&", _PERCENTS.sub("%", _BACKSLASHES.sub(r"\\", text)))
            plain = unescape(_BACKSLASHED.sub(lambda found: chr(int(found[1], 16)), unquote(plain)))
            plain = _OCTAL.sub(lambda found: chr(int(found[1], 8)), plain)
        if not (plain.isascii() and plain.isprintable()):
            plain = as_read(plain)
        if plain == text or not (escaped or _may_be_escaped(plain)):
            return plain
        text = plain
    return None


def _may_be_escaped(text: str) -> bool:
    return "%" in text or "&" in text or "\\" in text or "U+00" in text


def _is_there(plain: str) -> bool:
    if "=?" in plain:
        # An encoded word of a mail's header.
        plain = _QUOTED.sub(lambda found: chr(int(found[1], 16)), plain)
    plain = " ".join(plain.split())
    # Asked first: in most texts there is none, and a search for one character is the quicker one.
    bracketed = _BRACKET.search(plain) is not None
    spelt = _SPELT_AT.sub("@", plain) if bracketed else plain
    if "@" in spelt:
        spelt = _AT_APART.sub("@", _DOT_APART.sub(".", _SPELT_DOT.sub(".", spelt)))
        if any(not _is_handle(spelt, found) for form in {plain, spelt} for found in _ADDRESS.finditer(form)):
            return True
    at_word = _AT_IN_WORDS.search(plain)
    if ("@" in spelt or at_word is not None) and is_spelt(spelt):
        return True
    if at_word is None:
        return False
    return _IN_WORDS.search(_SPELT_DOT.sub(" dot ", plain) if bracketed else plain) is not None


def _is_handle(text: str, found: re.Match[str]) -> bool:
    """`@ada@social.example` is no address, unless people have mail there."""
    before = text[max(0, found.start() - 66) : found.start()]
    host = found[1].lower().rstrip(".")
    return _HANDLE.search(before) is not None and host not in MAIL_HOSTS


def _decoded(text: str) -> Iterator[str]:
    """What the parts of the text say that may be base64, base32 or hexadecimal; U+FFFD for what is no UTF-8."""
    for found in _HEX_APART.finditer(text):
        yield bytes.fromhex(_NO_HEX.sub("", found[0])).replace(b"\0", b"").decode("utf-8", "replace")
    for token in _tokens(text):
        for data in _bytes(token):
            # Without noughts UTF-16 and UTF-32 say the same as UTF-8.
            yield data.replace(b"\0", b"").decode("utf-8", "replace")


def _tokens(text: str) -> Iterator[str]:
    for found in _BASE64.finditer(text):
        yield found[0]
        # `/` and `-` stand between the parts of an address as well.
        if (inner := _WITHIN.findall(found[0])) != [found[0]]:
            yield from inner


def _bytes(token: str) -> Iterator[bytes]:
    yield from _bytes_of_base64(token)
    if not _LONG.search(token):
        return
    for alphabet, decode in ((_BASE32, b32decode), (_BASE32_HEX, b32hexdecode)):
        for found in alphabet.finditer(token):
            part = found[0].upper()
            part = part[: len(part) - {1: 1, 3: 1, 6: 1}.get(len(part) % 8, 0)]
            try:
                yield decode(part + "=" * (-len(part) % 8))
            except (BadEncoding, ValueError):
                continue
    for found in _HEX.finditer(token):
        yield bytes.fromhex(found[0])


def _bytes_of_base64(token: str) -> Iterator[bytes]:
    # Wherever an @ stands in a group of three bytes, it makes a capital; and so does that one when encoded again.
    if not _CAPITAL_WITHIN.search(token, 1):
        return
    standard = token.replace("+", "-").replace("/", "_")
    # It may begin anywhere in the token: what was put before it shifts the groups of four.
    for start in range(4):
        part = standard[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        try:
            yield urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except (BadEncoding, ValueError):
            continue
