"""Brings the catalogues up to the messages in the code: new ones come in empty, those that nobody says any more go.

python scripts/messages.py           write service/localization/catalogues/*.po
python scripts/messages.py --check   say what is missing, untranslated or left over, and change nothing
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from moderation_rules.registry import RULES
from service.localization import ENGLISH, LANGUAGES

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "service" / "localization" / "catalogues"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "noop": None,
    "ngettext": (1, 2),
    "t": None,
    "nt": (1, 2),
}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/static/**.js", "javascript")]
OPTIONS = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}


def messages_said() -> Catalog:
    """Every message of the code and every rule's title, with its files; no lines, which change all the time."""
    found = Catalog(project="Rejoinder", charset="utf-8")
    for file, _, message, comments, context in extract_from_dir(
        ROOT / "service", METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(f"service/{file}", 0)], auto_comments=comments, context=context)
    for rule in RULES:
        found.add(rule.title, None, [(f"moderation_rules/rules/{rule.name}.py", 0)])
    return found


def catalogue_of(language: str) -> Catalog:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, project="Rejoinder", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def bring_up(language: str, said: Catalog) -> Catalog:
    """The language's catalogue with exactly the messages that are said."""
    known = catalogue_of(language)
    found = Catalog(locale=language, project="Rejoinder", charset="utf-8", fuzzy=False)
    found.creation_date, found.revision_date = known.creation_date, known.revision_date
    for message in sorted((one for one in said if one.id), key=lambda one: str(one.id)):
        translated = known.get(message.id, message.context)
        found.add(
            message.id,
            translated.string if translated is not None else None,
            sorted({(file, None) for file, _ in message.locations}),  # type: ignore[type-var]
            auto_comments=message.auto_comments,
            context=message.context,
        )
    return found


def faults(language: str, said: Catalog) -> Iterator[str]:
    """What is wrong with a language's catalogue, one sentence each."""
    known = catalogue_of(language)
    for message in said:
        if not message.id:
            continue
        translated = known.get(message.id, message.context)
        texts = [] if translated is None else _texts(translated.string)
        if not texts or not all(texts):
            yield f"{language}: not translated: {message.id!r}"
        elif translated is not None:
            yield from (f"{language}: {message.id!r}: {error}" for error in translated.check(known))
    ids = {message.id for message in said}
    yield from (f"{language}: nobody says: {message.id!r}" for message in known if message.id not in ids)


def _texts(string: object) -> list[str]:
    return [str(one) for one in string] if isinstance(string, (list, tuple)) else [str(string or "")]


def main() -> int:
    said = messages_said()
    languages = [language for language in LANGUAGES if language != ENGLISH]
    if "--check" in sys.argv[1:]:
        found = [fault for language in languages for fault in faults(language, said)]
        print("\n".join(found) or "Every message is translated.")
        return 1 if found else 0
    for language in languages:
        with (CATALOGUES / f"{language}.po").open("wb") as file:
            write_po(file, bring_up(language, said), width=120, no_location=False, omit_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
