"""The reference page of the rules, made from the rules themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from moderation_rules.policy.schema import option_schemas
from moderation_rules.registry import RULES
from moderation_rules.rule import REMARK, Code, Example, Field, Kind, Rule

_KINDS: Final[Mapping[Kind, str]] = {
    "abuse": "what is said",
    "spam": "what it wants",
    "shape": "how it looks",
    "person": "who says it",
    "form": "how the form was used",
    "thread": "where it is said",
    "learned": "what the site's moderators decided before",
}


def rules_page() -> str:
    """All rules in Markdown: what each looks at, what it weighs, what it does when it can't run, its examples."""
    rows = "\n".join(
        f"| [`{rule.name}`](#{rule.name}) | {_KINDS[rule.kind]} | {_weight(rule)} | {rule.about} |" for rule in RULES
    )
    sections = "\n".join(map(_section, RULES))
    return f"""# Rules

Every rule runs on every comment; all findings are kept; then the policy decides: hard verdicts first, then the sum of
scores against its thresholds. A rule that reads name or website besides the text looks at each by itself, and what it
finds in several of them weighs once: what it does in the worst of them. A policy sets each rule's `enabled`, `score`,
`verdict`, `cannot` (what to ask for when it can't run), `observe`, `owner`, `note`, `until`, and the options named
here. The JSON Schema of all that a policy may say is at `/policy.schema.json`; `rejoinder rules schema` prints it.

| rule | looks at | weighs | |
|---|---|---|---|
{rows}

{sections}"""


def _weight(rule: Rule[Any]) -> str:
    weight = f"{rule.score:g}" if rule.verdict is None else str(rule.verdict)
    return weight if rule.enabled else f"{weight} (off)"


def _section(rule: Rule[Any]) -> str:
    lines = [f"## {rule.name}", "", f"**{rule.title}.** {rule.about}", ""]
    if rule.fields != ("text",):
        lines += [f"Reads {_fields(rule.fields)}, each by itself.", ""]
    if rule.needs:
        cannot = "says nothing" if rule.cannot is None else f"asks for `{rule.cannot}`"
        lines += [f"Needs the facts {', '.join(f'`{need}`' for need in rule.needs)}; without them it {cannot}.", ""]
    options = option_schemas(rule)
    for name, schema in options.items():
        default = json.dumps(schema["default"], ensure_ascii=False)
        lines.append(f"- `{name}`: {schema['description']} (default `{default}`)")
    if options:
        lines.append("")
    if rule.codes:
        lines += ["Codes of its findings:", "", *map(_code, rule.codes), ""]
    elif rule.code_is:
        lines += [f"The code of a finding is {rule.code_is}.", ""]
    for word, caught in (("Catches", True), ("Passes", False)):
        shown = [_example(example) for example in rule.examples if example.caught is caught]
        lines += [f"{word}:", "", *[f"- {line}" for line in shown], ""]
    return "\n".join(lines)


def _fields(fields: Sequence[Field]) -> str:
    *others, last = [f"the {field}" for field in fields]
    return f"{', '.join(others)} and {last}" if others else last


def _code(code: Code) -> str:
    weight = "" if code.weight == 1 else f" (weighs {code.weight:g} times the score)"
    asks = "" if code.verdict is None else f" (asks for `{code.verdict}`)"
    return f"- `{code.name}`: {code.says}{weight}{asks}"


def _example(example: Example) -> str:
    comment = example.comment
    beside = comment.text == REMARK and (comment.name or comment.website)
    parts = [] if beside else [f"`{_typed(comment.text)}`"]
    if comment.name:
        parts.append(f"by “{_typed(comment.name)}”")
    if comment.website:
        parts.append(f"with the website `{_typed(comment.website)}`")
    if example.comment.language:
        parts.append(f"in `{example.comment.language}`")
    facts = example.facts
    known = [name for name in type(facts).__struct_fields__ if getattr(facts, name) != getattr(type(facts)(), name)]
    parts += [f"`{name}={getattr(facts, name)!r}`" for name in known]
    if example.options:
        parts.append(f"with `{json.dumps(dict(example.options), ensure_ascii=False)}`")
    return " ".join(parts)


def _typed(text: str) -> str:
    """As it was typed, unless that would trip the tools that read this page: marks without a letter, unseen signs."""
    hides = any(not char.isprintable() or "\u0300" <= char <= "\u036f" for char in text)
    return (text.encode("unicode_escape").decode("ascii") if hides else text).replace("`", "'")
