"""Every benchmark for a second, so that none rots: its figures mean nothing here, but that there are some."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from benchmarks import __main__
from benchmarks.__main__ import BENCHMARKS, chosen, publish
from benchmarks.report import Growth, Row, growth_rows
from benchmarks.tables.chart import draw
from benchmarks.tables.kept import Run, read_runs
from benchmarks.tables.table import table
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
    told = table({"reading": Run("Reading", "2026-11-20", "a machine", rows)}, ["Judging"])
    lines = [line for line in told.splitlines() if line.startswith("| ")]
    assert [("missed" in line) for line in lines[2:]] == [True, False, True, False]
    assert "| pages | 100 /s (90 to 1,200) | nginx |" in lines[2]
    assert "Not run to the end: Judging." in table({}, ["Judging"])
    drawn = draw({"Reading": rows, "Nothing to reach": [rows[-1]]})
    assert drawn.count('class="missed"') == 2
    assert ">missed: 0.4 × nginx, at least 0.46<" in drawn
    assert ">Reading<" in drawn
    assert "Nothing to reach" not in drawn


def test_what_an_earlier_run_found_stays_with_its_day(tmp_path: Path) -> None:
    rows = [Row("pages", 100.0, "/s", "nginx", 0.5, 0.46)]
    publish(tmp_path, {"reading": Run("Reading", "2026-11-20", "an old machine", rows)}, [])
    runs = read_runs(tmp_path)
    runs["worker"] = Run("The worker", "2026-11-27", "a new machine", [Row("comments", 2200.0, "/s", bar=2000.0)])
    publish(tmp_path, runs, ["Sent to visible (visible-sqlite)"])
    told = (tmp_path / "results.md").read_text()
    assert told.startswith("2026-11-27, a new machine.")
    # In the order of all benchmarks, not in that of the runs.
    assert told.index("| **The worker** |") < told.index("| **Reading, of 2026-11-20, on an old machine** |")
    assert "| pages | 100 /s | nginx | 0.50 | ≥ 0.46 |" in told
    assert "Not run to the end: Sent to visible (visible-sqlite)." in told
    assert ">Reading, of 2026-11-20, on an old machine<" in (tmp_path / "results.svg").read_text()


def test_a_run_that_is_stopped_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {"rules": (11.0, (True, False)), "worker": (22.0, (False, True))}

    def measured(command: Sequence[str]) -> tuple[bool, bool]:
        report = Path(command[command.index("--report") + 1])
        value, outcome = ways[report.stem]
        report.write_bytes(msgspec.json.encode(Row("comments", value, "/s")) + b"\n")
        return outcome

    monkeypatch.setattr(__main__, "_run", measured)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--only", "rules,worker", "--into", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt):
        __main__.main()
    told = (tmp_path / "results.md").read_text()
    assert "| comments | 11 /s |" in told
    assert "| comments | 22 /s |" in told, "nothing is known of an earlier run"
    assert "Not run to the end: The worker (worker)." in told
    # What came to its end before is not given up for a part.
    ways["rules"] = (12.0, (False, True))
    with pytest.raises(KeyboardInterrupt):
        __main__.main()
    assert "| comments | 11 /s |" in (tmp_path / "results.md").read_text()


@pytest.mark.parametrize(
    ("only", "skip", "names"),
    [
        ("scale", "", ["scale-sqlite", "scale-postgresql"]),
        ("worker,rules", "", ["rules", "worker"]),
        ("scale,desk", "scale,desk-sqlite", ["desk-postgresql"]),
        ("", ",".join(set(BENCHMARKS) - {"reading"}), ["reading"]),
    ],
)
def test_a_name_stands_for_all_that_begin_with_it(only: str, skip: str, names: list[str]) -> None:
    assert chosen(only, skip) == names


def test_a_name_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no scal: "):
        chosen("", "scal")


def test_of_many_rows_the_one_that_grows_most_and_the_middle_one_are_told() -> None:
    grown = {"a page": Growth(10.0, 12.0), "a search": Growth(2.0, 5.0), "a count": Growth(4.0, 4.0)}
    slowest, middle, within = growth_rows(grown, "a million", "1,000")
    assert (slowest.what, slowest.ratio, slowest.reached) == ("a million: slowest of 3 (a search)", 2.5, False)
    assert (middle.value, middle.ratio, within.value) == (12.0, 1.2, 2)
