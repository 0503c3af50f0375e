"""Every refusal is a type with a stable code. The edge turns them into problem documents (RFC 9457) or pages;
nothing else knows HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, ClassVar


class Phrase(str):
    """An English sentence with values in it, which knows how it was made, so that it can be said in other languages.

    `message`: with `%(name)s` where `values` stand; `many`: the same for other numbers than one, of which `num` is one.
    """

    __slots__ = ("many", "message", "num", "values")

    message: str
    many: str
    num: int
    values: Mapping[str, int | str]


def phrase(message: str, **values: int | str) -> Phrase:
    """`message` with its values."""
    return _phrase(message, "", 1, values)


def nphrase(one: str, many: str, num: int, **values: int | str) -> Phrase:
    """`one` or `many`, as English counts; `%(num)s` is the number."""
    return _phrase(one, many, num, {"num": num, **values})


def _phrase(message: str, many: str, num: int, values: Mapping[str, int | str]) -> Phrase:
    shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    made = Phrase((many if many and num != 1 else message) % shown)
    made.message, made.many, made.num, made.values = message, many, num, values
    return made


def _split(text: str) -> tuple[str, Phrase | None]:
    """The text for programs, which is nothing but text, and how it was made."""
    return (str(text), text) if isinstance(text, Phrase) else (text, None)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, in words a reader understands; `made`: how they were made, if of values."""

    field: str
    code: str
    message: str
    made: Phrase | None = dataclass_field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        message, made = _split(self.message)
        if made is not None:
            object.__setattr__(self, "message", message)
            object.__setattr__(self, "made", made)


class Refused(Exception):
    """A request that gets a clear no. `detail` is shown to the client: no address, no receipt, no secret in it."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail, self.made = _split(detail)
        self.errors = list(errors)
        self.headers = headers or {}
        self.extra = extra or {}

    def problem(self) -> dict[str, Any]:
        """The problem document's members (RFC 9457), without the request's own, in English."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [
                {"field": error.field, "code": error.code, "message": error.message} for error in self.errors
            ]
        return document | self.extra


class BadRequest(Refused):
    status, code, title = 400, "bad_request", "The request cannot be read"


class Unauthorized(Refused):
    status, code, title = 401, "unauthorized", "Please sign in"


class Forbidden(Refused):
    status, code, title = 403, "forbidden", "This is not allowed"


class NotFound(Refused):
    status, code, title = 404, "not_found", "There is nothing here"


class UnknownSite(NotFound):
    """For readers. The desk says NotFound, for a site out of reach as for one that is not there."""

    code, title = "unknown_site", "There is no such site"


class Conflict(Refused):
    status, code, title = 409, "conflict", "Somebody was faster"


class TooLarge(Refused):
    status, code, title = 413, "too_large", "The request is too large"


class Unsupported(Refused):
    status, code, title = 415, "unsupported_media_type", "This kind of content is not understood"


class Invalid(Refused):
    status, code, title = 422, "invalid", "Some fields need another look"


class InvalidQuery(Invalid):
    """Of an address: a cursor, key, order or number in it that was never ours to give."""

    status, code, title = 400, "invalid_query", "This cannot be asked for"


class PreconditionRequired(Refused):
    status, code, title = 428, "precondition_required", "The request must say what it goes by"


class TooMany(Refused):
    status, code, title = 429, "too_many_requests", "Too many requests"

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(Refused):
    status, code, title = 503, "unavailable", "Please try again in a moment"

    def __init__(self, detail: str = "", *, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Misconfigured(Exception):
    """A setting that cannot work; the message is one line that says what to do. Ends a command with exit code 1."""
