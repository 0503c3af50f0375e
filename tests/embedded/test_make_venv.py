"""What a machine without the right Python is told, before anything of ours can run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Called with -c and a program: what a Python would do with the two questions that are asked.
_TOO_OLD = "#!/bin/sh\nexit 1\n"
_WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *version_info*) exit 0 ;; *) exit 1 ;; esac\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The few files that a set-up begins with, and a PATH with the machine's tools but no Python."""
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "cat", "cksum", "dirname", "rm", "tail"):
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/make-venv", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _put_python(clone: Path, name: str, script: str) -> None:
    file = clone / "bin" / name
    file.write_text(script)
    file.chmod(0o755)


def _make_venv(clone: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(clone / "scripts" / "make-venv")],
        env={"PATH": str(clone / "bin")},
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("pythons", "line"),
    [
        ({}, "rejoinder: Python 3.11 or newer is needed and was not found"),
        ({"python3": _TOO_OLD}, "rejoinder: Python 3.11 or newer is needed and was not found"),
        ({"python3": _WITHOUT_VENV}, "rejoinder: the venv module of python3 is missing; install it"),
        ({"python3": _TOO_OLD, "python3.12": _WITHOUT_VENV}, "rejoinder: the venv module of python3.12 is missing"),
    ],
    ids=["none", "too old", "no venv module", "the newer of two"],
)
def test_one_clear_line(clone: Path, pythons: dict[str, str], line: str) -> None:
    for name, script in pythons.items():
        _put_python(clone, name, script)
    done = _make_venv(clone)
    assert done.returncode == 1
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()


def test_nothing_is_done_twice(clone: Path) -> None:
    """With the stamp of this very pyproject.toml there is nothing to do, and no Python is asked."""
    state = subprocess.run(
        ["sh", "-c", "{ pwd -P; cat pyproject.toml constraints.txt; } | cksum"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (clone / ".venv" / "bin").mkdir(parents=True)
    _put_python(clone, "../.venv/bin/python", _TOO_OLD)
    (clone / ".venv" / ".installed-run").write_text(state)
    assert _make_venv(clone).returncode == 0
    with (clone / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    assert _make_venv(clone).returncode == 1


def test_the_scripts_are_programs() -> None:
    for name in ("scripts/make-venv", "scripts/test", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
