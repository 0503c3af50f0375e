"""What one version of a policy says otherwise than another: right for any two texts, with bounded work."""

import random

import pytest

from service.moderation.policies import differences as module
from service.moderation.policies.differences import MOST_COMPARED, MOST_LINES, DiffLine, differences


def rebuilt(lines: list[DiffLine], old: list[str]) -> list[str]:
    """The new text from the old one and all that is shown."""
    gone = {line.old for line in lines if line.kind == "gone"}
    new = {line.new: line.text for line in lines if line.kind == "new"}
    kept = iter(text for n, text in enumerate(old, 1) if n not in gone)
    total = len(old) - len(gone) + len(new)
    return [new[n] if n in new else next(kept) for n in range(1, total + 1)]


def test_the_new_text_follows_from_the_old_one_and_the_answer() -> None:
    chance = random.Random(9)
    for _ in range(300):
        letters = "ab" if chance.random() < 0.5 else "abcdefghijklmnopqrstuvwxyz"
        old = chance.choices(letters, k=chance.randrange(30))
        new = list(old)
        for _ in range(chance.randrange(5)):
            at = chance.randrange(len(new) + 1)
            new[at : at + chance.randrange(3)] = chance.choices(letters, k=chance.randrange(3))
        found = differences("\n".join(old), "\n".join(new))
        assert found.more == 0
        assert rebuilt(found.lines, old) == new
        same = [line for line in found.lines if line.kind == "same"]
        assert all(line.old and line.new and old[line.old - 1] == new[line.new - 1] == line.text for line in same)


def test_changes_are_shown_with_three_lines_around_them() -> None:
    old = [f"l{n}" for n in range(40)]
    new = [*old[:10], "more", *old[10:30], *old[31:]]
    shown = [(line.kind[0], line.old, line.new) for line in differences("\n".join(old), "\n".join(new)).lines]
    assert shown == [
        *(("s", n, n) for n in (8, 9, 10)),
        ("n", None, 11),
        *(("s", n, n + 1) for n in (11, 12, 13)),
        *(("s", n, n + 1) for n in (28, 29, 30)),
        ("g", 31, None),
        *(("s", n, n) for n in (32, 33, 34)),
    ]
    assert differences("a\nb", "a\nb").lines == []


MANY = 30_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("a\n" * MANY, "b\na\n" * (MANY // 2), id="few kinds of lines"),
        pytest.param("\n".join(map(str, range(MANY))), "\n".join(map(str, reversed(range(MANY)))), id="backwards"),
        pytest.param(
            "\n".join(f"{n}\na\nb" for n in range(MANY // 3)),
            "\n".join(f"{n}\nb\na" for n in range(MANY // 3)),
            id="everywhere",
        ),
        pytest.param("\n".join(map(str, range(MANY))), "other", id="nothing in common"),
    ],
)
def test_work_and_answer_are_bounded(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[module._Comparison] = []

    class Counted(module._Comparison):
        def __init__(self, *texts: list[str]) -> None:
            super().__init__(*texts)
            asked.append(self)

    monkeypatch.setattr(module, "_Comparison", Counted)
    found = differences(old, new)
    assert len(found.lines) == MOST_LINES
    assert found.more > 0
    assert 0 <= asked[0].left <= MOST_COMPARED


def test_a_gap_that_is_too_much_to_compare_is_all_gone_and_all_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMPARED", 3)
    shown = differences("x\na\nb\na\ny", "x\nb\na\nb\ny").lines
    assert [(line.kind, line.text) for line in shown[1:-1]] == [
        *(("gone", text) for text in "aba"),
        *(("new", text) for text in "bab"),
    ]
