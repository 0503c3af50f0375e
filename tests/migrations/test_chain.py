from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from models.migrations import FOLDER
from models.migrations.chain import revisions


def _write(folder: Path, revision: str, behind: str | None) -> None:
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "versions" / f"{revision}.py").write_text(
        f"revision = '{revision}'\ndown_revision: str | None = {behind!r}\n"
    )


def test_the_chain_is_the_one_that_alembic_goes() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert revisions(FOLDER) == [script.revision for script in reversed(list(scripts.walk_revisions()))]


def test_a_folder_without_migrations_has_no_chain(tmp_path: Path) -> None:
    assert revisions(tmp_path) == []


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("a", None), ("b", "a"), ("c", "a")], id="two behind one"),
        pytest.param([("a", None), ("b", "lost")], id="behind one that is not there"),
        pytest.param([("a", "b"), ("b", "a")], id="in a circle"),
    ],
)
def test_what_is_no_chain_is_refused(tmp_path: Path, pairs: list[tuple[str, str | None]]) -> None:
    for revision, behind in pairs:
        _write(tmp_path, revision, behind)
    with pytest.raises(ValueError, match="do not follow each other"):
        revisions(tmp_path)
