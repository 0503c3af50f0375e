"""Rows that others point to are locked so that whoever points to them does not have to wait."""

import ast
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "service"


def _locks() -> list[tuple[str, dict[str, object]]]:
    """Every call that locks rows: where it is, and what it asks for."""
    found = []
    for path in sorted(SERVICE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            where = f"{path.relative_to(SERVICE.parent)}:{node.lineno}"
            if isinstance(node.func, ast.Attribute) and node.func.attr == "with_for_update":
                found.append((where, {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}))
            for word in node.keywords:
                if word.arg == "with_for_update":
                    found.append((where, {ast.unparse(word.value): True}))
    return found


@pytest.mark.parametrize(("where", "asked"), _locks())
def test_a_lock_leaves_foreign_keys_alone(where: str, asked: dict[str, object]) -> None:
    """FOR UPDATE waits for each insert that points to the row, and they for it: in a ring, under load."""
    said = " ".join(asked)
    assert "key_share" in said or "read" in said, where


def test_there_are_locks() -> None:
    assert len(_locks()) > 20
