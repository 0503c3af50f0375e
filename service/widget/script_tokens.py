"""A script of ours as tokens, each with what it is there: enough to rename variables, no general parser.

It counts on squeezed sources of ours: no labels, no nested templates, a `{` after a word begins an object only behind a
few words.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<literal> '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" | \d[\w.]*
        | (?<=[(=>,:?!&|;\s]) / (?![*/\s]) (?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+ /[a-z]* )
    | (?P<template> `(?:[^`\\]|\\.)*` )
    | (?P<word> [A-Za-z_$][\w$]* )
    | (?P<space> \s+ )
    | (?P<sign> \.\.\. | => | . )
    """,
    re.DOTALL | re.VERBOSE,
)
# Code inside a template, with at most one pair of braces in it.
INSIDE = re.compile(r"(?<=\$\{)(?:[^{}]|\{[^{}]*\})*(?=\})")
OPENING = frozenset("([{")
CLOSING = frozenset(")]}")
_BEFORE_OBJECT = frozenset({"const", "let", "return", "throw", "of", "in", "await", "default"})


class Token(NamedTuple):
    """`role`: `name` (of a variable), `short` (a property and a variable of that name), `property`, `literal`,
    `template`, `space` or `sign`.
    """

    text: str
    role: str


def read_tokens(script: str) -> list[Token]:
    """All of it: joined, the texts are the script."""
    found = [(match[0], match.lastgroup or "") for match in _TOKEN.finditer(script)]
    solid = [text for text, kind in found if kind != "space"]
    tokens: list[Token] = []
    inside: list[bool] = []
    before, kind_before, at = "", "", 0
    for text, kind in found:
        if kind == "space":
            tokens.append(Token(text, kind))
            continue
        at += 1
        role = kind
        if kind == "word":
            role = _role(before, solid[at] if at < len(solid) else "", in_object=bool(inside) and inside[-1])
        elif text in OPENING:
            inside.append(text == "{" and _begins_object(before, kind_before))
        elif text in CLOSING:
            inside.pop()
        tokens.append(Token(text, role))
        before, kind_before = text, kind
    return tokens


def with_templates(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens and those of the code inside templates."""
    for token in tokens:
        yield token
        if token.role == "template":
            for code in INSIDE.findall(token.text):
                yield from read_tokens(code)


def statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands between the semicolons of the module itself."""
    depth = 0
    one: list[Token] = []
    for token in tokens:
        one.append(token)
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if token.text == ";" and depth == 0:
            yield one
            one = []
    yield one


def _role(before: str, after: str, *, in_object: bool) -> str:
    if before == ".":
        return "property"
    if in_object and before in {"{", ","}:
        return "short" if after in {",", "}", "="} else "property"
    return "name"


def _begins_object(before: str, kind: str) -> bool:
    return before in _BEFORE_OBJECT if kind == "word" else before not in {"", ")", "=>", ";", "{", "}"}
