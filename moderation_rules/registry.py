"""The table of contents: every rule, in the order in which findings are shown.

A new rule is a file in `rules/` that makes one `RULE`, and one line here. Nothing else names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

from moderation_rules.rule import Rule

# The names of the files in `rules/`.
ORDER: Final = (
    # What was said: the first thing that a moderator asks, and what readers complain about.
    "word_list",
    "threats",
    "patterns",
    "promotion",
    "personal_data",
    # Where it leads: spam lives by links and numbers, however harmless the words around them are.
    "link_count",
    "listed_domains",
    "link_shortener",
    "hidden_link",
    "link_as_name",
    "contact_bait",
    # Said before: a text that is fine once gives itself away by coming often.
    "repeated_text",
    "near_copies",
    "flood",
    # How it looks: letters dressed for filters tell of intent, whatever they say; some people are only careless.
    "styled_letters",
    "mixed_scripts",
    "spaced_letters",
    "hidden_text",
    "shouting",
    "stretched",
    "emoji_flood",
    "too_short",
    "wrong_language",
    # Who says it: after the text, because a writer alone makes no comment bad.
    "banned",
    "held_writer",
    "trusted_writer",
    "first_comment",
    "held_before",
    "disowned",
    "reputation",
    "staff_impersonation",
    "disposable_email",
    "unreachable_email",
    # How the form was used: cheap and certain about programs; a moderator reads what people wrote.
    "honeypot",
    "form_too_fast",
    "form_token",
    # Where it is said: the thread's own state and rules, which say nothing against the comment.
    "thread_state",
    "thread_old",
    "thread_burst",
    "slow_mode",
    # What others think of it: last, because they name a chance where all rules above show a reason.
    "learned",
    "outside_check",
)


def load_rules(names: Iterable[str]) -> tuple[Rule[Any], ...]:
    """The rules of these files. Raises ImportError where there is none, TypeError where a file makes no `RULE`."""
    return tuple(map(_load, names))


def _load(name: str) -> Rule[Any]:
    rule = getattr(import_module(f"moderation_rules.rules.{name}"), "RULE", None)
    if not isinstance(rule, Rule) or rule.name != name:
        raise TypeError(f"moderation_rules/rules/{name}.py makes no RULE named {name}")
    return rule


RULES: Final = load_rules(ORDER)
BY_NAME: Final = {rule.name: rule for rule in RULES}
