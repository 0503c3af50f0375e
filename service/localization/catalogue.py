"""Catalogues in the format of GNU gettext, read once a process."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


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
    if not len(found):
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, found)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def is_whole(language: str) -> bool:
    """Whether every message is translated: a page half in one language and half in another helps nobody."""
    found = [message.string for message in catalogue(language) if message.id]
    return bool(found) and all(all(one) if isinstance(one, tuple) else one for one in found)


@cache
def messages_of_scripts(language: str) -> dict[str, str]:
    """Message -> translation, of those that the desk's scripts say."""
    return {
        str(message.id): str(message.string)
        for message in catalogue(language)
        if message.id and message.string and any(place.endswith(".js") for place, _ in message.locations)
    }
