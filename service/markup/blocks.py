"""Quotes, lists and fenced code, where they are certainly meant; everything else stays a paragraph, as typed."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, fence, list_block

# A quote is one level, a list two. Deeper ones stay text.
MAX_LEVEL = 8

_ITEM = re.compile(r"(?:([-*+])|(\d{1,9})[.)])(?:[ \t]+|$)")
# The mark is no arithmetic ("> 50 %", "- 5 degrees") and no face (">:(", ">_<").
_QUOTE = re.compile(r">(?:[ \t]*>)*[ \t]*(?![\d\s.:;=_<>^~|/\-]|$)")
# Line numbers of this text that looked like list items and are none.
_NO_ITEMS = "no_items"
_FENCE = re.compile(r"(?:```+|~~~+)")
# (place, mark) -> the shortest fence known to be open there, and the line it is open up to.
_OPEN = "open_fences"


def use_blocks(markdown: MarkdownIt) -> None:
    """Adds the block rules to a parser that has none."""
    markdown.enable(["blockquote", "list", "fence"])
    rules = markdown.block.ruler
    rules.at("blockquote", _quote, {"alt": ["paragraph", "blockquote", "list"]})
    rules.at("list", _list, {"alt": ["paragraph", "blockquote"]})
    rules.at("fence", _closed_fence, {"alt": ["paragraph", "blockquote", "list"]})


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _quote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.level >= MAX_LEVEL or not _QUOTE.match(_line(state, start_line)):
        return False
    return blockquote(state, start_line, end_line, silent)


def _list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """The list rule, for lists whose marks a browser draws as they were typed."""
    if state.level >= MAX_LEVEL or start_line in state.env.get(_NO_ITEMS, ()):
        return False
    line = _line(state, start_line)
    item = _ITEM.match(line)
    if item is None:
        return False
    # In silent mode the parser only asks whether an item ends a paragraph: the second item of a numbered list does.
    if not (silent and item[2]) and not _begins_list(item, line[item.end() :]):
        return False
    if silent:
        return list_block(state, start_line, end_line, silent)
    before = len(state.tokens)
    if not list_block(state, start_line, end_line, silent):
        return False
    level = state.level + 1
    items = [token for token in state.tokens[before:] if token.type == "list_item_open" and token.level == level]
    if item[2] and any(token.info != str(number) for number, token in enumerate(items, 1)):
        # "1." and then "3.": a browser would count 1, 2. None of these lines is an item, so nothing is tried twice.
        state.env.setdefault(_NO_ITEMS, set()).update(token.map[0] for token in items if token.map)
        del state.tokens[before:]
        state.line = start_line
        return False
    return True


def _begins_list(item: re.Match[str], content: str) -> bool:
    """Whether this is a list's first item: not "* * *", not "1984. It was cold", not "* grins *", not "+ 1"."""
    if not content.strip() or _ITEM.match(content):
        return False
    if item[2]:
        return item[2] == "1"
    if item[1] == "*" and content.count("*") % 2:
        return False
    return not content[0].isdigit()


def _closed_fence(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """The fence rule, but a fence that is never closed stays text, and what stands behind the opening is shown."""
    opening = _FENCE.match(_line(state, start_line))
    if opening is None:
        return False
    place = (state.level, state.blkIndent, end_line, opening[0][0])
    shortest, up_to = state.env.setdefault(_OPEN, {}).get(place, (0, 0))
    # What did not close that one closes no longer one either: nobody reads to the end again for each of many.
    if (start_line < up_to and len(opening[0]) >= shortest) or not fence(state, start_line, end_line, silent):
        return False
    if silent:
        return True
    token = state.tokens[-1]
    last = _line(state, state.line - 1).rstrip(" \t") if state.line - 1 > start_line else ""
    if not last.startswith(token.markup) or last.strip(token.markup[0]):
        state.env[_OPEN][place] = len(opening[0]), state.line
        state.tokens.pop()
        state.line = start_line
        return False
    info = token.info.strip()
    token.info = ""
    if info:
        token.content = f"{info}\n{token.content}"
    return True
