"""What the reader's API takes and answers, as the description of the API shows it.

Requests are checked by `submission`, which says all that is wrong at once; these types only describe them.
"""

from datetime import datetime
from typing import Literal

import msgspec


class CommentBody(msgspec.Struct, forbid_unknown_fields=False, omit_defaults=True):
    """A reader's comment. The address is sealed and never published.

    `notify`: a mail once it is published; `notify_replies`: when replies to it are. Both only to an address that its
    owner has confirmed by a mail's link, which goes out first; `confirm` asks for that mail alone.
    """

    thread: str
    page_url: str
    name: str
    email: str
    body: str
    page_title: str = ""
    parent_id: str | None = None
    website: str | None = None
    notify: bool = False
    notify_replies: bool = False
    confirm: bool = False
    token: str | None = None
    earlier_receipt: str | None = None
    login: str | None = None
    offer_correction: bool = False
    terms: str | None = None


class CommentAnswer(msgspec.Struct):
    id: str
    status: Literal["received"]
    receipt: str
    receipt_url: str


class Lengths(msgspec.Struct):
    """In characters."""

    min: int
    max: int


class MostLength(msgspec.Struct):
    max: int


class FormTerms(msgspec.Struct):
    """What a writer has to accept: `version` is sent back as `terms`. `text`: beside the box to tick, "" for the
    client's own words; `url`: where they can be read, or ""."""

    version: str
    text: str
    url: str


class FormWebsite(MostLength):
    """It need not be given. `shown`: whether the field stands in the form at once, or comes to who wants to say one."""

    shown: bool = True


class FormFields(msgspec.Struct):
    """What this site asks for. `website` is null where it is not asked, `terms` where nothing has to be accepted;
    `honeypot` has to stay empty."""

    name: Lengths
    email: MostLength
    website: FormWebsite | None
    body: Lengths
    honeypot: str
    confirm: bool
    notify: bool
    notify_replies: bool
    terms: FormTerms | None = None


class ReaderSettings(msgspec.Struct):
    """What a site chose that its readers' pages have to know. `language`: in which they are spoken to, if it
    said so; `reply_depth`: how many levels of replies are indented; `nudge`: whether to ask before sending what people
    may take offence at; `house`: whether the form has words of the newsroom's, terms, a website that comes by a
    button, or questions for comments; `parts`: of the widget, what every reader gets; `questions`: whether readers ask
    here and the newsroom answers."""

    language: str | None
    reply_depth: int
    nudge: bool = False
    house: bool = False
    parts: list[str] = []
    questions: bool = False


class FormVotes(msgspec.Struct):
    """Which values a vote may have here, and the seconds that a token has to be old to vote."""

    values: list[int]
    after: int


class FormAnswer(msgspec.Struct):
    """`guideline`, `announcement`: the newsroom's words above the form, plain text with its lines, or "". `votes` is
    null where the site takes none."""

    token: str
    open: bool
    fields: FormFields
    settings: ReaderSettings
    guideline: str = ""
    announcement: str = ""
    votes: FormVotes | None = None


class FormQuery(msgspec.Struct):
    thread: str | None = None


class LanguageQuery(msgspec.Struct):
    """`lang`: what a refusal and a reason are said in, as BCP 47 has it (`de`, `pt-BR`); without, or where we do not
    speak it, a refusal is said in English and a reason in the language of the article."""

    lang: str | None = None


class Reason(msgspec.Struct):
    code: str
    text: str
    automated: bool


class ReceiptMessage(msgspec.Struct):
    """What the editors wrote to a comment's writer."""

    text: str
    created_at: datetime


class AppealState(msgspec.Struct):
    """The writer's last appeal: `text` says in words what became of it, `said` is what the writer wrote."""

    status: Literal["open", "upheld", "reversed", "moot"]
    text: str
    said: str
    created_at: datetime
    decided_at: datetime | None


class ReceiptView(msgspec.Struct):
    """The writer's own view of a comment: never rules, spans or scores.

    `redacted`: whether the editors removed a passage from the newest text. `messages`: what the editors wrote to its
    writer, oldest first. `text`: the newest text as it was typed, none of what was withdrawn; `html`: the same as it is
    published; `version`: its number. `shown`: whether readers see the comment, perhaps in an earlier text. `editable`:
    whether a change would be taken. `appeal`: the last one; `appealable`: whether one against the decision would be
    taken.
    """

    id: str
    status: Literal["waiting", "published", "rejected", "withdrawn"]
    decided_at: datetime | None
    reason: Reason | None
    redacted: bool = False
    messages: list[ReceiptMessage] = []
    text: str | None = None
    html: str | None = None
    version: int | None = None
    shown: bool = False
    editable: bool = False
    # Whether its writer asked for mail about replies, and has not said that it is enough.
    notify_replies: bool = False
    appeal: AppealState | None = None
    appealable: bool = False
    # Whether nobody else than who decided could look at an appeal.
    appeal_to_the_same: bool = False


class EditBody(msgspec.Struct, omit_defaults=True):
    """`version`: the text that the writer changed; where the comment has another one by now, the change is refused."""

    body: str
    version: int | None = None
