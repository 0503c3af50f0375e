"""The house in order: folders that can be overlooked, files with one idea, rooms that say what may enter."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("service", "models", "moderation_rules", "tests", "benchmarks", "docs")
# What is installed: each of its rooms says what may enter.
OURS = ("service", "models", "moderation_rules")
MOST_FILES = 15
MOST_LINES = 350
# One file a rule, one a command, one a migration: the folder is a list by itself.
LISTS = ("moderation_rules/rules", "service/cli", "models/migrations/versions")
# Rows for every column of a frozen schema, and parts that take a whole service to show.
LONG = ("models/migrations/versions", "tests")

# What a merge writes between two versions.
HALF_MERGED = re.compile("^(<{7}|>{7}) ", re.MULTILINE)
TEXTS = (".py", ".md", ".html", ".css", ".js", ".po", ".yaml", ".yml", ".toml", ".json", ".conf", ".sh")

FOLDERS = sorted({path.parent for room in CODE for path in (ROOT / room).rglob("*.py")})
FILES = sorted(path for room in CODE for path in (ROOT / room).rglob("*.py"))
PACKAGES = sorted(path for path in FILES if path.name == "__init__.py" and path.parts[-2] != "tests")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_no_folder_is_a_drawer(folder: Path) -> None:
    if named(folder) not in LISTS:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES, "find the concerns in it, and give each a folder"


@pytest.mark.parametrize("file", [path for path in FILES if not named(path).startswith(LONG)], ids=named)
def test_no_file_is_longer_than_an_idea(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: named(path.parent))
def test_every_room_says_what_it_is_for(package: Path) -> None:
    said = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
    assert said
    assert "may enter" in said.lower() or not named(package).startswith(OURS)


def test_one_file_of_the_rules_reads_what_is_shipped() -> None:
    """The import contract keeps files, network and clock out of the library; `importlib.resources` it cannot see."""
    readers = [
        named(path)
        for path in FILES
        if named(path).startswith("moderation_rules/")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (
            (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("importlib"))
            and any(alias.name in ("resources", "files") for alias in node.names)
        )
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open")
    ]
    assert readers == ["moderation_rules/lists/shipped.py"]


@pytest.mark.parametrize("room", [*CODE, "scripts", "deploy"])
def test_no_merge_was_left_half(room: str) -> None:
    texts = (path for path in (ROOT / room).rglob("*") if path.suffix in TEXTS)
    assert [named(path) for path in texts if HALF_MERGED.search(path.read_text("utf-8"))] == []
