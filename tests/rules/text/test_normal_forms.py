"""Normal forms of hostile texts: the work is counted, not timed."""

import unicodedata
from typing import Any

import pytest

from moderation_rules.text.normal_forms import MOST_MARKS, normal, without_long_runs
from tests.counted_work import marks_in_a_row

RUN = "\u0301" * 200 + "\u0316" * 200


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" + RUN, id="after-a-letter"),
        pytest.param(RUN, id="after-nothing"),
        pytest.param("ab" * 40 + RUN + "c" + RUN, id="twice"),
        pytest.param("a" + "\u0344" * 31 + "\u0316" * 31, id="one-that-is-two"),
        pytest.param("a" + "\uff9e\u0301" * 90, id="compatibility"),
        pytest.param("a" + "\u0f73\u0f75\u0f81\u0301" * 90, id="starters-by-class"),
        pytest.param("a" + "\U0001d165\u0301" * 90, id="beyond-the-first-plane"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_no_long_run_is_put_in_order(monkeypatch: pytest.MonkeyPatch, form: Any, text: str) -> None:
    longest = marks_in_a_row(monkeypatch)
    once = normal(form, text)
    assert max(longest) <= 2 * MOST_MARKS
    assert normal(form, once) == once
    assert unicodedata.normalize(form, once) == once


@pytest.mark.parametrize("text", ["plain", "Ứng dụng", "שָׁלוֹם " * 20, "नमस्ते " * 20, "a" + "\u0301" * MOST_MARKS, ""])
def test_what_languages_write_is_left_alone(text: str) -> None:
    assert without_long_runs(text) == text
    assert normal("NFC", text) == unicodedata.normalize("NFC", text)


def test_the_marks_are_those_of_unicode() -> None:
    kinds = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    runs = {c for c in kinds if len(without_long_runs(c * (MOST_MARKS + 1))) == MOST_MARKS}
    every = (chr(code) for code in range(0x110000))
    assert runs == {c for c in every if unicodedata.combining(unicodedata.normalize("NFKD", c)[0])}
