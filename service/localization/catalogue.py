"""Catalogues in the format of GNU gettext, read once a process."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import cast

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

# Every plural category of a language has one of these.
_NUMBERS = (*range(200), 1_000_000)


@cache
def catalogue(language: str) -> Catalog:
    """All messages of a language; an empty one where there is no file, as for English."""
    source = files("service.localization").joinpath("catalogues").joinpath(f"{language}.po")
    if not source.is_file():
        return Catalog(locale=language)
    with source.open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """What looks messages up, with the language's own rule for plurals."""
    found = catalogue(language)
    return compiled(found) if len(found) else NullTranslations()


def compiled(found: Catalog) -> GNUTranslations:
    """A catalogue as it is looked up in."""
    said = Catalog(locale=found.locale)
    for message in found:
        # The header, which has the rule for plurals, comes by itself.
        if message.id and _is_said(message.string):
            said.add(message.id, message.string, context=message.context)
    file = BytesIO()
    write_mo(file, said)
    file.seek(0)
    return GNUTranslations(file)


def is_spoken(language: str) -> bool:
    """Whether there is a catalogue. A message that it lacks is said in English: one sentence that is new, or lost in a
    merge, takes nobody's language away. That nothing is missing in a release is held by `scripts/messages.py --check`.
    """
    return len(catalogue(language)) > 0


@cache
def messages_of_scripts(language: str) -> dict[str, str | dict[str, str]]:
    """Message -> translation, of those that the desk's scripts say; of a counted one, under the words for one, its
    forms by CLDR's plural categories."""
    return {
        _singular(message.id): _by_category(message.string, language)
        if isinstance(message.string, tuple)
        else str(message.string)
        for message in catalogue(language)
        if message.id and _is_said(message.string) and any(place.endswith(".js") for place, _ in message.locations)
    }


def _is_said(string: object) -> bool:
    """Whether it is translated; a counted message that lacks a form would be English for some numbers only."""
    return all(string) if isinstance(string, tuple) else bool(string)


def _singular(message_id: object) -> str:
    return str(message_id[0]) if isinstance(message_id, (list, tuple)) else str(message_id)


def _by_category(forms: tuple[str, ...], language: str) -> dict[str, str]:
    """A catalogue has its forms in an order of its own: for each category a number that belongs to it tells which."""
    category = Locale.parse(language).plural_form
    form = cast(GNUTranslations, translations(language)).plural  # type: ignore[attr-defined] # Made by its parser.
    numbers: dict[str, int] = {}
    for n in _NUMBERS:
        numbers.setdefault(category(n), n)
    return {name: forms[form(n)] for name, n in numbers.items()}
