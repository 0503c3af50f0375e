"""A migration takes nothing away that the release before still reads or writes."""

import ast
import re
from pathlib import Path

import pytest

from models.migrations import FOLDER

# A migration that contracts, and the release that stopped using what it takes away.
CONTRACTING: dict[str, str] = {}
TAKES_AWAY = {"drop_column", "drop_table", "rename_table"}
IN_SQL = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME\s+(TO|COLUMN)|SET\s+NOT\s+NULL)\b", re.IGNORECASE)


def taken_away(source: str) -> list[str]:
    """What a migration's `prepare` and `upgrade` drop, rename or tighten."""
    found = []
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef) and function.name != "downgrade":
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    names = {word.arg for word in node.keywords}
                    tightens = any(
                        word.arg == "nullable" and not getattr(word.value, "value", True) for word in node.keywords
                    )
                    if node.func.attr in TAKES_AWAY or (
                        node.func.attr == "alter_column" and (tightens or names & {"new_column_name", "type_"})
                    ):
                        found.append(node.func.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and IN_SQL.search(node.value):
                    found.append(node.value)
    return found


@pytest.mark.parametrize("file", sorted((FOLDER / "versions").glob("*.py")), ids=lambda file: file.name)
def test_a_migration_only_expands(file: Path) -> None:
    assert taken_away(file.read_text("utf-8")) == [] or file.name in CONTRACTING


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_column('thread', 'mode')",
        "op.rename_table('thread', 'page')",
        "op.execute('ALTER TABLE thread RENAME COLUMN mode TO preset')",
        "op.alter_column('thread', 'mode', nullable=False)",
    ],
)
def test_what_takes_away_is_seen(line: str) -> None:
    assert taken_away(f"def upgrade():\n    {line}\n")
    assert not taken_away(f"def downgrade():\n    {line}\n")
