"""What an outside check is told of a comment, what it may answer, and how it fails."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from service.outgoing import Code

Verdict = Literal["ham", "spam", "discard"]
# Besides those of the client: it answered with another status, does not know the key, the seal did not open, or
# nobody asks it for a moment.
FailureCode = Code | Literal["status", "invalid_key", "sealed", "resting"]
NOTE_LENGTH = 200


class CheckFailed(Exception):
    """No usable answer. Only a code: what others answer may quote what they were told."""

    def __init__(self, code: FailureCode) -> None:
        super().__init__(code)
        self.code: FailureCode = code


@dataclass(frozen=True, slots=True)
class CheckedComment:
    """One comment, as far as anybody outside may know it. `home`: the site's own address. `page_url`: the article's.

    `address` is there only if the site says so, for this one request. `test`: nobody has written it.
    """

    id: str
    version: int
    site: str
    home: str
    thread: str
    page_url: str
    page_title: str
    parent_id: str | None
    name: str
    website: str | None
    text: str
    language: str | None
    created_at: datetime
    address: str | None = field(default=None, repr=False)
    test: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of the check `name`. "discard": spam so plain that the check would have it thrown away unread."""

    name: str
    verdict: Verdict
    note: str = ""

    @property
    def fact(self) -> tuple[str, ...]:
        """As `Facts.outside` has it."""
        return (self.name, self.verdict, self.note) if self.note else (self.name, self.verdict)
