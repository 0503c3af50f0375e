"""A comment is moved in one place: nothing but `record` writes what a move writes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import service
import service.moderation.listed
import service.moderation.record

ROOT = Path(service.__file__).parent
RECORD = Path(service.moderation.record.__file__)
# Repeats in tables of its own how a comment stands, on the record's behalf.
LISTED = Path(service.moderation.listed.__file__)
# Columns of a comment, and of its versions, that only moves change.
MOVED = {"status", "revision", "current_version", "published_version", "was_published", "decided_at", "edited_at"}


def written(source: str) -> Iterator[str]:
    """Names of such columns that this code assigns to a row, or gives to an update."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in MOVED:
            yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            given = [keyword.arg for keyword in node.keywords]
            for argument in node.args:
                given += [key.value for key in getattr(argument, "keys", []) if isinstance(key, ast.Constant)]
            yield from sorted(MOVED.intersection(given))


def test_only_the_record_moves_comments() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in ROOT.rglob("*.py")
        if path not in (RECORD, LISTED) and (names := list(written(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "comment.status = Status.RECEIVED",
        "comment.revision += 1",
        "row.a, row.published_version = 1, None",
        "update(Comment).values(status='spam', note='x')",
        "update(Comment).values({'decided_at': now})",
    ],
)
def test_the_walk_sees_it(source: str) -> None:
    assert list(written(source))


def test_the_walk_sees_the_record() -> None:
    assert {"status", "revision", "published_version", "current_version"} <= set(written(RECORD.read_text()))
