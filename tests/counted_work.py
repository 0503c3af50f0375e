"""Work that is counted instead of timed."""

import unicodedata

import pytest


def marks_in_a_row(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From now on: the longest run of marks of each text that anything brings into a normal form; 0 comes first."""
    longest = [0]
    real = unicodedata.normalize

    def counting(form: str, text: str) -> str:
        most = run = 0
        for char in real("NFKD", text) if len(text) < 2000 else text:
            run = run + 1 if unicodedata.combining(char) else 0
            most = max(most, run)
        longest.append(most)
        return real(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(unicodedata, "normalize", counting)
    return longest
