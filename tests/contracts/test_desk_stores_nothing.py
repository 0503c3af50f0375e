"""The desk reads, asks verbs of the rooms below, and shapes what they answer. It writes nothing itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import service.desk

DESK = Path(service.desk.__file__).parent

# Selects have their names in `models.queries`; here they are asked, and nothing can hide what writes a row.
READING = {"sqlalchemy": {"Select"}, "sqlalchemy.orm": {"Session"}}
ASKING = {"execute", "scalar", "scalars", "get", "get_one"}
# Verbs' own tools: who has no transaction has no use for them.
WRITING = {"audit", "new_id", "new_ids"}
# What a view may set: how much of a request is read.
REQUEST = {"request"}


def writes(source: str) -> list[str]:
    """What in a file of the desk writes to the database or could, each with its line."""
    tree = ast.parse(source)
    return [f"line {line}: {what}" for line, what in sorted({*_imports(tree), *_calls(tree), *_assignments(tree)})]


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if one.name.startswith("sqlalchemy"))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for one in node.names:
                known = READING.get(module, set()) if module.startswith("sqlalchemy") else {one.name} - WRITING
                if one.name not in known:
                    yield node.lineno, f"{module}.{one.name}"


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    sessions = {"session", *_sessions(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield node.lineno, "setattr"
        if isinstance(node, ast.keyword) and node.arg == "with_for_update":
            yield node.lineno, "with_for_update"
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr in ("write", "write_rows", "with_for_update"):
            yield node.lineno, node.attr
        if isinstance(node.value, ast.Name) and node.value.id in sessions and node.attr not in ASKING:
            yield node.lineno, f"{node.value.id}.{node.attr}"
        if node.attr == "engine":
            yield node.lineno, "engine"


def _sessions(tree: ast.Module) -> Iterator[str]:
    """Whatever else a session is called, as an argument or as what `read()` opens."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name) and node.annotation.id == "Session":
            yield node.arg
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            called = node.context_expr
            if isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute) and called.func.attr == "read":
                yield node.optional_vars.id


def _assignments(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
            continue
        if not (isinstance(node.value, ast.Name) and node.value.id in REQUEST):
            yield node.lineno, f"{ast.unparse(node)} is set"


@pytest.mark.parametrize("file", sorted(DESK.rglob("*.py")), ids=lambda file: str(file.relative_to(DESK)))
def test_the_desk_stores_nothing(file):
    assert writes(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("with services.write() as session:\n    ban(session)", "write"),
        ("with services.write_rows() as connection:\n    ban(connection)", "write_rows"),
        ("session.add(Ban())", "session.add"),
        ("def keep(here: Session):\n    here.merge(row)", "here.merge"),
        ("with services.read() as s:\n    s.flush()", "s.flush"),
        ("from sqlalchemy import Select, update", "sqlalchemy.update"),
        ("from sqlalchemy.dialects.sqlite import insert", "sqlalchemy.dialects.sqlite.insert"),
        ("import sqlalchemy as sa", "sqlalchemy"),
        ("from service.accounts.audit import audit", "service.accounts.audit.audit"),
        ("from models import Ban, new_id", "models.new_id"),
        ("thread.version += 1", "thread.version is set"),
        ("thread.state, other = said", "thread.state is set"),
        ("del thread.title", "thread.title is set"),
        ("setattr(thread, column, value)", "setattr"),
        ("session.get(Job, job_id, with_for_update=True)", "with_for_update"),
        ("thread_named(site, key).with_for_update()", "with_for_update"),
        ("services.engine.begin()", "engine"),
    ],
)
def test_what_writes_is_found(source, found):
    assert [one.partition(": ")[2] for one in writes(source)] == [found]


@pytest.mark.parametrize(
    "source",
    [
        "with services.read() as session:\n    found = session.scalars(select(Job)).all()",
        "request.max_content_length = MOST_OF_A_LIST",
        "seen = set()\nseen.add(1)\nresponse.headers['Cache-Control'] = 'no-store'",
        "@lists.delete('/<name>')\ndef delete(name):\n    remove(services, actor, site, name)",
    ],
)
def test_what_reads_is_let_be(source):
    assert writes(source) == []
