"""The figures of runs as Markdown, with what they were found on."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.report import Row
from benchmarks.tables.kept import Run

PACKAGES = ("granian", "flask", "sqlalchemy", "redis", "google-re2", "msgspec")


def groups(runs: Iterable[Run]) -> dict[str, list[Row]]:
    """The rows under their titles, in the order of the runs. What is older than the newest, or of another machine, says
    so in its title."""
    found = list(runs)
    newest = max(found, key=lambda run: run.on, default=None)
    rows: dict[str, list[Row]] = {}
    for run in found:
        title = run.title
        if newest is not None and run.on != newest.on:
            title += f", of {run.on}"
        if newest is not None and run.machine != newest.machine:
            title += f", on {run.machine}"
        rows.setdefault(title, []).extend(run.rows)
    return rows


def table(runs: Mapping[str, Run], lost: Sequence[str]) -> str:
    """`lost`: what did not run to its end."""
    newest = max(runs.values(), key=lambda run: run.on, default=None)
    lines = []
    if newest is not None:
        lines = [f"{newest.on}, {newest.machine}. Of several rounds: the median (least to most).", ""]
    lines += ["| what | found | against | ratio | to reach |", "|---|---|---|---|---|"]
    for title, rows in groups(runs.values()).items():
        lines.append(f"| **{title}** | | | | |")
        lines += [_line(row) for row in rows]
    if lost:
        lines += ["", f"Not run to the end: {', '.join(lost)}."]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    bar = "" if row.bar is None else f"{'≤' if row.at_most else '≥'} {row.bar:g}{'' if row.reached else ' (missed)'}"
    found = f"{number(row.value)} {row.unit}".rstrip()
    if row.least is not None and row.most is not None:
        found += f" ({number(row.least)} to {number(row.most)})"
    return f"| {row.what} | {found} | {row.against} | {ratio} | {bar} |"


def number(value: float) -> str:
    """With three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """This one, with the versions of what is measured."""
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
