"""The generated pages are what the code says, and every link between the pages leads somewhere."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(_script("generate").PAGES))
def test_reference_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert written == _script("generate").PAGES[name](), "run: python docs/generate.py"


def test_the_map_is_what_the_import_contracts_say() -> None:
    script = _script("draw_map")
    assert script.MAP.read_text("utf-8") == script.draw(), "run: python docs/generate.py"


# Paths as pages name them: `service/queue/stream.py`, `tests/rules/`.
_CODE = re.compile(r"`((?:service|models|moderation_rules|tests|docs|scripts|deploy|benchmarks)/[\w./-]+)`")


@pytest.mark.parametrize("page", ["architecture.md", "glossary.md", "threat-model.md"])
def test_files_that_pages_name_are_there(page: str) -> None:
    named = _CODE.findall((ROOT / "docs" / page).read_text("utf-8"))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_row_of_the_threat_model_names_its_test() -> None:
    rows = [line for line in (ROOT / "docs" / "threat-model.md").read_text("utf-8").splitlines() if line[:2] == "| "]
    told = [row for row in rows if not row.startswith(("| tries to", "| of"))]
    assert len(told) > 30
    # Whoever has both has everything: no test can show a wall where there is none.
    assert [row for row in told if "`tests/" not in row and "and the secrets" not in row] == []


PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    missing = [link for link in local if not (page.parent / link).exists()]
    assert missing == []
