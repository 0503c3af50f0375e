"""The values that go into the rules and come out of them. Nothing here fetches anything.

Structs, because a frozen dataclass costs more to make than most rules to run.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """What becomes of a comment. Milder first: `approve` < `pending` < `reject` < `spam`."""

    APPROVE = "approve"
    PENDING = "pending"
    REJECT = "reject"
    SPAM = "spam"


class Comment(Struct, frozen=True):
    """What the reader typed, and where.

    Languages are BCP 47 tags. `language` is the text's own: None where nobody has looked, `und` where somebody looked
    and could not tell. `page_language` is the one that the newsroom gave the page; it says what is expected there,
    not what was written.
    """

    text: str
    name: str = ""
    website: str | None = None
    language: str | None = None
    page_title: str = ""
    page_language: str | None = None


class Facts(Struct, frozen=True):
    """What the service knows about a submission; no part of an address is in here.

    None means "not known" or "does not apply": rules that need the fact stay silent. A fact that should have been
    found out but could not is named in `could_not`: rules that need it say so and do what they state for that case.
    """

    approved_before: int | None = None  # approved comments in this writer chain
    rejected_before: int | None = None  # recent rejected and spam comments in this chain
    proven: bool = False
    disowned: bool | None = None  # the owner of the address given said that the comment is not theirs
    honeypot_filled: bool | None = None
    form_age: float | None = None  # seconds from the issue of the form token to the submission
    form_token: str | None = None  # "valid", "missing", "stale", "invalid"
    disposable_email: bool | None = None
    unreachable_email: bool | None = None
    held_before: bool | None = None  # whether a person held or refused an earlier text of this very comment
    banned: str | None = None  # "chain", "ip"; "address" in facts of older judgements
    writer_mark: str | None = None  # what a moderator has said of this writer: "hold", "trust"
    repeated_text: int | None = None  # earlier comments with the same folded text in the last day
    repeated_text_authors: int | None = None
    near_copies: int | None = None  # earlier comments of the last day with nearly, not quite, the same text
    near_copy_cluster: str | None = None  # id that all comments of one cluster share: that of its first
    author_recent: int | None = None  # comments in the last 10 minutes, by this author
    author_since: float | None = None  # seconds since this author's last comment in the thread
    prefix_recent: int | None = None  # the same, from this IP prefix
    thread_recent: int | None = None  # the same, in this thread
    thread_state: str | None = None  # "open", "closed", "hidden"
    thread_age_days: float | None = None
    thread_mode: str | None = None  # "open", "needs_approval", "read_only", or a preset's name
    thread_switch: str | None = None  # what switched the preset on: "tags", "hours", "burst", with spaces between
    staff_names: tuple[str, ...] = ()
    # Outside checks that answered: (name, "ham", "spam" or "discard" (plain spam), and perhaps a note for moderators).
    outside: tuple[tuple[str, ...], ...] = ()
    could_not: frozenset[str] = frozenset()  # names of facts that could not be found out


class Finding(Struct, frozen=True):
    """What one rule saw. `start` and `end` are code points, half-open, into `field` as the reader typed it."""

    rule: str
    version: int
    score: float
    field: str | None
    start: int | None
    end: int | None
    message: str
    verdict: Verdict | None = None  # a hard verdict asked for
    observe: bool = False  # kept and shown, no effect
    could_not_check: bool = False
    code: str = ""  # machine-readable detail
    doubtful: bool = False  # depends on a language that may not be the text's: it may hold, never help to refuse


class Judgement(Struct, frozen=True):
    """The outcome: `score` is the sum of what counted; `learned` the classifier's probability, None without one.

    `language` is what was found out of the text's language while judging, as in `Comment.language`.
    """

    verdict: Verdict
    score: float
    findings: tuple[Finding, ...]
    learned: float | None = None
    language: str | None = None
