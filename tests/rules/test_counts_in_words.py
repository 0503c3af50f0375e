"""Counts are said as people say them: one of something is no plural."""

import re

import pytest

from moderation_rules import Comment, Facts, compile_policy, load_policy
from moderation_rules.text.counting import counted

# Every count may be one.
POLICY = """
format: 1
rules:
  too_short: {enabled: true, letters: 30}
  thread_old: {enabled: true, days: 1}
  thread_burst: {enabled: true, comments: 1}
  emoji_flood: {enabled: true, most: 0}
"""


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 comments"), (1, "1 comment"), (2, "2 comments"), (1200, "1,200 comments")]
)
def test_counted(n, said):
    assert counted(n, "comment") == said


def test_another_plural():
    assert [counted(n, "near copy", "near copies") for n in (1, 2)] == ["1 near copy", "2 near copies"]


def test_no_reason_counts_one_as_many():
    facts = Facts(
        approved_before=0,
        repeated_text=1,
        repeated_text_authors=1,
        near_copies=1,
        author_recent=1,
        prefix_recent=1,
        thread_recent=1,
        thread_age_days=1,
        held_before=1,
        rejected_before=1,
    )
    judge = compile_policy(load_policy(POLICY))
    texts = ["a", "🙂", "See http://one.example", "h\U000e0069", "This is the best offer that I have seen in years."]
    messages = {found.message for text in texts for found in judge.judge(Comment(text), facts).findings}
    assert any("was sent before" in message for message in messages)
    assert [message for message in messages if re.search(r"\b1 \w+s\b", message)] == []
