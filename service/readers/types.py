"""What the room takes and answers, as the description of the API shows it.

Requests are checked by `report_fields` and `appeals`, which say all that is wrong at once; these only describe them.
"""

from datetime import datetime
from typing import Literal

import msgspec

from models import ReportReason


class ReportBody(msgspec.Struct, forbid_unknown_fields=False, omit_defaults=True):
    """What is wrong with a comment.

    `text` explains it: at most 2,000 characters, needed for `other` and `illegal`. `law`, `name` and `email` go with
    `illegal` (name and address needed) and `child_abuse` (neither is). The address is sealed and never published.
    """

    reason: ReportReason
    text: str = ""
    law: str = ""
    name: str = ""
    email: str = ""
    token: str | None = None


class DraftBody(msgspec.Struct, forbid_unknown_fields=False):
    """A comment's text, not sent yet."""

    body: str


class Span(msgspec.Struct):
    """A place in a text: code points, half-open."""

    start: int
    end: int


class NudgeAnswer(msgspec.Struct):
    """`text`: the comment as it would be kept; `spans`: what people may take offence at, in order, a few at most."""

    text: str
    spans: list[Span]


class PreviewAnswer(msgspec.Struct):
    """`html`: of the elements that comments have."""

    html: str


class AppealBody(msgspec.Struct):
    """`text`: why the decision was wrong, in at most 2,000 characters."""

    text: str


class ReportAnswer(msgspec.Struct):
    """`receipt`: what became of it is told to whoever holds this."""

    id: str
    status: Literal["open"]
    receipt: str
    receipt_url: str


class ReportView(msgspec.Struct):
    """What became of a report, for whoever sent it.

    `open`: still being looked at; `kept`: the editors left it up; `changed`: they removed a passage of it; `removed`:
    it is not shown any more; `restored`: it was removed and is shown again, as after an appeal; `gone`: its writer
    changed or withdrew it first; `taken_back`: by whoever sent it. `text` says how it stands now, in words.
    `comment_url`: where it stands, while it is shown.
    """

    status: Literal["open", "kept", "changed", "removed", "restored", "gone", "taken_back"]
    text: str
    reason: ReportReason
    created_at: datetime
    decided_at: datetime | None
    comment_url: str | None
