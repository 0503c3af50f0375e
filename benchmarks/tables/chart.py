"""The figures of a run as a chart: how far each is from what it is to reach."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from benchmarks.report import Row

_WIDTH, _ROW, _LEFT, _RIGHT = 1300, 24, 500, 420
_TOP = 44
# As far to the right of the line as to its left; what is better than that ends in an arrow.
_REACH = (_WIDTH - _LEFT - _RIGHT) / 2
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #26231c } .title { font-weight: 600 } .soft { fill: #6b655a }
.ground { fill: #fbfaf7 } .bar { fill: #2f6f5e } .missed { fill: #b4531f } .line { stroke: #26231c }
@media (prefers-color-scheme: dark) { text { fill: #ece8df } .soft { fill: #a8a196 } .ground { fill: #1d1b17 }
.bar { fill: #6fbfa6 } .missed { fill: #e08a55 } .line { stroke: #ece8df } }
</style>"""


def draw(found: Mapping[str, Sequence[Row]]) -> str:
    """An SVG with a bar for each row that has something to reach; the upright line is what is to be reached."""
    parts: list[str] = []
    y = _TOP
    for title, all_rows in found.items():
        rows = [row for row in all_rows if row.bar]
        if rows:
            parts.append(f'<text class="title" x="16" y="{y + 16}">{escape(title)}</text>')
            y += _ROW + 4
        for row in rows:
            parts += _bar(row, y)
            y += _ROW
        y += 8 if rows else 0
    line = _LEFT + _REACH
    return (
        "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 12}" role="img"'
                ' aria-label="Each figure against what it is to reach">',
                _STYLE,
                f'<rect class="ground" width="{_WIDTH}" height="{y + 12}"/>',
                f'<text class="soft" x="{line:.0f}" y="20" text-anchor="middle">what is to be reached</text>',
                f'<text class="soft" x="{_LEFT + 2 * _REACH:.0f}" y="20" text-anchor="end">twice as good</text>',
                f'<path class="line" d="M{line:.0f} {_TOP - 14}V{y}"/>',
                *parts,
            ]
        )
        + "\n</svg>\n"
    )


def _bar(row: Row, y: int) -> Iterator[str]:
    assert row.bar is not None
    value = row.value if row.ratio is None else row.ratio
    share = (row.bar / value if row.at_most else value / row.bar) if value else 2.0
    kind = "bar" if row.reached else "missed"
    end = _LEFT + _REACH * min(2.0, share)
    yield f'<text x="{_LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(_label(row))}</text>'
    yield f'<rect class="{kind}" x="{_LEFT}" y="{y + 2}" width="{end - _LEFT:.0f}" height="14" rx="2"/>'
    if share > 2.0:
        yield f'<path class="{kind}" d="M{end + 3:.0f} {y + 3}l6 6l-6 6z"/>'
    unit = f" × {row.against}" if row.ratio is not None else f" {row.unit.split(' a ')[0]}".rstrip()
    said = f"{value:.3g}{unit}, {'at most' if row.at_most else 'at least'} {row.bar:g}".replace("`", "")
    if not row.reached:
        said = f"missed: {said}"
    yield f'<text x="{_LEFT + 2 * _REACH + 16:.0f}" y="{y + 13}">{escape(said)}</text>'


def _label(row: Row) -> str:
    """What there is room for, cut between two words."""
    words = row.what.split()
    while len(" ".join(words)) > 70:
        words = [*words[:-2], "…"]
    return " ".join(words)
