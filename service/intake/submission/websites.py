"""A reader's own website: a slip of the hand is mended, "none" is none, and what leads nowhere is refused in words."""

import re
from urllib.parse import quote

from service.errors import phrase
from service.intake.submission.web_addresses import NOT_IN_URL, ascii_host, leads_somewhere, parse_http
from service.localization import noop as N_
from service.markup.characters import ascii_width, mended, without_unseen

# `http://`, and how it is mistyped: htp, htttp, one slash, none, a semicolon, a blank.
_TYPED_SCHEME = re.compile(r"(?:h{1,2}t{1,3}|t{1,2})p{1,2}(s*)\s*(?:[:;,.]*\s*[/\\]+|[:;]+)[\s:/\\]*", re.IGNORECASE)
# Where a path follows, full width means itself.
_BEGUN = re.compile("https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"([a-z][a-z0-9+-]*)\s*:(?![0-9]+(?:[/?#]|$))", re.IGNORECASE)
_WRAPPED = re.compile(r"<(.*)>|\"(.*)\"|'(.*)'|“(.*)”|„(.*)[“”]|«(.*)»|\((.*)\)|\[(.*)\]")
_AUTHORITY = re.compile(r"[^/?#]*")
_NAME = re.compile(r"(?:[^\W_](?:[\w-]*\w)?\.)+[^\W\d_][\w-]*[^\W_](?::[0-9]{1,5})?")
_PORT = re.compile(r":[0-9]*\Z")
_NONE_WORDS = """
    no none nil null n/a n.a na nope nothing nowhere kein keine keins nein nix aucun aucune non néant rien ninguno
    ninguna nada nenhum nenhuma não nao nessuno nessuna niente geen nee ingen inga inget ikke nej nei ei brak nie
    žádný žádné nic nincs yok hayır ні нет нету немає няма δεν όχι لا لايوجد ندارم אין 없음 なし 無 无 沒有 没有
    www http https x xx xxx
"""
# What people write where they have none, in the languages that most of them write in.
_NONE = frozenset(_NONE_WORDS.split())


class InvalidWebsite(Exception):
    """The text is no website's address; `message` tells its writer why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_website(text: str) -> str | None:
    """The address that is meant, as it may stand in a link; None where its writer has none. Raises InvalidWebsite.

    `www.example.org` and `example.org/blog` get `https://`. What a browser would have to escape is escaped, other
    letters stay as they were typed.
    """
    text = _unwrapped(without_unseen(mended(text)).strip())
    if not _BEGUN.match(text):
        text = ascii_width(text)
    scheme, rest = _scheme_and_rest(text)
    if _says_none(rest):
        return None
    if not scheme and (other := _OTHER_SCHEME.match(rest)):
        words = phrase(
            "A website's address begins with http:// or https://, not with %(scheme)s:", scheme=other[1].lower()[:20]
        )
        raise InvalidWebsite(words)
    path_at = _AUTHORITY.match(rest.replace("\\", "/"))
    assert path_at is not None
    host, path = ascii_width(path_at[0]).strip(" ,;"), rest[path_at.end() :].strip()
    # Phones put a blank behind every full stop.
    host = ".".join(label.strip() for label in host.split(".")).rstrip(".")
    if "@" in host:
        raise InvalidWebsite(
            N_("A website's address holds no @ before its first slash; it is published, unlike an e-mail.")
        )
    url = f"{scheme or 'https'}://{host}{_escaped(path)}"
    # With its scheme, any host that a link may have; without, only what is sure to be one: "later" is no website.
    if parse_http(url) is None or not leads_somewhere(_PORT.sub("", host)) or not (scheme or _is_name(host)):
        raise InvalidWebsite(
            N_("This is no web address. One looks like https://www.example.org, or leave the field empty.")
        )
    return url


def _unwrapped(text: str) -> str:
    """Without the brackets or quotation marks around all of it."""
    found = _WRAPPED.fullmatch(text)
    return text if found is None else next(part for part in found.groups() if part is not None).strip()


def _scheme_and_rest(text: str) -> tuple[str, str]:
    """The scheme that was typed, `http` or `https`, and what follows; an empty scheme where there was none.

    Of two the second counts: `http://` stood in the field already, and a whole address was pasted behind it.
    """
    scheme = ""
    while found := _TYPED_SCHEME.match(text):
        scheme, text = ("https" if found[1] else "http"), text[found.end() :]
    return scheme, text.lstrip("/\\ ")


def _says_none(rest: str) -> bool:
    word = rest.casefold().strip(" .,;:!-–—/\\_*")
    return not any(letter.isalnum() for letter in word) or word in _NONE or rest.casefold() in _NONE


def _escaped(path: str) -> str:
    before, mark, rest = path.partition("?")
    path = before.replace("\\", "/") + mark + rest
    return NOT_IN_URL.sub(lambda found: quote(found[0]), path)


def _is_name(host: str) -> bool:
    return _NAME.fullmatch(host) is not None and ascii_host(host).isascii()
