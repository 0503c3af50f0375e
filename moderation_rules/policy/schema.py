"""The JSON Schema of the policy document, made from the rules, and its errors in words.

Draft 2020-12. What stands in several places (a score, a note, the settings of the rules) stands in `$defs` once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from msgspec import Meta

from moderation_rules.policy.yaml_document import MOST_SOUGHT, Document, Path, PolicyProblem, shortened
from moderation_rules.registry import RULES
from moderation_rules.rule import HardVerdict, Noted, Rule, RuleSettings, Score, Weighed

# Its name at the service that serves it, and of a file that it is printed into.
SCHEMA_NAME: Final = "policy.schema.json"

# Types of JSON, as a person would say it.
_KINDS: Final = {
    "object": "keys and values",
    "array": "a list",
    "null": "nothing",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_LONGEST_MEANT: Final = 100
_MODES = ["automatic", "assisted", "manual"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Word(Weighed, frozen=True, kw_only=True):
    word: Annotated[str, Meta(min_length=1, max_length=200)]


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _mapping(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}


def _schema_of(type_: Any) -> dict[str, Any]:
    """The JSON Schema of a type, with those of the structs in it in their places."""
    (schema,), components = msgspec.json.schema_components([type_])
    found: dict[str, Any] = _plain(schema, components)
    return found


def _plain(value: Any, components: Mapping[str, Any]) -> Any:
    """The same schema without references, and without the names and docstrings of structs."""
    if isinstance(value, (list, tuple)):
        return [_plain(item, components) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _plain(components[value["$ref"].rpartition("/")[2]], components)
    if value.get("type") != "object" or "properties" not in value:
        return {name: _plain(item, components) for name, item in value.items()}
    properties = {name: _plain(item, components) for name, item in value["properties"].items()}
    return _mapping(properties, **({"required": value["required"]} if value.get("required") else {}))


# What stands in many places. Beside each reference may stand a description and a default.
_SHARED: Final = {
    "score": _schema_of(Score),
    "verdict": _schema_of(HardVerdict),
    **_schema_of(Noted)["properties"],
}


def _shared(value: Any) -> Any:
    """The same schema with references to `_SHARED` where it says the same."""
    if isinstance(value, list):
        return [_shared(item) for item in value]
    if not isinstance(value, dict):
        return value
    for name, schema in _SHARED.items():
        own = {word: value[word] for word in ("description", "default") if word in value and word not in schema}
        if value == {**schema, **own}:
            return {**_ref(name), **own}
    return {name: _shared(item) for name, item in value.items()}


def option_schemas(rule: Rule[Any]) -> dict[str, Any]:
    """The JSON Schema of each of a rule's own options."""
    found: dict[str, Any] = _schema_of(rule.options)["properties"]
    return found


def _rule_settings(rule: Rule[Any]) -> dict[str, Any]:
    properties = {**_schema_of(RuleSettings)["properties"], **option_schemas(rule)}
    return _mapping(_shared(properties), title=rule.title, description=rule.about)


