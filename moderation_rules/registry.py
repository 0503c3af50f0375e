"""The table of contents: every rule, in the order in which findings are shown."""

from __future__ import annotations

from typing import Final

from moderation_rules.rule import Rule
from moderation_rules.rules import (
    disposable_email,
    emoji_flood,
    first_comment,
    form_too_fast,
    hidden_text,
    honeypot,
    link_count,
    mixed_scripts,
    promotion,
    repeated_text,
    shouting,
    spaced_letters,
    stretched,
    styled_letters,
    too_short,
    word_list,
)

RULES: Final[tuple[Rule, ...]] = (
    # What was said.
    word_list.RULE,
    promotion.RULE,
    # Where it leads.
    link_count.RULE,
    # Said before.
    repeated_text.RULE,
    # How it looks.
    styled_letters.RULE,
    mixed_scripts.RULE,
    spaced_letters.RULE,
    hidden_text.RULE,
    shouting.RULE,
    stretched.RULE,
    emoji_flood.RULE,
    too_short.RULE,
    # Who says it.
    first_comment.RULE,
    disposable_email.RULE,
    # How the form was used.
    honeypot.RULE,
    form_too_fast.RULE,
)

BY_NAME: Final = {rule.name: rule for rule in RULES}
