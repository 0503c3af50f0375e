"""Every benchmark for a second, so that none rots: its figures mean nothing here, but that there are some."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, table
from benchmarks.chart import draw
from benchmarks.report import Row
from tests.environment import unavailable


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_still_runs(name: str, tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        unavailable("wrk")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", name, "--into", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert said.returncode == 0, said.stdout + said.stderr
    figures = re.findall(
        r"^\| (?!what|---|\*\*)(.+?) \| ([\d.,]+) ", (tmp_path / "results.md").read_text(), re.MULTILINE
    )
    assert figures
    assert (tmp_path / "results.svg").read_text().startswith("<svg")


def test_the_table_says_what_missed_its_bar() -> None:
    rows = [
        Row("pages", 100.0, "/s", "nginx", 0.4, 0.46).of([90.0, 100.0, 1200.0]),
        Row("comments", 1200.0, "/s", "Isso", 4.4, 4.0),
        Row("memory", 151.0, "MB", bar=150.0, at_most=True),
        Row("something", 3.0, "ms"),
    ]
    lines = [line for line in table({"Reading": rows}, ["Judging"]).splitlines() if line.startswith("| ")]
    assert [("missed" in line) for line in lines[2:]] == [True, False, True, False]
    assert "| pages | 100 /s (90 to 1,200) | nginx |" in lines[2]
    assert "Not run to the end: Judging." in table({}, ["Judging"])
    drawn = draw({"Reading": rows, "Nothing to reach": [rows[-1]]})
    assert drawn.count('class="missed"') == 2
    assert ">missed: 0.4 × nginx, at least 0.46<" in drawn
    assert ">Reading<" in drawn
    assert "Nothing to reach" not in drawn
