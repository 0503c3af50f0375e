"""A comment's name, text and website with their findings marked in them, as HTML that is safe whatever was typed.

Spans are code points into the field as typed. They may overlap, touch, or be empty; each stretch of text that
the same findings cover becomes one mark, and the last stretch of a finding carries its number, which the note
in the margin has too. What shows nothing has a small marker where it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from service.desk.findings.unseen import unseen, with_markers
from service.desk.types import FindingView

# What engine and forms call the comment's own text.
_TEXT = frozenset({"text", "body"})


@dataclass(frozen=True, slots=True)
class MarkedFinding:
    """A finding with its number, as the margin shows it; `n` is None if it marks nothing."""

    n: int | None
    finding: FindingView


def notes(typed: Mapping[str, str], findings: Sequence[FindingView]) -> list[MarkedFinding]:
    """Findings as notes: first those that mark something, in the order in which they end there, then the others.

    `typed`: field -> what the reader typed into it, in the order in which the desk shows them.
    """
    order = {field: at for at, field in enumerate(typed)}
    inside = [found for found in findings if _is_inside(typed, found)]
    inside.sort(key=lambda found: (order[_field(found)], found.end, found.start, found.rule))
    others = [found for found in findings if not _is_inside(typed, found)]
    return [MarkedFinding(n, found) for n, found in enumerate(inside, 1)] + [
        MarkedFinding(None, found) for found in others
    ]


def marked(text: str, noted: Sequence[MarkedFinding], field: str = "text") -> Markup:
    """What was typed into the field, with `<mark>` around what the numbered notes are about."""
    spans = [
        (note.n, note.finding.start or 0, note.finding.end or 0)
        for note in noted
        if note.n is not None and _field(note.finding) == field
    ]
    hidden = unseen(text)
    edges = sorted({0, len(text), *(edge for _, start, end in spans for edge in (start, end))})
    parts: list[Markup] = []
    for start, end in pairwise(edges):
        piece = with_markers(text, start, end, hidden)
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


def marks_in(noted: Sequence[MarkedFinding], field: str) -> bool:
    """Whether a note marks something in the field."""
    return any(note.n is not None and _field(note.finding) == field for note in noted)


def _field(found: FindingView) -> str:
    return "text" if found.field in _TEXT else found.field or ""


def _is_inside(typed: Mapping[str, str], found: FindingView) -> bool:
    if found.start is None or found.end is None:
        return False
    return 0 <= found.start < found.end <= len(typed.get(_field(found), ""))
