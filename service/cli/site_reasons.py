"""A site's reasons as options of `rejoinder site set`: their words, what else is said of each, and strikes."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from models import Site


def read_reasons(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        code, given, words = value.partition("=")
        if not given:
            raise click.BadParameter(f"{value!r}: write it as off_topic='It does not belong here.'")
        found[code.strip()] = words.strip()
    return found


DETAILS = ("label", "key", "ground", "clause", "strikes", "days")


def read_details(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(code, field, value) of each; the field of words names their language."""
    found = []
    for value in values:
        named, given, said = value.partition("=")
        code, _, field = named.strip().partition(".")
        if not given or not (field in DETAILS or field.startswith("words.")):
            raise click.BadParameter(f"{value!r}: write it as insult.key=i or insult.words.de='Er beleidigt.'")
        if field in ("strikes", "days") and said.strip() and not said.strip().isdecimal():
            raise click.BadParameter(f"{value!r}: {field} is a whole number")
        found.append((code, field, said.strip()))
    return found


def read_ladder(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dict[str, int] | None:
    if value is None:
        return None
    steps = [step.strip() for step in value.split(",")]
    if len(steps) != 3 or not all(step.isdecimal() and len(step) < 5 for step in steps):
        raise click.BadParameter(f"{value!r}: write three numbers as 3,5,8")
    return dict(zip(("warn", "hold", "ban"), map(int, steps), strict=True))


def detailed(found: "Site", reasons: dict[str, str] | None, changes: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The site's details of reasons with these changes; of the reasons that it will have."""
    import msgspec

    from service.moderation.reasons import details_of, reasons_of

    settings = found.settings if reasons is None else msgspec.structs.replace(found.settings, reasons=reasons)
    offered = reasons_of(settings)
    details: dict[str, Any] = {
        code: msgspec.to_builtins(own) for code, own in settings.reason_details.items() if code in offered
    }
    for code, field, value in changes:
        if code not in offered:
            raise click.UsageError(f"{code!r} is no reason of this site; its reasons are {', '.join(offered)}")
        own = details.setdefault(code, msgspec.to_builtins(details_of(settings, code)))
        part, _, language = field.partition(".")
        place, name = (own.setdefault("words", {}), language) if part == "words" else (own, part)
        if value:
            place[name] = int(value) if name in ("strikes", "days") and place is own else value
        else:
            place.pop(name, None)
    return details
