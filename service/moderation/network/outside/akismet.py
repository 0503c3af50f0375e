"""Akismet's comment-check (https://akismet.com/developers/detailed-docs/comment-check/), or a service like it."""

from datetime import UTC
from urllib.parse import urlencode

from service.moderation.network.outside.types import CheckedComment, CheckFailed, Verdict
from service.outgoing import Outgoing, OutgoingResponse

PATH = "/1.1/comment-check"
# The API refuses a question without an address. We keep none, so it gets the one that is nobody's (RFC 6890, 2.2.2).
NOBODYS_IP = "0.0.0.0"  # noqa: S104 - nothing is bound to it


def check(outgoing: Outgoing, base: str, key: str, asked: CheckedComment) -> Verdict:
    """Asks `base`, such as https://rest.akismet.com. Raises CheckFailed, OutgoingFailed."""
    answer = outgoing.request(
        "POST",
        base.rstrip("/") + PATH,
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        body=urlencode(form(key, asked)).encode("ascii"),
    )
    return read(answer)


def form(key: str, asked: CheckedComment) -> dict[str, str]:
    """The fields of the question; what is not known is left out."""
    fields = {
        "api_key": key,
        "blog": asked.home,
        "blog_charset": "UTF-8",
        "blog_lang": asked.language,
        "user_ip": NOBODYS_IP,
        "permalink": asked.page_url,
        "comment_type": "reply" if asked.parent_id else "comment",
        "comment_author": asked.name,
        "comment_author_email": asked.address,
        "comment_author_url": asked.website,
        "comment_content": asked.text,
        "comment_date_gmt": asked.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "recheck_reason": "edit" if asked.version > 1 else None,
        "is_test": "true" if asked.test else None,
    }
    return {name: value for name, value in fields.items() if value}


def read(answer: OutgoingResponse) -> Verdict:
    """The verdict in an answer. Raises CheckFailed for anything but `true` and `false`."""
    if answer.status != 200:
        raise CheckFailed("status")
    match answer.body.strip():
        case b"false":
            return "ham"
        case b"true":
            return "discard" if answer.headers.get("x-akismet-pro-tip", "").lower() == "discard" else "spam"
        case b"invalid":
            raise CheckFailed("invalid_key")
        case _:
            raise CheckFailed("bad_answer")
