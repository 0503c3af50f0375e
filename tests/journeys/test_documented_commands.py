"""Every `sh` block of three pages runs as it is written, and answers have the shape that is shown."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.service_process import Running

ROOT = Path(__file__).parents[2]
# Printed after each block, to tell the blocks' outputs apart: no answer contains it.
END = "\x1e"


@pytest.fixture
def beside(up: Callable[..., Running]) -> tuple[Running, Path]:
    """A running service, and a folder that looks like a clone beside it: `.venv`, `data`, Makefile."""
    running = up("--no-demo")
    folder = running.data_dir.parent
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for name in ("Makefile", "scripts"):
        (folder / name).symlink_to(ROOT / name)
    return running, folder


def _blocks(page: str) -> list[tuple[str, str | None]]:
    """The `sh` blocks of a page, each with the `json` or `text` block that follows at once, if one does."""
    text = (ROOT / page).read_text("utf-8")
    pattern = r"^```sh\n(.*?)^```\n(?:\n```(?:json|text)\n(.*?)^```\n)?"
    return [(found[1], found[2]) for found in re.finditer(pattern, text, re.DOTALL | re.MULTILINE)]


def _run(page: str, running: Running, folder: Path) -> list[str]:
    """What each block of the page printed. They share one shell, which stops at the first failure."""
    script = "set -eu\n" + "".join(f"{block}\nprintf '\\n{END}\\n'\n" for block, _ in _blocks(page))
    # make only says what it would do: `make run` and `make test` have tests of their own.
    environ = os.environ | {"COMMENTS": running.base, "MAKEFLAGS": "n"}
    bash = ["bash", "-c", script]
    done = subprocess.run(bash, cwd=folder, env=environ, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()[-2000:]
    return [printed.strip() for printed in done.stdout.decode().split(END)][:-1]


def _shape(document: Any) -> Any:
    """An answer without its values: the names of fields, and what stands in the first item of a list."""
    if isinstance(document, dict):
        return {name: _shape(value) for name, value in document.items() if name not in {"counts", "versions"}}
    if isinstance(document, list):
        return [_shape(item) for item in document[:1]]
    return None


def test_readme_commands_run(beside: tuple[Running, Path]) -> None:
    printed = "\n".join(_run("README.md", *beside))
    assert 'site="gazette"' in printed
    assert "/moderate/sign-in/" in printed


def test_api_examples_answer_as_shown(
    beside: tuple[Running, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, folder = beside
    running.cli("site", "add", "gazette", "--origin", "https://gazette.example")
    # A clone without data, which is elsewhere, so that nothing but what the page says can have led there.
    clone, aside = tmp_path / "clone", tmp_path / "aside"
    clone.mkdir()
    aside.mkdir()
    for name in (".venv", "Makefile", "scripts"):
        (clone / name).symlink_to(folder / name)
    before = sorted(clone.iterdir())
    monkeypatch.setenv("DATA_DIR", str(running.data_dir))
    monkeypatch.setenv("TMPDIR", str(aside))
    printed = _run("docs/api.md", running, clone)
    # Neither receipts nor keys are left behind, in the clone or elsewhere.
    assert (sorted(clone.iterdir()), list(aside.iterdir())) == (before, [])
    for (block, shown), answer in zip(_blocks("docs/api.md"), printed, strict=True):
        if shown is None:
            continue
        if shown.strip().isdigit():
            assert answer == shown.strip(), block
        else:
            assert _shape(json.loads(answer)) == _shape(json.loads(shown)), block


def test_outside_checks_are_set_up_as_shown(beside: tuple[Running, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    running, folder = beside
    running.cli("site", "add", "gazette", "--origin", "https://gazette.example")
    monkeypatch.setenv("AKISMET_KEY", "a-key-of-the-test")
    akismet, own, listed = _run("docs/outside-checks.md", running, folder)
    assert "Set up the check akismet" in akismet
    assert "whsec_" in own
    assert "akismet at https://rest.akismet.com, without writers' addresses" in listed
    assert "a-key-of-the-test" not in akismet + own + listed
