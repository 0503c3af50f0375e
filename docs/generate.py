"""Writes docs/reference/ and the policy's printed schema: `python docs/generate.py`. Tests fail when one is behind."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import moderation_rules
import service
from moderation_rules.documentation import rules_page
from moderation_rules.policy.schema import policy_schema
from service.errors import Refused
from service.settings import SETTINGS

REFERENCE = Path(__file__).parent / "reference"
SCHEMA = Path(moderation_rules.__file__).with_name("policy.schema.json")


def settings_page() -> str:
    rows = "\n".join(
        f"| `{name}` | {f'`{default}`' if default else ''} | {what} |" for name, (default, what) in SETTINGS.items()
    )
    return f"""# Settings

All settings come from the environment; `rejoinder doctor` checks them and says what to do.

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
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), "utf-8")
    SCHEMA.write_text(json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n", "utf-8")
