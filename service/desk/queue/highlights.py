"""A comment's text with its findings marked in it, as HTML that is safe whatever the reader typed.

Spans are code points into the text as typed. They may overlap, touch, or be empty; each stretch of text that
the same findings cover becomes one mark, and the last stretch of a finding carries its number, which the note
in the margin has too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from service.desk.types import FindingView

# What engine and forms call the comment's own text.
BODY = frozenset({"text", "body"})


@dataclass(frozen=True, slots=True)
class MarkedFinding:
    """A finding with its number, as the margin shows it; `n` is the one in the text, None if it marks nothing there."""

    n: int | None
    finding: FindingView


def notes(text: str, findings: Sequence[FindingView]) -> list[MarkedFinding]:
    """Findings as notes: those in the text first, in the order in which they end there, then the others."""
    inside = [found for found in findings if _is_inside(text, found)]
    inside.sort(key=lambda found: (found.end, found.start, found.rule))
    others = [found for found in findings if not _is_inside(text, found)]
    return [MarkedFinding(n, found) for n, found in enumerate(inside, 1)] + [
        MarkedFinding(None, found) for found in others
    ]


def marked(text: str, noted: Sequence[MarkedFinding]) -> Markup:
    """The text with `<mark>` around what the numbered notes are about."""
    spans = [(note.n, note.finding.start or 0, note.finding.end or 0) for note in noted if note.n is not None]
    edges = sorted({0, len(text), *(edge for _, start, end in spans for edge in (start, end))})
    parts: list[Markup] = []
    for start, end in pairwise(edges):
        piece = escape(text[start:end])
        covering = [n for n, begins, ends in spans if begins <= start and end <= ends]
        if not covering:
            parts.append(piece)
            continue
        about = " ".join(f"note-{n}" for n in covering)
        parts.append(Markup('<mark data-notes="{}" aria-details="note-{}">{}</mark>').format(about, covering[0], piece))
        parts += [
            Markup(
                '<a class="to-note" href="#note-{n}" id="mark-{n}"><span class="hidden-visually">note </span>{n}</a>'
            ).format(n=n)
            for n, _, ends in spans
            if ends == end
        ]
    return Markup("").join(parts)


def _is_inside(text: str, found: FindingView) -> bool:
    if found.field not in BODY or found.start is None or found.end is None:
        return False
    return 0 <= found.start < found.end <= len(text)
