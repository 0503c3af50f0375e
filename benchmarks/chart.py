"""The ratios of a run as a chart: how far each is from what it is to reach."""

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.report import Row

_WIDTH, _ROW, _LEFT, _RIGHT = 1080, 26, 520, 130
_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #26231c } .ground { fill: #fbfaf7 } .bar { fill: #2f6f5e }
.missed { fill: #b4531f } .line { stroke: #26231c }
@media (prefers-color-scheme: dark) { text { fill: #ece8df } .ground { fill: #1d1b17 } .bar { fill: #6fbfa6 }
.missed { fill: #e08a55 } .line { stroke: #ece8df } }
</style>"""


def draw(found: Mapping[str, Sequence[Row]]) -> str:
    """An SVG with a bar for each row that has something to reach; the upright line is what is to be reached."""
    rows = [(title, row) for title, all_rows in found.items() for row in all_rows if row.bar]
    height = _ROW * (len(rows) + 2)
    reach = (_WIDTH - _LEFT - _RIGHT) / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' aria-label="Each figure against what it is to reach">',
        _STYLE,
        f'<rect class="ground" width="{_WIDTH}" height="{height}"/>',
    ]
    for n, (title, row) in enumerate(rows):
        y = _ROW * (n + 1)
        value = row.value if row.ratio is None else row.ratio
        assert row.bar is not None
        share = min(2.0, (row.bar / value if row.at_most else value / row.bar) if value else 2.0)
        kind = "bar" if row.reached else "missed"
        sign = "≤" if row.at_most else "≥"
        lines += [
            f'<text x="{_LEFT - 10}" y="{y + 12}" text-anchor="end">{escape(_label(title, row))}</text>',
            f'<rect class="{kind}" x="{_LEFT}" y="{y}" width="{reach * share:.0f}" height="16" rx="2"/>',
            f'<text x="{_WIDTH - _RIGHT + 6}" y="{y + 12}">{value:.3g} ({sign} {row.bar:g})</text>',
        ]
    lines.append(f'<path class="line" d="M{_LEFT + reach:.0f} {_ROW - 6}V{height - _ROW + 4}"/>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _label(title: str, row: Row) -> str:
    against = f", of {row.against}" if row.against else ""
    return f"{title}: {row.what}{against}"[:78]
