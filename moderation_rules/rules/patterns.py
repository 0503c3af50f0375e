from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import re2
from msgspec import Meta

from moderation_rules.rule import (
    FIELDS,
    Check,
    Field,
    Hit,
    OptionError,
    PatternBudget,
    Reading,
    Rule,
    RuleOptions,
    Supplies,
    Weighed,
    catches,
    passes,
)
from moderation_rules.values import Verdict

# Bytes that one pattern's automaton may take; RE2 answers in linear time whatever the pattern. Nearly all do with the
# small share, so that a thousand of them leave a worker its memory.
_MEMORY = 8 << 20
_SHARES = 64 << 20
_SMALLEST_SHARE, _LARGEST_SHARE = 128 << 10, 1 << 20
# No program within `_MEMORY` has more instructions: each takes 16 bytes.
_LARGEST_PROGRAM = _MEMORY // 16


_TOO_LARGE = "pattern too large"


class Pattern(Weighed, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    pattern: Annotated[str, Meta(min_length=1, max_length=2000)]
    case: Annotated[bool, Meta(description="capitals matter")] = False
    fields: Annotated[tuple[Field, ...], Meta(min_length=1, description="where it is looked for")] = ("text",)


# Its name, itself, and its own score, verdict and whether it is only observed.
_Compiled = tuple[str, Any, float | None, Verdict | None, bool]


class Options(RuleOptions, frozen=True):
    patterns: Annotated[tuple[Pattern, ...], Meta(max_length=1000, description="what is looked for")] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    compiled: dict[str, list[_Compiled]] = {field: [] for field in FIELDS}
    share = max(_SMALLEST_SHARE, min(_LARGEST_SHARE, _SHARES // max(1, len(options.patterns))))
    try:
        for number, own in enumerate(options.patterns):
            try:
                pattern = _within(own, share, supplies.patterns)
            except _Unusable as reason:
                raise OptionError(str(reason), "patterns", number, "pattern") from None
            for field in set(own.fields):
                compiled[field].append((own.name, pattern, own.own_score, own.own_verdict, own.observe))
    finally:
        # RE2's module keeps the last 128 patterns of whoever compiled any, for good.
        re2.purge()

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for name, pattern, score, verdict, observe in compiled[reading.field]:
            found = pattern.search(reading.text)
            if found is not None and found.start() < found.end():
                message = f"matches the pattern {name}"
                start, end = found.span()
                hits.append(Hit(message, "text", start, end, name, 1.0, score, verdict, observe))
        return hits

    return check if options.patterns else lambda reading: ()


class _Unusable(Exception):
    """A pattern that cannot be used; says why."""


def _within(own: Pattern, share: int, budget: PatternBudget) -> Any:
    """The pattern compiled for its share of memory, or, where that is too little for it, for more.

    Raises _Unusable.
    """
    if (refusal := budget.refusal()) is not None:
        raise _Unusable(refusal)
    settings = re2.Options()
    settings.log_errors = False
    settings.case_sensitive = own.case
    for memory in sorted({share, _LARGEST_SHARE, _MEMORY}):
        settings.max_mem = memory
        try:
            pattern = re2.compile(own.pattern, settings)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            if _TOO_LARGE not in reason:
                raise _Unusable(f"RE2 refuses this pattern: {reason}") from None
            continue
        budget.spend(pattern.programsize, memory)
        if (refusal := budget.refusal()) is not None:
            raise _Unusable(refusal)
        if pattern.search(""):
            raise _Unusable("this pattern matches the empty text, so everything")
        return pattern
    # It took as long as one that just fits.
    budget.spend(_LARGEST_PROGRAM, _MEMORY)
    raise _Unusable(f"RE2 refuses this pattern: {_TOO_LARGE}")


_CODES: list[dict[str, Any]] = [{"name": "order_code", "pattern": r"\bQX-\d{4}\b"}]
_IN_NAMES = [{**_CODES[0], "fields": ["name", "website"]}]
RULE = Rule(
    name="patterns",
    title="Listed pattern",
    about="Patterns of the newsroom's own (RE2: linear time; checked when they are saved; `\\p{L}` is any letter).",
    kind="abuse",
    options=Options,
    prepare=prepare,
    version=2,
    score=5,
    fields=("text", "name", "website"),
    code_is="the pattern's name",
    examples=(
        catches("My code is qx-1234, take it", patterns=_CODES, marks="qx-1234"),
        catches("größer", patterns=[{"name": "p", "pattern": r"gr\p{L}+r"}], marks="größer"),
        catches(name="qx-1234", patterns=_IN_NAMES, marks="qx-1234"),
        catches(website="https://qx-1234.example", patterns=_IN_NAMES, marks="qx-1234"),
        passes(name="qx-1234", patterns=_CODES),
        passes("qx-1234", patterns=_IN_NAMES),
        passes("QX-12345678", patterns=_CODES),
        passes("Nothing of the kind."),
    ),
)
