"""The language of the work at hand, and what is said in it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any, TypeVar

from babel import Locale, negotiate_locale
from babel.numbers import format_decimal

from service.errors import FieldError, Phrase, Refused
from service.localization.catalogue import is_spoken, translations

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de")

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Speech:
    """A language, and whose catalogues have its messages: the desk's or the readers'."""

    language: str
    catalogue: Callable[[str], NullTranslations]

    def find(self) -> NullTranslations:
        return self.catalogue(self.language)


_TO_MODERATORS = Speech(ENGLISH, translations)
_speaking: ContextVar[Speech] = ContextVar("speech", default=_TO_MODERATORS)


def say_in(speech: Speech) -> None:
    """From here on this thread's work is said so."""
    _speaking.set(speech)


def speech() -> Speech:
    """How the work at hand is said."""
    return _speaking.get()


def speak(language: str) -> None:
    """From here on this thread's work is said to moderators, in `language`, one of LANGUAGES that has a catalogue; all
    else means English, and so does what the catalogue lacks."""
    say_in(Speech(language if language in LANGUAGES and is_spoken(language) else ENGLISH, translations))


def speaking() -> str:
    return _speaking.get().language


def offered() -> list[str]:
    """The languages that can be spoken."""
    return [language for language in LANGUAGES if language == ENGLISH or is_spoken(language)]


def own_name(language: str) -> str:
    """What those who speak a language call it: "Deutsch"."""
    name = Locale.parse(language).get_language_name() or language
    return name[:1].upper() + name[1:]


def best_language(wished: Collection[str], languages: Collection[str] = LANGUAGES) -> str:
    """Of `languages` the one that fits what somebody wishes (BCP 47 tags, the dearest first); else English."""
    found = negotiate_locale([tag.replace("-", "_") for tag in wished], languages)
    return found or ENGLISH


def gettext(message: str, **values: Any) -> str:
    """The message in the language of the work at hand, with `%(name)s` replaced; a literal percent sign is `%%`."""
    return found(message) % values


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """`one` or `many`, as the language counts; `%(num)s` is the number, in its groups of digits."""
    return nfound(one, many, num) % {"num": number(num), **values}


def found(message: str) -> str:
    """The message in the language of the work at hand, nothing replaced in it: templates escape what they put in."""
    return _speaking.get().find().gettext(message)


def nfound(one: str, many: str, num: int) -> str:
    """As `found`, `one` or `many` as the language counts."""
    return _speaking.get().find().ngettext(one, many, num)


def translated(text: str) -> str:
    """A text that code has at hand, such as a refusal's title, in the language of the work at hand: as it is where no
    catalogue has it. What has values in it is looked up by how it was made."""
    if isinstance(text, Phrase):
        shown = {name: number(value) if isinstance(value, int) else value for name, value in text.values.items()}
        return (nfound(text.message, text.many, text.num) if text.many else found(text.message)) % shown
    return found(text) if text else ""


def words_of(error: FieldError) -> str:
    """What is wrong with a field, in the language of the work at hand."""
    return translated(error.made or error.message)


def detail_of(refused: Refused) -> str:
    """Why something is refused, in the language of the work at hand."""
    return translated(refused.made or refused.detail)


def noop(message: str) -> str:
    """Marks a message of a table for the catalogue; it is looked up where it is said."""
    return message


def number(n: float) -> str:
    """A number as the language groups its digits: "10,000", "10.000"."""
    return str(format_decimal(n, locale=speaking()))


class Messages(Mapping[K, str]):
    """A table of messages that are marked with `noop`; each is looked up when it is read."""

    def __init__(self, table: Mapping[K, str]) -> None:
        self._table = dict(table)

    def __getitem__(self, key: K) -> str:
        return gettext(self._table[key])

    def __iter__(self) -> Iterator[K]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)
