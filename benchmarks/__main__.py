"""Runs all benchmarks one after the other and writes a table and a chart.

    python -m benchmarks [--quick] [--only intake,reading] [--skip scale] [--texts FILE] [--into benchmarks/results]

Writes `results.md` and `results.svg`, and the table into the README, anew whenever one has ended: whoever stops a run
keeps what it has found until then, and what it did not come to stays as an earlier run left it, with its day
(`results.json`). A name stands for all that begin with it: `scale` for `scale-sqlite` and `scale-postgresql`. `--quick`
runs each for a second: its figures mean nothing, but that it still works; they go to build/benchmarks, unless you name
another folder. What needs a program that is not installed (wrk, nginx, PostgreSQL) or a package that pip cannot get is
left out, and the table says so. Leave the machine alone meanwhile.

How long each takes, about, on two cores:
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import read_rows
from benchmarks.servers.processes import interruptible
from benchmarks.tables.chart import draw
from benchmarks.tables.kept import Run, read_runs, replace, write_runs
from benchmarks.tables.table import groups, machine, table


@dataclass(frozen=True)
class Benchmark:
    """`module` with `options`, or with `quick` where it only has to be shown that it works.

    `minutes`: how long it takes, about, filling databases included.
    """

    module: str
    title: str
    minutes: float
    options: Sequence[str]
    quick: Sequence[str]


_OWN = ("--database", "own")
_INTAKE = ("--seconds", "1", "--warm-seconds", "0", "--rounds", "1", "--without-isso")
_VISIBLE = ("--rates", "5", "--seconds", "1", "--warm-seconds", "0.2", "--threads", "1")
_DECISIONS = ("--rounds", "5", "--bulk", "10")
_DESK = ("--waiting", "60", "80", "--rounds", "2")
_THREADS = ("--comments", "20", "40", "--rounds", "1")

# In the order of the table; what takes longest comes last.
BENCHMARKS: Mapping[str, Benchmark] = {
    "rules": Benchmark("rules", "Judging one text", 1, (), ("--words", "50", "--bombs", "3")),
    "worker": Benchmark("judge", "The worker", 1, (), ("--comments", "1200")),
    "intake-sqlite": Benchmark("intake", "Taking a comment", 1, (), _INTAKE),
    "intake-postgresql": Benchmark("intake", "Taking a comment", 1, _OWN, (*_OWN, *_INTAKE)),
    "reading": Benchmark(
        "read", "Reading a thread of 100 comments", 2,
        ("--seconds", "3", "--ways", "shortcut,fixed,static,cached,isso"),
        ("--seconds", "1", "--warm-seconds", "0", "--rounds", "1", "--ways", "shortcut,fixed,static"),
    ),
    "addresses": Benchmark(
        "readers.addresses", "What else readers' browsers ask for", 2, ("--seconds", "2"),
        ("--seconds", "1", "--warm-seconds", "0", "--rounds", "1"),
    ),
    "under-load": Benchmark(
        "readers.under_load", "Reading while comments are written", 2, ("--rounds", "3", "--seconds", "5"),
        ("--threads", "30", "--seconds", "0.5", "--warm-seconds", "0.1", "--reads", "50", "--posts", "5"),
    ),
    "visible-sqlite": Benchmark("visible", "Sent to visible", 1, ("--rates", "20,200"), _VISIBLE),
    "visible-postgresql": Benchmark(
        "visible", "Sent to visible", 1, (*_OWN, "--rates", "20,200"), (*_OWN, *_VISIBLE)
    ),
    "decisions-sqlite": Benchmark("desk.decisions", "A moderator's decision", 1, (), _DECISIONS),
    "decisions-postgresql": Benchmark("desk.decisions", "A moderator's decision", 1, _OWN, (*_OWN, *_DECISIONS)),
    "loading": Benchmark(
        "browser.loading", "Loading an article with 100 comments", 3, ("--loads", "4"),
        ("--comments", "10", "--loads", "1", "--latencies", "20", "--without-isso"),
    ),
    "desk-sqlite": Benchmark("desk", "Opening the desk", 1, ("--waiting", "100", "100000"), _DESK),
    "desk-postgresql": Benchmark("desk", "Opening the desk", 2, (*_OWN, "--waiting", "100", "100000"), (*_OWN, *_DESK)),
    "threads-sqlite": Benchmark("scale_threads", "A long thread", 2, ("--comments", "100", "100000"), _THREADS),
    "threads-postgresql": Benchmark(
        "scale_threads", "A long thread", 2, (*_OWN, "--comments", "100", "100000"), (*_OWN, *_THREADS)
    ),
    "scale-sqlite": Benchmark(
        "scale", "Very many comments", 8, ("--comments", "1000", "200000"),
        ("--comments", "200", "400", "--rounds", "1", "--only", "queue"),
    ),
    "scale-postgresql": Benchmark(
        "scale", "Very many comments", 40, (*_OWN, "--comments", "1000", "1000000"),
        (*_OWN, "--comments", "200", "400", "--rounds", "1", "--only", "sweep"),
    ),
}  # fmt: skip
RESULTS = Path(__file__).parent / "results"
QUICK_RESULTS = Path(__file__).parents[1] / "build" / "benchmarks"
README = Path(__file__).parents[1] / "README.md"
BEGINS, ENDS = "<!-- results of make bench -->", "<!-- end -->"


def times() -> str:
    """How long each takes, as lines of the help."""
    lines = [f"  {name:<22}{each.minutes:>4.0f} min" for name, each in BENCHMARKS.items()]
    whole = sum(each.minutes for each in BENCHMARKS.values())
    without = sum(each.minutes for name, each in BENCHMARKS.items() if not name.startswith("scale"))
    last = f"  {'all':<22}{whole:>4.0f} min; without scale {without:.0f}, and 10 GB less on the disk"
    return "\n".join([*lines, last])


def chosen(only: str, skip: str) -> list[str]:
    """The names of those to be run, in their order. Raises ValueError for a word that stands for none."""
    for word in filter(None, f"{only},{skip}".split(",")):
        if not any(_stands_for(word, name) for name in BENCHMARKS):
            raise ValueError(f"there is no {word}: {', '.join(BENCHMARKS)}")
    wanted, unwanted = only.split(",") if only else list(BENCHMARKS), skip.split(",")
    return [
        name
        for name in BENCHMARKS
        if any(_stands_for(word, name) for word in wanted) and not any(_stands_for(word, name) for word in unwanted)
    ]


def _stands_for(word: str, name: str) -> bool:
    return name == word or name.startswith(f"{word}-")


def main() -> int:
    description = f"{__doc__}\n{times()}"
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument("--skip", default="", help="names, separated by commas")
    parser.add_argument("--texts", type=Path, help="comments as lines of JSON with a `text`, for those that take them")
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    try:
        names = chosen(asked.only, asked.skip)
    except ValueError as error:
        parser.error(str(error))
    into = asked.into or (QUICK_RESULTS if asked.quick else RESULTS)
    runs = {} if asked.quick else read_runs(into)
    lost: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            benchmark = BENCHMARKS[name]
            report = Path(folder) / f"{name}.jsonl"
            command = [sys.executable, "-m", f"benchmarks.{benchmark.module}", "--report", str(report)]
            command += benchmark.quick if asked.quick else benchmark.options
            if asked.texts is not None and benchmark.module in ("intake", "judge", "rules"):
                command += ["--texts", str(asked.texts)]
            print(f"== {benchmark.title} ({name})", flush=True)
            began = time.monotonic()
            ended, stopped = _run(command)
            print(f"   {time.monotonic() - began:.0f} s", flush=True)
            if not ended:
                lost.append(f"{benchmark.title} ({name})")
            rows = read_rows(report)
            # Some of what was to be measured is better than nothing, and worse than all of it on another day.
            if rows and (ended or name not in runs):
                runs[name] = Run(benchmark.title, f"{datetime.now(UTC):%Y-%m-%d}", machine(), rows)
            if runs or not stopped:
                publish(into, runs, lost)
                if into == RESULTS and not asked.quick:
                    replace(README, with_table(README.read_text(), (into / "results.md").read_text()))
            if stopped:
                raise KeyboardInterrupt
    print(f"{into / 'results.md'}")
    return 1 if lost else 0


def publish(into: Path, runs: Mapping[str, Run], lost: Sequence[str]) -> None:
    """Writes what there is by now: figures, table and chart."""
    into.mkdir(parents=True, exist_ok=True)
    ordered = {name: runs[name] for name in BENCHMARKS if name in runs}
    write_runs(into, ordered)
    replace(into / "results.md", table(ordered, lost))
    replace(into / "results.svg", draw(groups(ordered.values())))


def _run(command: Sequence[str]) -> tuple[bool, bool]:
    """Whether it came to its end, and whether we were interrupted meanwhile. That is waited for: what it has started
    ends with it."""
    process = subprocess.Popen(command)
    try:
        return process.wait() == 0, False
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return False, True


def with_table(readme: str, results: str) -> str:
    """The README with these results between its marks."""
    before, begins, rest = readme.partition(BEGINS)
    _, ends, after = rest.partition(ENDS)
    return f"{before}{begins}\n\n{results}\n{ends}{after}"


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
