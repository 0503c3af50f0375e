"""The language of the work at hand, and what is said in it."""

from collections.abc import Collection
from contextvars import ContextVar
from typing import Any

from babel import negotiate_locale

from service.localization.catalogue import translations

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de")

_speaking: ContextVar[str] = ContextVar("language", default=ENGLISH)


def speak(language: str) -> None:
    """From here on this thread's work is said in `language`, one of LANGUAGES; anything else means English."""
    _speaking.set(language if language in LANGUAGES else ENGLISH)


def speaking() -> str:
    return _speaking.get()


def best_language(wished: Collection[str]) -> str:
    """Of LANGUAGES the one that fits what somebody wishes (BCP 47 tags, the dearest first); else English."""
    found = negotiate_locale([tag.replace("-", "_") for tag in wished], LANGUAGES)
    return found or ENGLISH


def gettext(message: str, **values: Any) -> str:
    """The message in the language of the work at hand, with `%(name)s` replaced; a literal percent sign is `%%`."""
    return found(message) % values


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """`one` or `many`, as the language counts; `%(num)s` is the number."""
    return nfound(one, many, num) % {"num": num, **values}


def found(message: str) -> str:
    """The message in the language of the work at hand, nothing replaced in it yet: templates escape what they put in."""
    return translations(_speaking.get()).gettext(message)


def nfound(one: str, many: str, num: int) -> str:
    """As `found`, `one` or `many` as the language counts."""
    return translations(_speaking.get()).ngettext(one, many, num)


def noop(message: str) -> str:
    """Marks a message of a table for the catalogue; it is looked up where it is said."""
    return message
