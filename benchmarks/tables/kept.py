"""What was found, by benchmark, beside the table: a later run changes what it measures and keeps the rest."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from benchmarks.report import Row


class Run(msgspec.Struct, frozen=True):
    """What one benchmark found. `on`: the day, as 2026-11-27. `machine`: with the versions of what was measured."""

    title: str
    on: str
    machine: str
    rows: Sequence[Row]


def read_runs(folder: Path) -> dict[str, Run]:
    """By the benchmark's name; none where nothing was kept."""
    file = folder / "results.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Run]) if file.exists() else {}


def write_runs(folder: Path, runs: Mapping[str, Run]) -> None:
    replace(folder / "results.json", msgspec.json.format(msgspec.json.encode(runs)).decode() + "\n")


def replace(file: Path, text: str) -> None:
    """Whole or not at all: whoever is stopped here leaves what was there."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, "utf-8")
    os.replace(beside, file)
