"""When a comment was written, as its readers say it."""

from datetime import UTC, datetime, timedelta

import pytest

from service.localization.formats import moment
from service.widget.times import ago

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=13), "last week"),
        (timedelta(days=800), "2 years ago"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_times_as_readers_say_them(before: timedelta, words: str) -> None:
    assert ago(NOW - before, NOW) == words


def test_the_exact_time_names_its_zone() -> None:
    assert moment(NOW) == "Saturday, 14 March 2026, 12:00 UTC"
