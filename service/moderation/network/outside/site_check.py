"""The site's own check: signed JSON there, `{"verdict": "ham" | "spam", "note"?}` back."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from service.moderation.network.outside.signing import signed
from service.moderation.network.outside.types import NOTE_LENGTH, CheckedComment, CheckFailed, Verdict
from service.outgoing import Outgoing, OutgoingResponse
from service.telemetry import scrub


class SiteCheckAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a site's own check answers."""

    verdict: Literal["ham", "spam"]
    note: Annotated[str, msgspec.Meta(max_length=NOTE_LENGTH)] = ""


def check(outgoing: Outgoing, url: str, secret: str, asked: CheckedComment, now: datetime) -> tuple[Verdict, str]:
    """The verdict and the note, which is for moderators. Raises CheckFailed, OutgoingFailed."""
    body = msgspec.json.encode(document(asked))
    headers = signed(secret, f"check_{asked.id}_{asked.version}", now, body)
    headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    return read(outgoing.request("POST", url, headers=headers, body=body))


def document(asked: CheckedComment) -> dict[str, Any]:
    """The question. `email` is a member only if the site says so and the writer gave one, `test` only in a test."""
    found: dict[str, Any] = {
        "id": asked.id,
        "version": asked.version,
        "site": asked.site,
        "thread": asked.thread,
        "page_url": asked.page_url,
        "page_title": asked.page_title,
        "parent_id": asked.parent_id,
        "name": asked.name,
        "website": asked.website,
        "text": asked.text,
        "language": asked.language,
        "created_at": asked.created_at,
    }
    if asked.address is not None:
        found["email"] = asked.address
    if asked.test:
        found["test"] = True
    return found


def read(answer: OutgoingResponse) -> tuple[Verdict, str]:
    """The verdict and the note in an answer. Raises CheckFailed for any other shape."""
    if answer.status != 200:
        raise CheckFailed("status")
    try:
        spoken = msgspec.json.decode(answer.body, type=SiteCheckAnswer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise CheckFailed("bad_answer") from None
    # It is stored with the decision and shown to moderators: one line, and no address in it.
    note = "".join(letter if letter.isprintable() else " " for letter in spoken.note)
    return spoken.verdict, scrub(" ".join(note.split()))
