"""A reader's text to the little HTML that may be published: a small Markdown, then an allow-list over its output."""

import re
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Goes up whenever the same text would come out differently, so that what was stored before can be found.
RENDERER = 1

TAGS = frozenset({"p", "br", "em", "strong", "a", "blockquote", "code", "pre", "ul", "ol", "li"})
LINK_REL = "ugc nofollow noopener"

# Matching pairs of these is what makes a Markdown parser slow: 5,000 `[` cost 72 ms, 200 of them under 1 ms.
_MARKS = re.compile(r"[\[\]*_`<]")
MAX_MARKS = 200
# Each of these makes the parser read ahead to the end of the text: 66 of them cost 29 ms.
_LINK_TARGETS = "]("
MAX_LINKS = 20

_HTTP = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_BARE_URL = re.compile(r"\bhttps?://[^\s<>\"'`\\^{|}]{1,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?…\"'*_~)]»”’"
_NUMBERED = re.compile(r"(\d{1,9})[.)](?=[ \t]|$)")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def render(text: str) -> tuple[str, int]:
    """What the reader typed -> (HTML, version of this renderer).

    The HTML has only the elements of TAGS and, on links, `href` (http or https) and `rel`. Raw HTML is shown as
    text, a line break stays one, a bare http(s) address becomes a link. Text with more than 200 brackets and
    emphasis marks, or more than 20 Markdown links, stays plain paragraphs. Raises nothing for any text.
    """
    # A lone surrogate cannot be written as UTF-8; intake refuses them, an import may not have.
    text = text.encode("utf-8", "replace").decode("utf-8")
    too_many = len(_MARKS.findall(text)) > MAX_MARKS or text.count(_LINK_TARGETS) > MAX_LINKS
    html = _plain(text) if too_many else str(_MARKDOWN.render(text))
    return _clean(html).strip(), RENDERER


def _plain(text: str) -> str:
    paragraphs = (part.strip() for part in _BLANK_LINES.split(text.replace("\r\n", "\n")))
    return "\n".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br>' + chr(10))}</p>" for part in paragraphs if part
    )


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"*": set(), "a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=LINK_REL,
        strip_comments=True,
    )


def _is_http(url: str) -> bool:
    return _HTTP.match(url) is not None


def _link_bare_urls(state: StateCore) -> None:
    """Core rule: http(s) addresses in running text become links; nothing inside a link or code does."""
    for block in state.tokens:
        if block.type != "inline" or not block.children or "://" not in block.content:
            continue
        children: list[Token] = []
        inside = 0
        for token in block.children:
            inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and not inside and "://" in token.content:
                children.extend(_split_urls(token))
            else:
                children.append(token)
        block.children = children


def _split_urls(token: Token) -> list[Token]:
    parts: list[Token] = []
    at = 0
    for found in _BARE_URL.finditer(token.content):
        shown = _without_trailing(found[0])
        if not _is_http(shown):
            continue
        parts.append(_text(token.content[at : found.start()], token.level))
        parts.append(Token("link_open", "a", 1, {"href": _MARKDOWN.normalizeLink(shown)}, level=token.level))
        parts.append(_text(shown, token.level + 1))
        parts.append(Token("link_close", "a", -1, level=token.level))
        at = found.start() + len(shown)
    parts.append(_text(token.content[at:], token.level))
    return [part for part in parts if part.type != "text" or part.content]


def _without_trailing(url: str) -> str:
    """Takes off the sentence's own punctuation; a closing bracket stays if it was opened inside the address."""
    open_brackets = {")": url.count("(") - url.count(")"), "]": url.count("[") - url.count("]")}
    end = len(url)
    while end and url[end - 1] in _TRAILING:
        last = url[end - 1]
        if last in open_brackets:
            if open_brackets[last] >= 0:
                break
            open_brackets[last] += 1
        end -= 1
    return url[:end]


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _list_from_one(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """The list rule, but "1984. It was a bright cold day" stays a sentence: the number would be lost."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    number = _NUMBERED.match(state.src, begin, state.eMarks[start_line])
    # In silent mode the parser only asks whether an item ends a paragraph: the second item does.
    if not silent and number and int(number[1]) != 1:
        return False
    return list_block(state, start_line, end_line, silent)


def _parser() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"breaks": True, "html": False, "maxNesting": 20})
    markdown.enable(["newline", "escape", "backticks", "emphasis", "link", "autolink", "blockquote", "list", "fence"])
    markdown.block.ruler.at("list", _list_from_one, {"alt": ["paragraph", "blockquote"]})
    markdown.core.ruler.push("link_bare_urls", _link_bare_urls)
    parser: Any = markdown
    parser.validateLink = _is_http
    return markdown


_MARKDOWN = _parser()
