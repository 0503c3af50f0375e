"""What the desk's pages say of times, as their script goes on saying it."""

from datetime import UTC, datetime, timedelta

import pytest

from moderation_rules.registry import BY_NAME
from service.desk.queue.items import finding_views
from service.desk.wording import ago, chip, total
from tests.factories import finding

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_how_long_ago(before, words):
    assert ago(NOW - before, NOW) == words


@pytest.mark.parametrize("verdict", [None, "pending"])
def test_what_could_not_be_checked_accuses_nobody(verdict):
    stored = [
        finding(rule, "could not find out: a_raw_name", verdict=verdict, could_not_check=True) for rule in BY_NAME
    ]
    said = {view.rule: chip(view) for view in finding_views(stored)}
    assert said["unreachable_email"] == "Not checked: whether the mailbox can be reached"
    assert [rule for rule, words in said.items() if not words.startswith("Not checked: ") or "raw" in words] == []


@pytest.mark.parametrize(
    ("found", "noun", "words"),
    [
        (1, "comment", "1 comment"),
        (10_000, "comment", "10,000 comments"),
        (10_001, "comment", "more than 10,000 comments"),
        (1_200, "", "1,200"),
        (10_001, "", "more than 10,000"),
    ],
)
def test_totals_are_counted_so_far(found, noun, words):
    assert total(found, noun) == words