_NOTES = {name: _ref(name) for name in Noted.__struct_fields__}
_WEIGHT = {"score": _ref("score"), "verdict": _ref("verdict")}
_NAMES = {"type": "array", "items": _ref("name"), "minItems": 1}
_LIST = _mapping(
    {
        "name": _ref("name"),
        "kind": {"enum": ["banned", "suspect", "allow", "everyday"]},
        "language": {"type": ["string", "null"], "maxLength": 35},
        "file": {"type": "string", "minLength": 1, "maxLength": 200},
        "words": {
            "type": "array",
            # The plain text first: most words are, and there may be very many.
            "items": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, _shared(_schema_of(_Word))]},
            "maxItems": 50000,
        },
        **_WEIGHT,
        "disguised": {"type": "boolean", "description": "find disguised spellings too"},
        **_NOTES,
    },
    required=["name", "kind"],
)
_COMPOSITE = _mapping(
    {
        "name": _ref("name"),
        "all": _NAMES,
        "any": _NAMES,
        "not": _NAMES,
        **_WEIGHT,
        "message": {"type": "string", "minLength": 1, "maxLength": 500},
        "enabled": {"type": "boolean"},
        **_NOTES,
    },
    required=["name"],
    anyOf=[{"required": ["all"]}, {"required": ["any"]}],
)
_SWITCH = _mapping(
    {
        "preset": _ref("name"),
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "hours": {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"},
        "days": {"type": "array", "items": {"enum": _WEEKDAYS}, "minItems": 1},
        "time_zone": {"type": "string", "maxLength": 64},
        "burst": {"type": "integer", "minimum": 1, "description": "comments in the thread in ten minutes"},
    },
    required=["preset"],
    anyOf=[{"required": [how]} for how in ("tags", "hours", "burst")],
)
# What a policy says, and what it may say again for a section, a thread or under a preset.
_CHANGES: Final = {
    "mode": {"enum": _MODES},
    "thresholds": _ref("thresholds"),
    "caps": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    "rules": _ref("rules"),
    "lists": {"type": "array", "items": _ref("list"), "maxItems": 500},
    "composites": {"type": "array", "items": _ref("composite"), "maxItems": 500},
    "note": _ref("note"),
}


def policy_schema(public_url: str = "") -> dict[str, Any]:
    """The schema (draft 2020-12) that a policy must meet, as the service at `public_url` serves it.

    Without one its `$id` is relative: it is known by where it lies, for instance in a file beside the policy.
    """
    threshold = {"type": ["number", "null"], "minimum": 0, "maximum": 10000}
    override = _ref("override")
    thread = {"anyOf": [{"type": "string", "title": "a preset's name"}, {**override, "title": "settings"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{public_url}/{SCHEMA_NAME}" if public_url else SCHEMA_NAME,
        "title": "Moderation policy",
        **_mapping(
            {
                "format": {"const": 1},
                "inherits": {"enum": ["default", "nothing"]},
                "site_languages": {"type": "array", "items": {"type": "string", "maxLength": 35}},
                **_CHANGES,
                "languages": {"type": "object", "additionalProperties": _ref("thresholds")},
                "presets": {"type": "object", "additionalProperties": override},
                "sections": {"type": "object", "additionalProperties": override},
                "threads": {"type": "object", "additionalProperties": thread},
                "switches": {"type": "array", "items": _SWITCH, "maxItems": 100},
            }
        ),
        "$defs": {
            **_SHARED,
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
            "thresholds": _mapping({"hold": threshold, "refuse": threshold}),
            "rules": _mapping({rule.name: _rule_settings(rule) for rule in RULES}),
            "list": _LIST,
            "composite": _COMPOSITE,
            "override": _mapping(_CHANGES),
        },
    }


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(policy_schema())


def schema_problems(document: Document) -> list[PolicyProblem]:
    """Where the document breaks the schema, in the order of its lines, with what may have been meant.

    Of very many problems the first that are found.
    """
    every = (problem for error in _validator().iter_errors(document.value) for problem in _problems(document, error))
    return sorted(islice(every, MOST_SOUGHT), key=lambda p: (p.line, p.column))


def _problems(document: Document, error: ValidationError) -> Iterator[PolicyProblem]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = list(error.schema.get("properties", ()))
        typed: Any = error.instance
        for key in typed:
            if key not in known:
                yield document.problem((*path, key), f"there is no “{key}” here{meant(key, known)}")
        return
    tried = _branches(error) if error.validator == "anyOf" else []
    fitting = [errors for errors in tried if not any(_of_another_kind(inner, error) for inner in errors)]
    if len(fitting) == 1:
        # Only one way of saying it is of this kind: what is wrong with it lies deeper.
        for inner in fitting[0]:
            yield from _problems(document, inner)
        return
    yield document.problem(path, _in_words(error))


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    """What was wrong with each of the choices of an `anyOf`."""
    tried: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        tried.setdefault(inner.relative_schema_path[0], []).append(inner)
    return list(tried.values())


def _of_another_kind(inner: ValidationError, error: ValidationError) -> bool:
    return inner.validator == "type" and inner.absolute_path == error.absolute_path


def _in_words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "enum":
            choices = [choice for choice in wanted if isinstance(choice, str)]
            return f"must be one of {', '.join(choices)}, not {_shown(value)}{meant(value, choices)}"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"must be {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}, not {_shown(value)}"
        case "required":
            missing = [name for name in wanted if name not in value]
            return f"needs {', '.join(missing)}"
        case "minimum":
            return f"must be at least {wanted}, not {_shown(value)}"
        case "maximum":
            return f"must be at most {wanted}, not {_shown(value)}"
        case "pattern":
            return f"{_shown(value)} does not have the right form ({wanted})"
        case "const":
            return f"must be {wanted}, not {_shown(value)}"
        case "anyOf":
            if all(list(branch) == ["required"] for branch in wanted):
                return f"needs one of {', '.join(branch['required'][0] for branch in wanted)}"
            choices = [branch.get("title") or _KINDS.get(branch.get("type"), "something else") for branch in wanted]
            return f"must be {' or '.join(choices)}, not {_shown(value)}"
        case "minItems" | "minLength":
            return "must not be empty"
        case "maxItems" | "maxLength":
            return f"is too long: at most {wanted}"
    return "is not allowed here"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = "a list" if isinstance(value, list) else "keys and values" if isinstance(value, dict) else str(value)
    return shortened(text, 60)


def meant(typed: object, known: list[str]) -> str:
    """A question after a name that nobody knows, where one that somebody knows looks like it."""
    name = str(typed)
    # No name is nearly as long; to compare takes the product of the lengths.
    close = get_close_matches(name, known, n=1, cutoff=0.6) if len(name) <= _LONGEST_MEANT else []
    return f"; did you mean “{close[0]}”?" if close else ""
