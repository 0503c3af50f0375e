"""A reader's text to the little HTML that may be published: a small Markdown, then an allow-list over its output.

The law: a page shows what was judged. Every letter and digit of the text can be read on the page, in its order, with
two exceptions: the numbers of a list, which the browser counts to the same, and the target of a link that has words
of its own, which is that link's `href`. What isn't certainly meant as Markdown stays as typed.

May enter: what is done to a text for its own sake. May not: whether it may be published.
"""

import re
from html import escape

import nh3
from markdown_it import MarkdownIt

from service.markup.blocks import use_blocks
from service.markup.inlines import use_inlines
from service.markup.marks import may_have_piles, without_piles

# Goes up whenever the same text would come out differently, so that what was stored before can be found.
RENDERER = 5
# All that the fourth renderer made otherwise: links to addresses with a user part.
_OF_THE_FOURTH = re.compile(r'<a href="https?://[^/?#"]*@')

TAGS = frozenset({"p", "br", "em", "strong", "a", "blockquote", "code", "pre", "ul", "ol", "li"})
LINK_REL = "ugc nofollow noopener"

# Matching pairs of these is what makes a Markdown parser slow: 5,000 `[` cost 72 ms, 200 of them under 1 ms.
_MARKS = re.compile(r"[\[\]*_`<]")
MAX_MARKS = 200
# Each of these makes the parser read ahead to the end of the text: 66 of them cost 29 ms.
_LINK_TARGETS = "]("
MAX_LINKS = 20

# What the parser may know, or the cleaner below writes in another way: marks of Markdown, controls, halves of surrogate
# pairs, and spaces that may be taken off an end.
_NOT_PLAIN = re.compile(
    r"[\x00-\x09\x0b-\x1f*<\[\\\]_`\x7f-\x9f\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff]"
)
# The parser leaves them out, but for those of code.
_SPACES_AT_END = re.compile("(?<! ) +\n")
# What may begin a block, and a line that is left out.
_BLOCK = re.compile(r"[ \xa0>+\-~]|\d{1,9}[.)]|\Z")

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_NO_TARGET = re.compile(rf'<a rel="{LINK_REL}">(.*?)</a>', re.DOTALL)


def render(text: str) -> tuple[str, int]:
    """What the reader typed -> (HTML, version of this renderer).

    The HTML has only the elements of TAGS and, on links, `href` (http or https) and `rel`. Raw HTML is shown as
    text, a line break stays one, a bare http(s) or `www.` address becomes a link,
    but for one with a user part. Text with more than 200 brackets
    and emphasis marks, or more than 20 Markdown links, stays plain paragraphs; of the marks piled on a letter the
    first few are kept. Raises nothing for any text.
    """
    trimmed = _SPACES_AT_END.sub("\n", text) if " \n" in text else text
    if _is_plain(trimmed):
        return _of_plain(trimmed), RENDERER
    # A lone surrogate cannot be written as UTF-8; intake refuses them, an import may not have.
    text = without_piles(text.encode("utf-8", "replace").decode("utf-8"))
    too_many = len(_MARKS.findall(text)) > MAX_MARKS or text.count(_LINK_TARGETS) > MAX_LINKS
    html = _plain(text) if too_many else str(_MARKDOWN.render(text))
    return _clean(html).strip(), RENDERER


def up_to_date(text: str, html: str, renderer: int) -> str:
    """The HTML to show for a stored text: as stored, unless an older renderer made it, one that may have lost words.

    Nothing is written. A newer renderer's HTML stays, as after an update that was taken back.
    """
    if renderer >= RENDERER or (renderer == 4 and not _OF_THE_FOURTH.search(html)):
        return html
    return render(text)[0]


def _is_plain(text: str) -> bool:
    """Whether the text is certainly nothing but lines and paragraphs, as most comments are: it needs no parser then."""
    if _NOT_PLAIN.search(text) or "://" in text or "www" in text or ("W" in text and "www" in text.lower()):
        return False
    lines = text.replace("\n\n", "\n").split("\n")
    return not any(_BLOCK.match(line) or line[-1] in " \xa0" for line in lines) and not may_have_piles(text)


def _of_plain(text: str) -> str:
    text = text.replace("&", "&amp;").replace(">", "&gt;").replace("\xa0", "&nbsp;")
    return "\n".join(f"<p>{part.replace(chr(10), '<br>' + chr(10))}</p>" for part in text.split("\n\n"))


def _plain(text: str) -> str:
    paragraphs = (part.strip() for part in _BLANK_LINES.split(text.replace("\r\n", "\n")))
    return "\n".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br>' + chr(10))}</p>" for part in paragraphs if part
    )


def _clean(html: str) -> str:
    cleaned = nh3.clean(
        html,
        tags=set(TAGS),
        attributes={"*": set(), "a": {"href"}},
        url_schemes={"http", "https"},
        link_rel=LINK_REL,
        strip_comments=True,
    )
    # The cleaner has the last word on an address; a link that leads nowhere is none.
    return _NO_TARGET.sub(r"\1", cleaned)


def _parser() -> MarkdownIt:
    # The rules keep far from maxNesting: there the parser drops the rest of the text.
    markdown = MarkdownIt("zero", {"breaks": True, "html": False, "maxNesting": 100})
    use_blocks(markdown)
    use_inlines(markdown)
    return markdown


_MARKDOWN = _parser()
