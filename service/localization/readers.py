"""What readers are told, in their language: which of them, and the catalogues (`catalogues/readers/LANGUAGE.po`).

Apart from the desk's, so that a language needs no thousand messages of moderators before a reader can be told one. A
catalogue is read when something is first said in it; a message that it lacks is said in English, whole.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from gettext import NullTranslations
from importlib.resources import files

from babel.messages.pofile import read_po

from service.localization.catalogue import compiled
from service.localization.speaking import ENGLISH, Speech, best_language, say_in, speaking, speech

LANGUAGES_OF_READERS = (ENGLISH, "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ar", "hi", "ja")
_WITHOUT_BLANKS = frozenset({"ja"})
_RIGHT_TO_LEFT = frozenset({"ar"})


@cache
def translations_for_readers(language: str) -> NullTranslations:
    """What looks messages up, with the language's own rule for plurals."""
    source = files("service.localization").joinpath("catalogues/readers").joinpath(f"{language}.po")
    if language == ENGLISH or not source.is_file():
        return NullTranslations()
    with source.open("rb") as file:
        return compiled(read_po(file, locale=language))


def fitting_for_reader(tag: str | None) -> str | None:
    """The language of ours that fits a tag (BCP 47): `pt` for "pt-BR"; None where none does."""
    main = (tag or "").replace("_", "-").partition("-")[0].lower()
    return main if main in LANGUAGES_OF_READERS else None


def language_for_readers(*wished: str | None) -> str:
    """The language of ours that fits the first of these tags that any fits; else English."""
    return next((fit for tag in wished if (fit := fitting_for_reader(tag)) is not None), ENGLISH)


def best_for_reader(accepted: list[str]) -> str:
    """The same for what a browser asks for, the dearest first."""
    return best_language(accepted, LANGUAGES_OF_READERS)


def speak_to_reader(language: str) -> None:
    """From here on this thread's work is said to readers, in `language`, one of LANGUAGES_OF_READERS."""
    say_in(Speech(language, translations_for_readers))


@contextmanager
def speaking_to_reader(language: str) -> Iterator[None]:
    """Within this block."""
    before = speech()
    speak_to_reader(language)
    try:
        yield
    finally:
        say_in(before)


def said_to_reader(language: str, message: str) -> str:
    """One message without values, as readers of one of our languages are told it."""
    return translations_for_readers(language).gettext(message)


def is_to_reader() -> bool:
    """Whether the work at hand is said to readers."""
    return speech().catalogue is translations_for_readers


def for_people(said: str, english: str) -> str:
    """What is `said` for an English text; "" where no catalogue has it. Such a text is for programs, and other words
    around it would help nobody."""
    return said if speaking() == ENGLISH or said != english else ""


def in_a_row(sentences: Iterable[str]) -> str:
    """Sentences as one text, as the language of the work at hand puts them together."""
    return (" " if has_blanks() else "").join(sentences)


def has_blanks() -> bool:
    """Whether the language of the work at hand puts blanks between its words: elsewhere a line ends anywhere."""
    return speaking() not in _WITHOUT_BLANKS


def direction() -> str:
    """ "ltr" or "rtl": how the language of the work at hand is written."""
    return "rtl" if speaking() in _RIGHT_TO_LEFT else "ltr"
