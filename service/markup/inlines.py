"""What stands inside a line: addresses, links, code and emphasis, found in this order."""

import re
import unicodedata
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

from moderation_rules.text.bare_addresses import BEGINS, bare_address
from service.markup import addresses

# Where a rule below may apply; everything between is text.
_STOPS = re.compile(rf"[\n!*<\[\]\\_`]|{BEGINS}", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_SPACES = " \t\n"
_TITLE = re.compile(r'[ \t\n]+("[^"]*"|\'[^\']*\'|\([^()]*\))')
_BACKSLASHED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")

_ESCAPED = re.compile(r"(?:\\\*)+|(?:\\_)+|(?:\\`)+")
_ESCAPED_BLOCK = re.compile(r"^[ \t]*(?:\\[-*+>#]|\d{1,9}\\[.)])(?=[ \t])", re.MULTILINE)
_HIDDEN = "hidden_backslashes"

# Marks in brackets or quotation marks of their own are spoken of: "(*)", "the '**' key".
_ENCLOSED = frozenset({"()", "[]", "{}", '""', "''", "„“", "“”", "‚‘", "‘’", "«»", "»«", "||", "//", "--"})
# Letters that have no shape, by Unicode's default-ignorable property, and the empty braille pattern.
_SHAPELESS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc")


def use_inlines(markdown: MarkdownIt) -> None:
    """Adds the inline rules to a parser that has none."""
    parser: Any = markdown.inline
    parser.terminator_re = _STOPS
    markdown.enable(["newline", "escape", "backticks", "emphasis", "link", "image", "autolink"])
    rules = markdown.inline.ruler
    rules.before("newline", "address", _address)
    rules.at("escape", _escape)
    rules.at("backticks", _code)
    rules.at("emphasis", _emphasis)
    rules.at("link", _link)
    rules.at("image", _image)
    rules.at("autolink", _autolink)


def _push_link(state: StateInline, href: str) -> None:
    token = state.push("link_open", "a", 1)
    token.attrs = {"href": href}


def _address(state: StateInline, silent: bool) -> bool:
    """`https://news.example/_x_` or `www.news.example`: a link; inside another link's words just text."""
    if state.src[state.pos] not in "hHwW":
        return False
    return _take_address(state, bare_address(state.src, state.pos, state.posMax), silent)


def _take_address(state: StateInline, address: str, silent: bool) -> bool:
    href = addresses.href(address) if address else None
    if href is None:
        return False
    if not silent:
        if state.linkLevel:
            state.append_pending(address)
        else:
            _push_link(state, href)
            state.append_pending(address)
            state.push("link_close", "a", -1)
    state.pos += len(address)
    return True


def _autolink(state: StateInline, silent: bool) -> bool:
    """`<https://news.example>`: the same without its brackets."""
    if state.src[state.pos] != "<":
        return False
    start = state.pos
    address = bare_address(state.src, start + 1, state.posMax)
    if not address or state.src[start + 1 + len(address) : start + 2 + len(address)] != ">":
        return False
    state.pos += 1
    if not _take_address(state, address, silent):
        state.pos = start
        return False
    state.pos += 1
    return True


def _escape(state: StateInline, silent: bool) -> bool:
    r"""A backslash takes a mark's meaning away. It is shown itself, unless it stands as in `\*so\*` or `1\. so`."""
    at = state.pos
    if state.src[at] != "\\" or at + 1 >= state.posMax:
        return False
    hidden = at in _hidden_backslashes(state)
    if not hidden and state.src[at + 1] not in "*_`[]<!":
        return False
    if not silent:
        state.append_pending(state.src[at + hidden : at + 2] if hidden else state.src[at : at + 2])
    state.pos += 2
    return True


def _hidden_backslashes(state: StateInline) -> set[int]:
    """Where the writer knew Markdown: around words that would else be emphasised, before a line's list mark."""
    src = state.src
    known: tuple[str, set[int]] = state.env.get(_HIDDEN, ("", set()))
    found = known[1]
    if known[0] != src:
        found = set()
        opened: dict[str, re.Match[str]] = {}
        for run in _ESCAPED.finditer(src):
            before, after = src[run.start() - 1 : run.start()], src[run.end() : run.end() + 1]
            opening = opened.get(run[0])
            if opening and not before.isspace() and not _is_word(after):
                del opened[run[0]]
                found.update(*(range(mark.start(), mark.end(), 2) for mark in (opening, run)))
            elif after and not after.isspace() and not _is_word(before):
                opened[run[0]] = run
        found.update(block[0].index("\\") + block.start() for block in _ESCAPED_BLOCK.finditer(src))
        state.env[_HIDDEN] = src, found
    return found


def _code(state: StateInline, silent: bool) -> bool:
    """Between equal runs of backticks, none of which stands inside a word as an apostrophe does (don`t)."""
    run = _TICKS.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    if not _is_word(state.src[run.start() - 1 : run.start()]):
        for closing in _TICKS.finditer(state.src, run.end(), state.posMax):
            if closing[0] == run[0] and not _is_word(state.src[closing.end() : closing.end() + 1]):
                if not silent:
                    content = state.src[run.end() : closing.start()].replace("\n", " ")
                    if content.strip(" ") and content[0] == content[-1] == " ":
                        content = content[1:-1]
                    state.push("code_inline", "code", 0).content = content
                state.pos = closing.end()
                return True
    if not silent:
        state.append_pending(run[0])
    state.pos = run.end()
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Puts marks aside that may begin or end emphasis: never inside a word, where they censor, count or include."""
    mark = state.src[state.pos]
    if silent or mark not in "*_":
        return False
    run = state.scanDelims(state.pos, False)
    end = state.pos + run.length
    before = state.src[state.pos - 1 : state.pos]
    after = state.src[end : end + 1]
    certain = before + after not in _ENCLOSED
    for _ in range(run.length):
        state.push("text", "", 0).content = mark
        state.delimiters.append(
            Delimiter(
                marker=ord(mark),
                length=run.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=certain and run.can_open and run.length < 4 and after not in ")]},;.:!?",
                close=certain and run.can_close and before not in "([{",
            )
        )
    state.pos = end
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """`[words](https://news.example "title")`; the title, which nobody would see, is shown behind it."""
    if state.src[state.pos] != "[" or state.linkLevel:
        return False
    start, maximum = state.pos, state.posMax
    label_end = state.md.helpers.parseLinkLabel(state, start, True)
    if label_end < 0 or not _has_shape(state.src[start + 1 : label_end]):
        return False
    if not state.src.startswith("(", label_end + 1, maximum):
        return False
    at = _skip_spaces(state.src, label_end + 2, maximum)
    destination = state.md.helpers.parseLinkDestination(state.src, at, maximum)
    if not destination.ok:
        return False
    target = state.src[at : destination.pos]
    if target.startswith("<"):
        target = target[1:-1]
    href = addresses.href(_BACKSLASHED.sub("", target)) if "://" in target else None
    if href is None:
        return False
    title = _TITLE.match(state.src, destination.pos, maximum)
    at = _skip_spaces(state.src, title.end() if title else destination.pos, maximum)
    if not state.src.startswith(")", at, maximum):
        return False
    if not silent:
        state.pos, state.posMax = start + 1, label_end
        _push_link(state, href)
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
        if title:
            state.append_pending(f" {title[1]}")
    state.pos, state.posMax = at + 1, maximum
    return True


def _image(state: StateInline, silent: bool) -> bool:
    """`![words](https://news.example/x.png)`: a link, as there are no images; but "Look![here](…)" keeps its mark."""
    start = state.pos
    if not state.src.startswith("![", start, state.posMax) or _is_word(state.src[start - 1 : start]):
        return False
    state.pos += 1
    if _link(state, silent):
        return True
    state.pos = start
    return False


def _skip_spaces(text: str, at: int, end: int) -> int:
    while at < end and text[at] in _SPACES:
        at += 1
    return at


def _is_word(character: str) -> bool:
    return character.isalnum()


def _has_shape(label: str) -> bool:
    """Whether a reader can see, and hit, anything of it."""
    return any(unicodedata.category(one)[0] in "LNPS" and one not in _SHAPELESS for one in label)
