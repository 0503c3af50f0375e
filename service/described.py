"""What a view takes and answers, said beside the view. `/openapi.json` is put together from these words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "__described__"


@dataclass(frozen=True, slots=True)
class Description:
    """One operation. Types are msgspec Structs; a media type ("text/html") stands for a body without a schema."""

    summary: str
    query: type | None = None
    body: type | None = None
    body_types: tuple[str, ...] = ("application/json",)
    answers: Mapping[int, Any] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    deprecated: bool = False


def described(
    summary: str,
    *,
    query: type | None = None,
    body: type | None = None,
    body_types: tuple[str, ...] = ("application/json",),
    answers: Mapping[int, Any],
    refusals: tuple[int, ...] = (),
    headers: Mapping[str, str] | None = None,
    deprecated: bool = False,
) -> Callable[[View], View]:
    """Describes the view under it.

    `answers`: status -> a type for JSON, a media type such as "text/html", or None for no body. `refusals`:
    statuses that come as problem documents. `headers`: request headers that matter, name -> what for. `deprecated`: an
    old name that answers for one more release.
    """
    for status in (*answers, *refusals):
        HTTPStatus(status)

    def mark(view: View) -> View:
        found = Description(
            summary, query, body, body_types, dict(answers), tuple(refusals), dict(headers or {}), deprecated
        )
        setattr(view, _ATTRIBUTE, found)
        return view

    return mark


def description_of(view: Callable[..., Any]) -> Description | None:
    """What `described` said about the view, through decorators that keep `__wrapped__`."""
    at: Any = view
    while at is not None:
        found: Description | None = getattr(at, _ATTRIBUTE, None)
        if found is not None:
            return found
        at = getattr(at, "__wrapped__", None)
    return None
