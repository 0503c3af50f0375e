"""The JSON Schema of the policy document, made from the rules, and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from moderation_rules.policy.yaml_document import Document, Path, PolicyProblem
from moderation_rules.registry import RULES
from moderation_rules.rule import NOTES

_SCORE = {"type": "number", "minimum": -100, "maximum": 100}
_VERDICT = {"enum": ["pending", "reject", "spam", None]}
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
_THRESHOLD = {"type": ["number", "null"], "minimum": 0, "maximum": 10000}
_MODES = ["automatic", "assisted", "manual"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _mapping(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, **more}


def _rule_settings() -> dict[str, Any]:
    return {
        rule.name: _mapping(
            {
                "enabled": {"type": "boolean"},
                "score": _SCORE,
                "verdict": _VERDICT,
                "cannot": {**_VERDICT, "description": "what it asks for when it can't run"},
                **NOTES,
                **rule.options,
            },
            description=rule.about,
        )
        for rule in RULES
    }


_WORD = _mapping(
    {
        "word": {"type": "string", "minLength": 1, "maxLength": 200},
        "score": _SCORE,
        "verdict": _VERDICT,
        **NOTES,
    },
    required=["word"],
)
_LIST = _mapping(
    {
        "name": _NAME,
        "kind": {"enum": ["banned", "suspect", "allow", "everyday"]},
        "language": {"type": ["string", "null"], "maxLength": 35},
        "file": {"type": "string", "minLength": 1, "maxLength": 200},
        "words": {
            "type": "array",
            "items": {
                "if": {"type": "object"},
                "then": _WORD,
                "else": {"type": "string", "minLength": 1, "maxLength": 200},
            },
            "maxItems": 50000,
        },
        "score": _SCORE,
        "verdict": _VERDICT,
        "disguised": {"type": "boolean", "description": "find disguised spellings too"},
        **NOTES,
    },
    required=["name", "kind"],
)
_COMPOSITE = _mapping(
    {
        "name": _NAME,
        "all": {"type": "array", "items": _NAME, "minItems": 1},
        "any": {"type": "array", "items": _NAME, "minItems": 1},
        "not": {"type": "array", "items": _NAME, "minItems": 1},
        "score": _SCORE,
        "verdict": _VERDICT,
        "message": {"type": "string", "minLength": 1, "maxLength": 500},
        "enabled": {"type": "boolean"},
        **NOTES,
    },
    required=["name"],
    anyOf=[{"required": ["all"]}, {"required": ["any"]}],
)
_THRESHOLDS = _mapping({"hold": _THRESHOLD, "refuse": _THRESHOLD})
_SWITCH = _mapping(
    {
        "preset": _NAME,
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "hours": {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$"},
        "days": {"type": "array", "items": {"enum": _WEEKDAYS}, "minItems": 1},
        "time_zone": {"type": "string", "maxLength": 64},
        "burst": {"type": "integer", "minimum": 1, "description": "comments in the thread in ten minutes"},
    },
    required=["preset"],
    anyOf=[{"required": [how]} for how in ("tags", "hours", "burst")],
)


@cache
def policy_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that a policy must meet; `policy.schema.json` in this package is its printed form."""
    changes: dict[str, Any] = {
        "mode": {"enum": _MODES},
        "thresholds": _THRESHOLDS,
        "caps": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "rules": _mapping(_rule_settings()),
        "lists": {"type": "array", "items": _LIST, "maxItems": 500},
        "composites": {"type": "array", "items": _COMPOSITE, "maxItems": 500},
    }
    override = _mapping({**changes, "note": NOTES["note"]})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Moderation policy",
        **_mapping(
            {
                "format": {"const": 1},
                "inherits": {"enum": ["default", "nothing"]},
                "note": NOTES["note"],
                "site_languages": {"type": "array", "items": {"type": "string", "maxLength": 35}},
                **changes,
                "languages": {"type": "object", "additionalProperties": _THRESHOLDS},
                "presets": {"type": "object", "additionalProperties": override},
                "sections": {"type": "object", "additionalProperties": override},
                "threads": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, override]}},
                "switches": {"type": "array", "items": _SWITCH, "maxItems": 100},
            }
        ),
    }


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(policy_schema())


def schema_problems(document: Document) -> list[PolicyProblem]:
    """Where the document breaks the schema, in the order of its lines, with what may have been meant."""
    found = [problem for error in _validator().iter_errors(document.value) for problem in _problems(document, error)]
    return sorted(found, key=lambda p: (p.line, p.column))


def _problems(document: Document, error: ValidationError) -> Iterator[PolicyProblem]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = list(error.schema.get("properties", ()))
        typed: Any = error.instance
        for key in typed:
            if key not in known:
                yield document.problem((*path, key), f"there is no “{key}” here{meant(key, known)}")
        return
    yield document.problem(path, _in_words(error))


def _in_words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    value: Any = error.instance
    match error.validator:
        case "enum":
            choices = [choice for choice in wanted if isinstance(choice, str)]
            return f"must be one of {', '.join(choices)}, not {_shown(value)}{meant(value, choices)}"
        case "type":
            names = {"object": "keys and values", "array": "a list", "null": "nothing", "string": "a text"}
            names |= {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"must be {' or '.join(names.get(k, k) for k in kinds)}, not {_shown(value)}"
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
            needs = [branch["required"][0] for branch in wanted if "required" in branch]
            return f"needs one of {', '.join(needs)}" if needs else "is neither a preset's name nor settings"
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
    return text if len(text) <= 60 else text[:59] + "…"


def meant(typed: object, known: list[str]) -> str:
    """A question after a name that nobody knows, where one that somebody knows looks like it."""
    close = get_close_matches(str(typed), known, n=1, cutoff=0.6)
    return f"; did you mean “{close[0]}”?" if close else ""
