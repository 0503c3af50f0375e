"""What a benchmark found, as rows that `python -m benchmarks` puts into one table."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

# What there is very much of may take so many times as long as what there is little of.
GROWS_MOST = 2.0


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure. `ratio` is of the same run, to what `against` names; only ratios compare between machines.

    `bar`: what the ratio, or without one the value, is to reach; `at_most`: less is better. `least` and `most`:
    what the rounds showed whose median it is, where there were several.
    """

    what: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    bar: float | None = None
    at_most: bool = False
    least: float | None = None
    most: float | None = None

    def of(self, rounds: Sequence[float]) -> "Row":
        """The same with the spread of these."""
        return self if len(rounds) < 2 else msgspec.structs.replace(self, least=min(rounds), most=max(rounds))

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        if self.bar is None:
            return None
        found = self.value if self.ratio is None else self.ratio
        return found <= self.bar if self.at_most else found >= self.bar


@dataclass(frozen=True, slots=True)
class Growth:
    """What the same work takes in milliseconds where there is little and where there is much."""

    little: float
    much: float

    @property
    def ratio(self) -> float:
        return self.much / self.little


def growth_rows(grown: Mapping[str, Growth], where: str, little: str) -> list[Row]:
    """What grew most of all, by name, and what lies in their middle. `little`: against how many."""
    if not grown:
        return []
    by_ratio = sorted(grown.items(), key=lambda pair: pair[1].ratio)
    (name, worst), (_, middle) = by_ratio[-1], by_ratio[len(by_ratio) // 2]
    within = sum(one.ratio <= GROWS_MOST for one in grown.values())
    count = len(grown)
    return [
        Row(f"{where}: slowest of {count} ({name})", worst.much, "ms", little, worst.ratio, GROWS_MOST, at_most=True),
        Row(f"{where}: the middle one of {count}", middle.much, "ms", little, middle.ratio),
        Row(f"{where}: within twice, of {count}", within, "", little),
    ]


def add_option(parser: ArgumentParser) -> None:
    parser.add_argument("--report", type=Path, help="a file for the figures, one line of JSON each")


def write_rows(asked: Namespace, rows: Iterable[Row]) -> None:
    """Writes them where `--report` says, if it does, in place of those that were written before, whole."""
    if asked.report is not None:
        beside = asked.report.with_suffix(".new")
        beside.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        beside.replace(asked.report)


def read_rows(file: Path) -> list[Row]:
    return [msgspec.json.decode(line, type=Row) for line in file.read_bytes().splitlines()] if file.exists() else []
