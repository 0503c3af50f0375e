"""The table of contents: every rule, in the order in which findings are shown."""

from __future__ import annotations

from typing import Final

from moderation_rules.rule import Rule
from moderation_rules.rules import (
    banned,
    contact_bait,
    disposable_email,
    emoji_flood,
    first_comment,
    flood,
    form_token,
    form_too_fast,
    held_before,
    hidden_link,
    hidden_text,
    honeypot,
    learned,
    link_count,
    link_shortener,
    listed_domains,
    mixed_scripts,
    near_copies,
    outside_check,
    patterns,
    personal_data,
    promotion,
    repeated_text,
    reputation,
    shouting,
    slow_mode,
    spaced_letters,
    staff_impersonation,
    stretched,
    styled_letters,
    thread_burst,
    thread_old,
    thread_state,
    too_short,
    unreachable_email,
    word_list,
    wrong_language,
)

RULES: Final[tuple[Rule, ...]] = (
    # What was said.
    word_list.RULE,
    patterns.RULE,
    promotion.RULE,
    personal_data.RULE,
    # Where it leads.
    link_count.RULE,
    listed_domains.RULE,
    link_shortener.RULE,
    hidden_link.RULE,
    contact_bait.RULE,
    # Said before.
    repeated_text.RULE,
    near_copies.RULE,
    flood.RULE,
    # How it looks.
    styled_letters.RULE,
    mixed_scripts.RULE,
    spaced_letters.RULE,
    hidden_text.RULE,
    shouting.RULE,
    stretched.RULE,
    emoji_flood.RULE,
    too_short.RULE,
    wrong_language.RULE,
    # Who says it.
    banned.RULE,
    first_comment.RULE,
    held_before.RULE,
    reputation.RULE,
    staff_impersonation.RULE,
    disposable_email.RULE,
    unreachable_email.RULE,
    # How the form was used.
    honeypot.RULE,
    form_too_fast.RULE,
    form_token.RULE,
    # Where it is said.
    thread_state.RULE,
    thread_old.RULE,
    thread_burst.RULE,
    slow_mode.RULE,
    # What others think of it.
    learned.RULE,
    outside_check.RULE,
)

BY_NAME: Final = {rule.name: rule for rule in RULES}
# Kinds of findings: caps may hold back what one of them adds up to.
KINDS: Final = frozenset(rule.kind for rule in RULES)
