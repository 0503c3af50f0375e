from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import re2

from moderation_rules.rule import NOTES, Check, Hit, OptionError, Reading, Rule, Supplies, catches, passes
from moderation_rules.values import Verdict

_MEMORY = 8 << 20  # bytes that one pattern's automaton may take; RE2 answers in linear time whatever the pattern


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    compiled = []
    settings = re2.Options()
    settings.max_mem = _MEMORY
    settings.log_errors = False
    for number, own in enumerate(options["patterns"]):
        settings.case_sensitive = bool(own.get("case", False))
        try:
            pattern = re2.compile(own["pattern"], settings)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            raise OptionError(f"RE2 refuses this pattern: {reason}", "patterns", number, "pattern") from None
        if pattern.search(""):
            raise OptionError("this pattern matches the empty text, so everything", "patterns", number, "pattern")
        verdict = own.get("verdict")
        compiled.append(
            (own["name"], pattern, own.get("score"), verdict and Verdict(verdict), own.get("observe", False))
        )

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for name, pattern, score, verdict, observe in compiled:
            found = pattern.search(reading.text)
            if found is not None and found.start() < found.end():
                message = f"matches the pattern {name}"
                start, end = found.span()
                hits.append(Hit(message, "text", start, end, name, 1.0, score, verdict, observe))
        return hits

    return check if compiled else lambda reading: ()


_CODES = [{"name": "order_code", "pattern": r"\bQX-\d{4}\b"}]
RULE = Rule(
    name="patterns",
    about="Patterns of the newsroom's own (RE2: linear time; checked when they are saved; `\\p{L}` is any letter).",
    kind="abuse",
    prepare=prepare,
    score=5,
    options={
        "patterns": {
            "type": "array",
            "maxItems": 1000,
            "default": [],
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "pattern"],
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 64},
                    "pattern": {"type": "string", "minLength": 1, "maxLength": 2000},
                    "case": {"type": "boolean", "description": "capitals matter"},
                    "score": {"type": "number", "minimum": -100, "maximum": 100},
                    "verdict": {"enum": ["pending", "reject", "spam", None]},
                    **NOTES,
                },
            },
        }
    },
    examples=(
        catches("My code is qx-1234, take it", patterns=_CODES, marks="qx-1234"),
        catches("größer", patterns=[{"name": "p", "pattern": r"gr\p{L}+r"}], marks="größer"),
        passes("QX-12345678", patterns=_CODES),
        passes("Nothing of the kind."),
    ),
)
