"""Draws docs/images/map.svg from the import contracts in pyproject.toml; `python docs/generate.py` calls it.

A row may import from the rows below it, never from one above or beside. Rooms that have a contract of their own are
drawn open, row by row.
"""

import textwrap
import tomllib
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

CONTRACTS = Path(__file__).parents[1] / "pyproject.toml"
MAP = Path(__file__).parent / "images" / "map.svg"

# Pixels.
_WIDTH, _MARGIN, _GAP = 1000, 24, 12
_SIDE = 250  # the libraries beside the service
_LINE, _PAD, _TITLE = 20, 12, 24
_LETTER, _TITLE_LETTER = 7.3, 10.0  # of the 13- and 15-pixel text, on average

_STYLE = """
.ground { fill: #fbfaf7 } .room { fill: #fff; stroke: #8b8577 } .open { fill: #f3f0e8; stroke: #8b8577 }
text { font: 13px system-ui, sans-serif; fill: #26231c } .title { font-size: 15px; font-weight: 600 }
.note { fill: #5d584c } .rule { stroke: #cfc8b8 }
@media (prefers-color-scheme: dark) {
.ground { fill: #191817 } .room { fill: #232220; stroke: #8f897c } .open { fill: #1e1d1b; stroke: #8f897c }
text { fill: #ece8df } .note { fill: #b3ac9e } .rule { stroke: #45423b }
}
"""


@dataclass(frozen=True, slots=True)
class Room:
    """A box: its name, and the rows of what is inside, top to bottom; no rows for a room drawn closed."""

    name: str
    rows: list[list[str]] = field(default_factory=list)

    @property
    def least(self) -> float:
        """The width that its name needs."""
        return len(self.name) * _TITLE_LETTER + 2 * _PAD

    def lines(self, width: float) -> list[list[str]]:
        """Each row's text, broken to fit between the box's sides."""
        letters = max(12, int((width - 2 * _PAD) / _LETTER))
        # A line ends after a dot, never before it: the space in front of one does not break.
        return [textwrap.wrap("\u00a0· ".join(row), letters) for row in self.rows]

    def height(self, width: float) -> int:
        inside = sum(len(lines) * _LINE + 8 for lines in self.lines(width))
        return _PAD + _TITLE + inside + (_PAD // 2 if self.rows else 4)


def layers(container: str, contracts: Path = CONTRACTS) -> list[list[str]]:
    """The rows of a package's layers contract, top first. Raises KeyError for a package that has none."""
    settings = tomllib.loads(contracts.read_text("utf-8"))["tool"]["importlinter"]
    for contract in settings["contracts"]:
        if contract.get("containers") == [container]:
            return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    raise KeyError(container)


def _room(container: str, name: str) -> Room:
    try:
        return Room(name, layers(f"{container}.{name}" if container else name))
    except KeyError:
        return Room(name)


def draw() -> str:
    """The map as SVG."""
    shapes: list[str] = []
    wide = _WIDTH - _SIDE - 3 * _MARGIN
    y = _MARGIN
    for layer in layers("service"):
        for rooms in _rows([_room("service", name) for name in layer], wide):
            widths = _widths(rooms, wide)
            height = max(room.height(width) for room, width in zip(rooms, widths, strict=True))
            x = float(_MARGIN)
            for room, width in zip(rooms, widths, strict=True):
                shapes += _box(room, x, y, width, height)
                x += width + _GAP
            y += height + _GAP
    bottom = y - _GAP
    beside = _WIDTH - _SIDE - _MARGIN
    rules = Room("moderation_rules", layers("moderation_rules"))
    top = _MARGIN
    for room, note in (
        (rules, "pure: values in, values out; no clock, no network, no files"),
        (Room("models"), "tables, named selects, migrations"),
    ):
        shapes += _box(room, beside, top, _SIDE, room.height(_SIDE))
        top += room.height(_SIDE) + 6
        for line in textwrap.wrap(note, int(_SIDE / _LETTER)):
            top += _LINE
            shapes.append(f'<text class="note" x="{beside}" y="{top - 6}">{escape(line)}</text>')
        top += _GAP
    height = max(bottom, top) + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
            f'aria-label="The rooms of the service, from the command line down to errors; imports run downwards">',
            f"<style>{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
            *shapes,
            "</svg>",
            "",
        ]
    )


def _rows(rooms: list[Room], wide: float) -> list[list[Room]]:
    """The rooms of one layer, in as many rows as they need to have their names in full."""
    if sum(room.least for room in rooms) + _GAP * (len(rooms) - 1) <= wide:
        return [rooms]
    half = (len(rooms) + 1) // 2
    return _rows(rooms[:half], wide) + _rows(rooms[half:], wide)


def _widths(rooms: list[Room], wide: float) -> list[float]:
    """What the names leave of the row goes to the rooms drawn open, or where there are none to all."""
    left = wide - sum(room.least for room in rooms) - _GAP * (len(rooms) - 1)
    takers = [room for room in rooms if room.rows] or rooms
    return [room.least + (left / len(takers) if room in takers else 0) for room in rooms]


def _box(room: Room, x: float, y: float, width: float, height: float) -> list[str]:
    kind = "open" if room.rows else "room"
    shapes = [
        f'<rect class="{kind}" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="4"/>',
        f'<text class="title" x="{x + _PAD:.0f}" y="{y + _PAD + 13:.0f}">{escape(room.name)}</text>',
    ]
    at = y + _PAD + _TITLE
    for lines in room.lines(width):
        shapes.append(f'<path class="rule" d="M{x + _PAD:.0f} {at:.0f}h{width - 2 * _PAD:.0f}"/>')
        for line in lines:
            at += _LINE
            shapes.append(f'<text x="{x + _PAD:.0f}" y="{at - 4:.0f}">{escape(line)}</text>')
        at += 8
    return shapes
