"""Runs all benchmarks one after the other and writes a table and a chart.

    python -m benchmarks [--quick | --full] [--only intake,read] [--texts FILE] [--into benchmarks/results]

Writes `results.md` and `results.svg`, and the table into the README. `--quick` runs each for a second: its figures mean
nothing, but that it still works. `--full` fills databases with a million comments, where else are some ten thousand:
that takes half an hour and 10 GB more. What needs a program that is not installed (wrk, nginx, PostgreSQL) or a package
that pip cannot get is left out, and the table says so. Leave the machine alone meanwhile; a run takes some minutes.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.chart import draw
from benchmarks.report import Row, read_rows
from benchmarks.servers.processes import interruptible


@dataclass(frozen=True)
class Benchmark:
    """`module` with `options`, or with `quick` where it only has to be shown that it works.

    `full`: instead of `options` where time and room are no matter.
    """

    module: str
    title: str
    options: Sequence[str]
    quick: Sequence[str]
    full: Sequence[str] = ()


BENCHMARKS: Mapping[str, Benchmark] = {
    "rules": Benchmark("rules", "Judging one text", (), ("--words", "50", "--bombs", "3")),
    "judge": Benchmark("judge", "The worker", (), ("--comments", "1200")),
    "intake": Benchmark(
        "intake", "Taking a comment", (),
        ("--seconds", "1", "--warm-seconds", "0", "--rounds", "1", "--without-isso"),
    ),
    "intake-postgresql": Benchmark(
        "intake", "Taking a comment", ("--database", "own"),
        ("--database", "own", "--seconds", "1", "--warm-seconds", "0", "--rounds", "1", "--without-isso"),
    ),
    "read": Benchmark(
        "read", "Reading a thread", (),
        ("--seconds", "1", "--warm-seconds", "0", "--rounds", "1", "--ways", "shortcut,fixed,static"),
    ),
    "addresses": Benchmark(
        "readers.addresses", "What else readers ask for", (), ("--seconds", "1", "--rounds", "1")
    ),
    "under-load": Benchmark(
        "readers.under_load", "Reading while comments are written", ("--rounds", "3"),
        ("--threads", "30", "--seconds", "1", "--reads", "50", "--posts", "5"),
    ),
    "visible": Benchmark(
        "visible", "Sent to visible", ("--rates", "20,200"),
        ("--rates", "5", "--seconds", "1", "--warm-seconds", "0.2", "--threads", "1"),
    ),
    "decisions": Benchmark("desk.decisions", "A moderator's decision", (), ("--rounds", "5", "--bulk", "10")),
    "decisions-postgresql": Benchmark(
        "desk.decisions", "A moderator's decision", ("--database", "own"),
        ("--database", "own", "--rounds", "5", "--bulk", "10"),
    ),
    "scale": Benchmark(
        "scale", "Many comments", ("--comments", "1000", "50000"),
        ("--comments", "200", "400", "--rounds", "1", "--only", "queue"), ("--comments", "1000", "200000"),
    ),
    "scale-postgresql": Benchmark(
        "scale", "Many comments", ("--database", "own", "--comments", "1000", "50000"),
        ("--database", "own", "--comments", "200", "400", "--rounds", "1", "--only", "sweep"),
        ("--database", "own", "--comments", "1000", "1000000"),
    ),
    "desk": Benchmark(
        "desk", "Opening the desk", ("--waiting", "100", "100000"), ("--waiting", "60", "80", "--rounds", "2"),
    ),
    "desk-postgresql": Benchmark(
        "desk", "Opening the desk", ("--database", "own", "--waiting", "100", "100000"),
        ("--database", "own", "--waiting", "60", "80", "--rounds", "2"),
    ),
    "threads": Benchmark(
        "scale_threads", "A long thread", ("--comments", "100", "10000"),
        ("--comments", "20", "40", "--rounds", "1"), ("--comments", "100", "100000"),
    ),
    "loading": Benchmark(
        "browser.loading", "Loading an article with 100 comments", (),
        ("--comments", "10", "--loads", "1", "--latencies", "20", "--without-isso"),
    ),
}  # fmt: skip
RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"
BEGINS, ENDS = "<!-- results of make bench -->", "<!-- end -->"
PACKAGES = ("granian", "flask", "sqlalchemy", "redis", "google-re2", "msgspec")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true")
    size.add_argument("--full", action="store_true")
    parser.add_argument("--only", default=",".join(BENCHMARKS))
    parser.add_argument("--texts", type=Path, help="comments as lines of JSON with a `text`, for those that take them")
    parser.add_argument("--into", type=Path, default=RESULTS)
    asked = parser.parse_args()
    found: dict[str, list[Row]] = {}
    lost: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.only.split(","):
            benchmark = BENCHMARKS[name]
            title, report = benchmark.title, Path(folder) / f"{name}.jsonl"
            command = [sys.executable, "-m", f"benchmarks.{benchmark.module}", "--report", str(report)]
            command += benchmark.quick if asked.quick else (asked.full and benchmark.full) or benchmark.options
            if asked.texts is not None and benchmark.module in ("intake", "judge", "rules"):
                command += ["--texts", str(asked.texts)]
            print(f"== {title}", flush=True)
            if _run(command) != 0:
                lost.append(f"{title} ({name})")
            found.setdefault(title, []).extend(read_rows(report))
    asked.into.mkdir(parents=True, exist_ok=True)
    (asked.into / "results.md").write_text(table(found, lost))
    (asked.into / "results.svg").write_text(draw(found))
    if asked.into == RESULTS and not asked.quick:
        README.write_text(with_table(README.read_text(), (asked.into / "results.md").read_text()))
    print(f"{asked.into / 'results.md'}")
    return 1 if lost else 0


def _run(command: Sequence[str]) -> int:
    """Its exit status. Whoever interrupts us waits until it has ended what it started."""
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise


def with_table(readme: str, results: str) -> str:
    """The README with these results between its marks."""
    before, begins, rest = readme.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    return f"{before}{begins}\n\n{results}\n{ends}{after}"


def table(found: Mapping[str, Sequence[Row]], lost: Sequence[str]) -> str:
    """The figures as Markdown, with what they were found on."""
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Of several rounds: the median (least to most).", ""]
    lines += ["| what | found | against | ratio | to reach |", "|---|---|---|---|---|"]
    for title, rows in found.items():
        lines.append(f"| **{title}** | | | | |")
        lines += [_line(row) for row in rows]
    if lost:
        lines += ["", f"Not run to the end: {', '.join(lost)}."]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    bar = "" if row.bar is None else f"{'≤' if row.at_most else '≥'} {row.bar:g}{'' if row.reached else ' (missed)'}"
    found = f"{number(row.value)} {row.unit}"
    if row.least is not None and row.most is not None:
        found += f" ({number(row.least)} to {number(row.most)})"
    return f"| {row.what} | {found} | {row.against} | {ratio} | {bar} |"


def number(value: float) -> str:
    """With three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, {packages}"


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
