"""Brings the catalogues up to the messages in the code: new ones come in empty, those that nobody says any more go.

What moderators are told stands in `catalogues/`, what readers are in `catalogues/readers/`.

python scripts/messages.py           write service/localization/catalogues/**.po
python scripts/messages.py --check   say what is missing, untranslated or left over, and change nothing
"""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

import service
from moderation_rules.registry import RULES
from service.errors import Refused
from service.localization import ENGLISH, LANGUAGES, LANGUAGES_OF_READERS

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "service" / "localization" / "catalogues"
Keywords = dict[str, tuple[int, ...] | None]

KEYWORDS: Keywords = {
    "_": None,
    "N_": None,
    "gettext": None,
    "noop": None,
    "ngettext": (1, 2),
    "t": None,
    "nt": (1, 2),
    "phrase": (1,),
    "nphrase": (1, 2),
}
# What only programs do wrong, who are told in English why.
FOR_PROGRAMS = (
    "intake/cors.py",
    "intake/idempotency.py",
    "intake/submission/raw.py",
    "publishing/query.py",
    "web_server/bodies.py",
)
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("desk/static/**.js", "javascript")]
OPTIONS = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}


@dataclass(frozen=True)
class Audience:
    """Who is told something: in which languages, what of `service` says it, and which folders' refusals they see.

    `rooms`: folders below `service`; None: all that no other audience has. `alone`: single files of other rooms, with
    what marks a message there.
    """

    languages: tuple[str, ...]
    catalogues: str
    rooms: tuple[str, ...] | None
    alone: Mapping[str, Keywords]
    refusing: tuple[str, ...]
    rules: bool

    def says(self, file: str) -> bool:
        room = Path(file).parts[0]
        return room not in (READERS.rooms or ()) if self.rooms is None else room in self.rooms


READERS = Audience(
    languages=LANGUAGES_OF_READERS,
    catalogues="readers",
    rooms=("intake", "mail", "privacy", "publishing", "readers", "web_server", "widget"),
    alone={
        "app.py": KEYWORDS,
        "localization/formats.py": KEYWORDS,
        "moderation/editorial/texts.py": KEYWORDS,
        "moderation/editorial/redaction.py": {"R_": None},
        "moderation/reasons.py": {"R_": None},
    },
    refusing=("app", "intake", "privacy", "publishing", "readers", "web_server", "widget"),
    rules=False,
)
DESK = Audience(
    languages=LANGUAGES,
    catalogues="",
    rooms=None,
    alone={},
    refusing=("accounts", "desk", "moderation"),
    rules=True,
)


def messages_said(audience: Audience = DESK) -> Catalog:
    """Every message of the code and every rule's title, with its files; no lines, which change all the time."""
    found = Catalog(project="Rejoinder", charset="utf-8")
    for file, _, message, comments, context in extract_from_dir(
        ROOT / "service", METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        if audience.says(file):
            found.add(message, None, [(f"service/{file}", 0)], auto_comments=comments, context=context)
    for file, keywords in audience.alone.items():
        for _, message, comments, context in extract_from_file("python", ROOT / "service" / file, keywords):
            found.add(message, None, [(f"service/{file}", 0)], auto_comments=comments, context=context)
    kinds = refusals(audience.refusing)
    for room in audience.refusing:
        place = ROOT / "service" / room
        alone = place.with_suffix(".py")
        for path in [alone] if alone.is_file() else sorted(place.rglob("*.py")):
            if str(path.relative_to(ROOT / "service")) in FOR_PROGRAMS:
                continue
            for detail in details(ast.parse(path.read_text()), {kind.__name__ for kind in kinds}):
                found.add(detail, None, [(str(path.relative_to(ROOT)), 0)])
    for kind in kinds:
        found.add(kind.title, None, [(kind.__module__.replace(".", "/") + ".py", 0)])
    for rule in RULES if audience.rules else ():
        found.add(rule.title, None, [(f"moderation_rules/rules/{rule.name}.py", 0)])
    return found


def refusals(rooms: Collection[str]) -> list[type[Refused]]:
    """Every refusal of these rooms, and those that any room has."""
    within = tuple(f"service.{room}." for room in rooms)
    for module in walk_packages(service.__path__, "service."):
        if f"{module.name}.".startswith(within):
            import_module(module.name)
    return [kind for kind in _below(Refused) if f"{kind.__module__}.".startswith(("service.errors.", *within))]


def details(code: ast.AST, kinds: Collection[str]) -> Iterator[str]:
    """Why something is refused, as far as it is the same each time: what has values in it stays English."""
    for call in ast.walk(code):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id in kinds:
            yield from _texts_of(call.args[:1])
        elif call.func.id == "FieldError":
            yield from _texts_of(call.args[2:3])


def _texts_of(arguments: Sequence[ast.expr]) -> Iterator[str]:
    for one in arguments:
        if isinstance(one, ast.IfExp):
            yield from _texts_of([one.body, one.orelse])
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
            yield one.value


def _below(kind: type[Refused]) -> Iterator[type[Refused]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def catalogue_of(language: str, audience: Audience = DESK) -> Catalog:
    path = CATALOGUES / audience.catalogues / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, project="Rejoinder", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def bring_up(language: str, said: Catalog, audience: Audience = DESK) -> Catalog:
    """The language's catalogue with exactly the messages that are said."""
    known = catalogue_of(language, audience)
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


def faults(language: str, said: Catalog, audience: Audience = DESK) -> Iterator[str]:
    """What is wrong with a language's catalogue, one sentence each."""
    known = catalogue_of(language, audience)
    for message in said:
        if not message.id:
            continue
        translated = known.get(message.id, message.context)
        texts = [] if translated is None else _texts(translated.string)
        if not texts or not all(texts):
            yield f"{language}: not translated: {message.id!r}"
        elif translated is not None and translated.fuzzy:
            yield f"{language}: fuzzy, which no catalogue says: {message.id!r}"
        elif translated is not None:
            yield from (f"{language}: {message.id!r}: {error}" for error in translated.check(known))
    ids = {message.id for message in said}
    yield from (f"{language}: nobody says: {message.id!r}" for message in known if message.id not in ids)


def _texts(string: object) -> list[str]:
    return [str(one) for one in string] if isinstance(string, (list, tuple)) else [str(string or "")]


def main() -> int:
    wanted = [
        (language, audience, said)
        for audience in (DESK, READERS)
        for said in [messages_said(audience)]
        for language in audience.languages
        if language != ENGLISH
    ]
    if "--check" in sys.argv[1:]:
        found = [fault for language, audience, said in wanted for fault in faults(language, said, audience)]
        print("\n".join(found) or "Every message is translated.")
        return 1 if found else 0
    for language, audience, said in wanted:
        # Read before it is opened to be written, which empties it.
        brought_up = bring_up(language, said, audience)
        path = CATALOGUES / audience.catalogues / f"{language}.po"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            write_po(file, brought_up, width=120, no_location=False, omit_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
