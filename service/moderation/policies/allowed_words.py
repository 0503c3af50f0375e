"""Drafts of a policy's text with one exception more: words allowed, or a rule that is only watched.

The text keeps its comments and its order: a line is put in where it belongs, and what comes of it is read again. Where
that is not the policy that was meant (a text in another style), there is no draft.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from moderation_rules import PolicyError
from moderation_rules.policy.yaml_document import Document, read_yaml
from moderation_rules.registry import BY_NAME
from moderation_rules.rules import word_list

# The list that drafts write allowed words into.
LIST = "allowed_here"
LONGEST = 200
_ONE_LINE = re.compile(rf"(?P<start>\s*-\s*\{{name: {LIST}, kind: allow, words: \[)(?P<words>.*)(?P<end>\]\}}\s*)")


def with_allowed(yaml: str, rule: str, words: str) -> str | None:
    """The policy's text with an exception from the rule: for its word lists these words, for any other that it is only
    watched. None where that cannot be drafted."""
    if rule == word_list.RULE.name:
        words = " ".join(words.split())
        return _drafted(yaml, lambda read: _allow(yaml, read, words)) if 0 < len(words) <= LONGEST else None
    return _drafted(yaml, lambda read: _watch(yaml, read, rule)) if rule in BY_NAME else None


def _drafted(yaml: str, draft: Callable[[Document], tuple[str, Any] | None]) -> str | None:
    """The draft, if it reads as it was meant."""
    try:
        made = draft(read_yaml(yaml))
        return made[0] if made is not None and read_yaml(made[0]).value == made[1] else None
    except PolicyError:
        return None


def _allow(yaml: str, read: Document, words: str) -> tuple[str, Any] | None:
    lists = read.value.get("lists") or []
    quoted = json.dumps(words, ensure_ascii=False)
    known = next((n for n, one in enumerate(lists) if one.get("name") == LIST), None)
    if known is None:
        written = f"- {{name: {LIST}, kind: allow, words: [{quoted}]}}"
        made = _before(yaml, read, ("lists", 0), written) if lists else _at_end(yaml, f"lists:\n  {written}")
        return made, read.value | {"lists": [{"name": LIST, "kind": "allow", "words": [words]}, *lists]}
    if words in lists[known].get("words", ()):
        return yaml, read.value
    lines = yaml.split("\n")
    line = read.places["lists", known][0] - 1
    found = _ONE_LINE.fullmatch(lines[line])
    if found is None:
        return None
    lines[line] = f"{found['start']}{found['words']}, {quoted}{found['end']}"
    longer = lists[known] | {"words": [*lists[known]["words"], words]}
    return "\n".join(lines), read.value | {"lists": [*lists[:known], longer, *lists[known + 1 :]]}


def _watch(yaml: str, read: Document, rule: str) -> tuple[str, Any] | None:
    rules = read.value.get("rules") or {}
    own = rules.get(rule)
    meant = read.value | {"rules": rules | {rule: (own or {}) | {"observe": True}}}
    if own is not None and own.get("observe"):
        return yaml, read.value
    if not rules:
        return _at_end(yaml, f"rules:\n  {rule}: {{observe: true}}"), meant
    if own is None:
        return _before(yaml, read, ("rules", next(iter(rules))), f"{rule}: {{observe: true}}"), meant
    if "observe" in own or not own:
        return None
    line = read.places["rules", rule][0] - 1
    lines = yaml.split("\n")
    if "{" in lines[line]:
        before, _, behind = lines[line].partition("{")
        lines[line] = f"{before}{{observe: true, {behind}"
        return "\n".join(lines), meant
    return _before(yaml, read, ("rules", rule, next(iter(own))), "observe: true"), meant


def _before(yaml: str, read: Document, path: tuple[str | int, ...], written: str) -> str:
    """The text with a line more above the one where `path` begins, as far to the right."""
    lines = yaml.split("\n")
    at = read.places[path][0] - 1
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    return "\n".join([*lines[:at], indent + written, *lines[at:]])


def _at_end(yaml: str, written: str) -> str:
    return f"{yaml.rstrip()}\n{written}\n" if yaml.strip() else f"{written}\n"
