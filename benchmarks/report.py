"""What a benchmark found, as rows that `python -m benchmarks` puts into one table."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure. `ratio` is of the same run, to what `against` names; only ratios compare between machines.

    `bar`: what the ratio, or without one the value, is to reach; `at_most` says that less is better.
    """

    what: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    bar: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        if self.bar is None:
            return None
        found = self.value if self.ratio is None else self.ratio
        return found <= self.bar if self.at_most else found >= self.bar


def add_option(parser: ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, help="a file for the figures, one line of JSON each")


def write_rows(asked: Namespace, rows: Iterable[Row]) -> None:
    """Writes them where `--report` says, if it does."""
    if asked.report is not None:
        asked.report.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def read_rows(file: Path) -> list[Row]:
    return [msgspec.json.decode(line, type=Row) for line in file.read_bytes().splitlines()] if file.exists() else []
