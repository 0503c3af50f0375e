"""Writes docs/reference/ and the map: `python docs/generate.py`. Tests fail when one of them is behind."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import service
from moderation_rules.documentation import rules_page
from service.errors import Refused
from service.settings import SETTINGS
from service.settings.secret_files import SECRET_SETTINGS

REFERENCE = Path(__file__).parent / "reference"


def settings_page() -> str:
    rows = "\n".join(
        f"| `{name}` | {f'`{default}`' if default else ''} | {what} |" for name, (default, what) in SETTINGS.items()
    )
    secret = ", ".join(f"`{name}`" for name in SECRET_SETTINGS)
    return f"""# Settings

All settings come from the environment; `rejoinder doctor` checks them and says what to do.
Those that are secret ({secret}) may stand in a file instead, which the same name with `_FILE` names.

| setting | default | what it is for |
|---|---|---|
{rows}
"""


def _below(kind: type[Refused]) -> Iterator[type[Refused]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def errors_page() -> str:
    for module in walk_packages(service.__path__, "service."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    kinds = sorted({(kind.code, kind.status, kind.title) for kind in _below(Refused)})
    rows = "\n".join(f"| `{code}` | {status} | {title} |" for code, status, title in kinds)
    return f"""# Errors

Every refusal is a problem document (RFC 9457, `application/problem+json`) with a stable `code`; problems with fields
carry `errors`, a list of `field`, `code` and a `message` for the reader.

| code | status | title |
|---|---|---|
{rows}
"""


PAGES = {"settings.md": settings_page, "errors.md": errors_page, "rules.md": rules_page}

if __name__ == "__main__":
    from draw_map import MAP, draw

    MAP.write_text(draw(), "utf-8")
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")
