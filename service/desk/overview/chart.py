"""Bars over time as SVG: axes with units, the highest bar labelled. Drawn here, so that no script is needed."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.localization import number

WIDTH, HEIGHT = 720, 200
# Room for the labels beside and below the bars.
LEFT, BOTTOM, TOP = 64, 28, 20
GAP = 2
# As many labels as fit below the bars without touching.
LABELS_MOST = 6
# What a phone has beside its margins: a chart of its own, since letters that shrink with a wide one cannot be read.
NARROW, NARROW_LEFT, NARROW_LABELS_MOST = 328, 44, 3


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    # What is shown of it by itself: when, and how many.
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """In pixels of a box of `width` by `height`."""

    bars: list[Bar]
    across: list[Tick]
    up: list[Tick]
    # The first of the highest bars; none where all are empty.
    most: Bar | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM
    top: int = TOP


def draw(counts: Sequence[int], labels: Sequence[str], *, narrow: bool = False) -> Chart:
    """A bar for each count, with its label; `labels` are as many as `counts`."""
    width, left, labels_most = (NARROW, NARROW_LEFT, NARROW_LABELS_MOST) if narrow else (WIDTH, LEFT, LABELS_MOST)
    most = rounded_up(max(counts, default=0))
    slot = (width - left) / max(1, len(counts))
    room = HEIGHT - BOTTOM - TOP
    bars = []
    for n, (count, label) in enumerate(zip(counts, labels, strict=True)):
        high = round(count / most * room, 1)
        gap = min(GAP, slot / 4)
        bars.append(Bar(round(left + n * slot, 1), HEIGHT - BOTTOM - high, round(slot - gap, 1), high, label, count))
    every = -(-len(bars) // labels_most) or 1
    across = [Tick(round(bar.x + bar.width / 2, 1), bar.label) for bar in bars[::every]]
    up = [Tick(HEIGHT - BOTTOM - round(part / 2 * room, 1), number(most * part // 2)) for part in (0, 1, 2)]
    highest = max(bars, key=lambda bar: bar.count, default=None)
    return Chart(bars, across, up, highest if highest and highest.count else None, width=width, left=left)


def rounded_up(count: int) -> int:
    """The next of 2, 4, 6, 8, 10, 20, 40 and so on: what an axis ends with, which halves evenly."""
    size = 1
    while True:
        for step in (2, 4, 6, 8, 10):
            if count <= step * size:
                return step * size
        size *= 10
