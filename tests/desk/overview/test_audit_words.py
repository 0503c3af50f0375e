"""Every action that the code writes into the audit trail has its words on the trail's page."""

import ast
import re
from pathlib import Path

import service
from service.desk.overview.audit_pages import ACTIONS

WRITERS = ("audit", "audit_all", "audit_rows", "Entry")


def written_out() -> set[str]:
    """The actions that stand as such in a call that writes the trail."""
    found = set()
    for file in Path(service.__path__[0]).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "service.accounts.audit import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in WRITERS:
                continue
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {one for one in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", one)}


def test_every_action_has_words() -> None:
    found = written_out()
    assert len(found) > 20
    assert found <= ACTIONS.keys()
