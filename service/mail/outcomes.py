"""What becomes of a row that asks for a mail, and how its hold by a sender is written down."""

from datetime import datetime, timedelta

# Longer than a whole batch of time-outs: until then nobody else takes a claimed row.
CLAIM = timedelta(minutes=15)
TOO_OLD = timedelta(days=7)

# `outcome` of a claimed row: a first try is under way, or the one that follows a crash.
SENDING, SENDING_AGAIN = "sending", "sending_again"
# Two crashes: it may have been sent, or not; it counts as sent.
CRASHED = "crashed_twice"


class Skip(Exception):
    """This mail must not go out; the code says why."""


class Later(Exception):
    """Not at this moment; `at` says when, without it soon."""

    def __init__(self, at: datetime | None = None) -> None:
        super().__init__()
        self.at = at
