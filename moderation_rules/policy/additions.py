"""A word or a domain put into a policy's text, and switched on there, with every other letter as its owner wrote it.

The place is found in the YAML's own tree and one piece of text goes in; then the whole is read again, and what does not
say exactly what was meant is refused (`CannotEdit`): then a person edits it by hand.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import yaml

from moderation_rules.policy.yaml_document import PolicyError, read_yaml

# The list of words that were chosen beside comments.
LIST: Final = "desk"

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CannotEdit(ValueError):
    """This text cannot be changed by a machine without changing more than was asked for."""


def with_word(text: str, word: str, *, observe: bool) -> str:
    """The policy with the word in its list `desk`, which is made where there is none. Raises CannotEdit."""
    return _with(text, "lists", {"word": word, "observe": observe})


def with_domain(text: str, domain: str, *, observe: bool) -> str:
    """The policy with the domain among those of the rule `listed_domains`. Raises CannotEdit."""
    return _with(text, "domains", {"domain": domain, "observe": observe})


def switched_on(text: str, kind: str, value: str) -> str:
    """The policy with what it only observes of this word or domain (`kind`) in force. Raises CannotEdit."""
    wanted = _read(text)
    item = _item(wanted, kind, value)
    if item is None or not isinstance(item, dict) or item.get("observe") is not True:
        raise CannotEdit(f"the policy does not observe this {kind} any more")
    item["observe"] = False
    node = _compose(text)
    for own in _nodes(node, kind):
        keys = _keys(own)
        if kind in keys and keys[kind].value == value and "observe" in keys:
            flag = keys["observe"]
            start, end = _at(text, flag.start_mark), _at(text, flag.end_mark)
            return _checked(text[:start] + "false" + text[end:], wanted)
    raise CannotEdit(f"the place of this {kind} was not found")


def state_of(text: str, kind: str, value: str) -> bool | None:
    """Whether the policy only observes this word or domain; None where it does not have it."""
    item = _item(_read(text), kind, value)
    if item is None:
        return None
    return isinstance(item, Mapping) and bool(item.get("observe", False))


def _with(text: str, where: str, item: Mapping[str, Any]) -> str:
    wanted = copy.deepcopy(_read(text))
    node = _compose(text)
    if node is None:
        made: dict[str, Any] = {}
        _put(made, where, item)
        key, value = next(iter(made.items()))
        start = f"{text.rstrip()}\n" if text.strip() else ""
        return _checked(f"{start}{key}: {_flow(value)}\n", made)
    _put(wanted, where, item)
    return _checked(_put_in(text, node, where, item), wanted)


def _put(policy: MutableMapping[str, Any], where: str, item: Mapping[str, Any]) -> None:
    """The same in the values: first of its list."""
    if where == "domains":
        rule = policy.setdefault("rules", {}).setdefault("listed_domains", {})
        rule.setdefault("domains", []).insert(0, dict(item))
        return
    lists = policy.setdefault("lists", [])
    own = next((found for found in lists if found.get("name") == LIST), None)
    if own is None:
        lists.insert(0, {"name": LIST, "kind": "banned", "words": [dict(item)]})
        return
    if own.get("kind") != "banned":
        raise CannotEdit(f"the policy has a list {LIST} of another kind")
    own.setdefault("words", []).insert(0, dict(item))


def _put_in(text: str, node: Any, where: str, item: Mapping[str, Any]) -> str:
    if where == "domains":
        return _into(text, node, ("rules", "listed_domains", "domains"), item)
    lists = _keys(node).get("lists")
    if lists is None:
        return _into(text, node, ("lists",), {"name": LIST, "kind": "banned", "words": [item]})
    if not isinstance(lists, yaml.SequenceNode):
        raise CannotEdit("its lists are no list")
    for own in lists.value:
        keys = _keys(own)
        if "name" in keys and keys["name"].value == LIST:
            return _into(text, own, ("words",), item)
    return _insert(text, lists, f"{_flow({'name': LIST, 'kind': 'banned', 'words': [item]})}")


def _into(text: str, node: Any, path: tuple[str, ...], item: Mapping[str, Any]) -> str:
    """The item first in the sequence at `path`; what is not there yet of the way is made."""
    key, *rest = path
    if not isinstance(node, yaml.MappingNode):
        raise CannotEdit(f"there is no place for {key}")
    child = _keys(node).get(key)
    if child is None:
        value: Any = [item]
        for name in reversed(rest):
            value = {name: value}
        return _insert(text, node, f"{key}: {_flow(value)}")
    if rest:
        return _into(text, child, tuple(rest), item)
    if not isinstance(child, yaml.SequenceNode):
        raise CannotEdit(f"{key} is no list")
    return _insert(text, child, _flow(item))


def _insert(text: str, node: Any, piece: str) -> str:
    """The piece before all else in a collection."""
    start = _at(text, node.start_mark)
    if node.flow_style:
        comma = ", " if node.value else ""
        return f"{text[: start + 1]}{piece}{comma}{text[start + 1 :]}"
    dash = "- " if isinstance(node, yaml.SequenceNode) else ""
    return f"{text[:start]}{dash}{piece}\n{' ' * node.start_mark.column}{text[start:]}"


def _item(policy: Mapping[str, Any], kind: str, value: str) -> Any:
    if kind == "domain":
        found = policy.get("rules", {}).get("listed_domains", {}).get("domains", ())
    else:
        lists = policy.get("lists", ())
        found = next((own.get("words", ()) for own in lists if own.get("name") == LIST), ())
    return next((item for item in found if item == value or (isinstance(item, dict) and item[kind] == value)), None)


def _nodes(node: Any, kind: str) -> list[Any]:
    """The mappings among the items of the sequence that `kind` stands in."""
    keys = _keys(node)
    if kind == "domain":
        for name in ("rules", "listed_domains", "domains"):
            if name not in keys:
                return []
            node = keys[name]
            keys = _keys(node)
    else:
        lists = keys["lists"].value if "lists" in keys else []
        own = [keys for keys in map(_keys, lists) if "name" in keys and keys["name"].value == LIST]
        node = own[0].get("words") if own else None
    return [item for item in node.value if isinstance(item, yaml.MappingNode)] if node is not None else []


def _keys(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _read(text: str) -> dict[str, Any]:
    try:
        value = read_yaml(text).value
    except PolicyError as error:
        raise CannotEdit(str(error.errors[0])) from None
    if not isinstance(value, dict):
        raise CannotEdit("it is no mapping")
    return value


def _compose(text: str) -> Any:
    return yaml.compose(text, Loader=_Loader)


def _at(text: str, mark: Any) -> int:
    """Where in the text a mark is: YAML counts more line breaks than some."""
    start = 0
    for _ in range(mark.line):
        found = _BREAK.search(text, start)
        if found is None:
            raise CannotEdit("its lines cannot be counted")
        start = found.end()
    return start + int(mark.column)


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _checked(text: str, wanted: Mapping[str, Any]) -> str:
    if _read(text) != wanted:
        raise CannotEdit("it would come to say something else")
    return text
