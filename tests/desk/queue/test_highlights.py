"""Findings marked in a reader's text: every character stays, none of it becomes markup."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.desk.findings.highlights import marked, marks_in, notes
from service.desk.types import FindingView


def found(start, end, rule="word_list", field="text"):
    return FindingView(rule=rule, version=1, score=1.0, field=field, start=start, end=end, message="")


class Reader(HTMLParser):
    """What a browser would show, and which characters are marked by which notes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.by_note, self._open, self._skip, self.tags = "", {}, [], False, set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "mark":
            self._open = dict(attrs)["data-notes"].split()
        self._skip = self._skip or tag == "a"

    def handle_endtag(self, tag):
        if tag == "mark":
            self._open = []
        if tag == "a":
            self._skip = False

    def handle_data(self, data):
        if self._skip:
            return
        for name in self._open:
            self.by_note[name] = self.by_note.get(name, "") + data
        self.text += data


def read(text, findings):
    noted = notes({"text": text}, findings)
    reader = Reader()
    reader.feed(str(marked(text, noted)))
    reader.close()
    return reader, noted


def test_overlapping_findings():
    reader, noted = read("Büy 🙂 cheap pills", [found(6, 17), found(4, 11, "emoji")])
    assert reader.text == "Büy 🙂 cheap pills"
    assert [(note.n, note.finding.rule) for note in noted] == [(1, "emoji"), (2, "word_list")]
    assert reader.by_note == {"note-1": "🙂 cheap", "note-2": "cheap pills"}


def test_what_a_reader_typed_stays_text():
    text = '<script>alert("x")</script> &amp; </mark><b>'
    reader, _ = read(text, [found(0, 8), found(len(text) - 3, len(text))])
    assert reader.text == text
    assert reader.tags == {"mark", "a", "span"}


def test_findings_that_mark_nothing_in_the_text():
    findings = [found(None, None), found(0, 3, field="email"), found(2, 2), found(3, 99), found(-1, 2)]
    reader, noted = read("text", findings)
    assert [note.n for note in noted] == [None] * 5
    assert (reader.text, reader.by_note) == ("text", {})


def test_each_field_has_its_own_marks():
    typed = {"name": "Fool & Co", "text": "You fool", "website": "https://fool.example/"}
    findings = [found(8, 12, field="website"), found(4, 8), found(0, 4, field="name"), found(0, 40, field="name")]
    noted = notes(typed, findings)
    assert [(note.n, note.finding.field, note.finding.end) for note in noted] == [
        (1, "name", 4),
        (2, "text", 8),
        (3, "website", 12),
        (None, "name", 40),
    ]
    shown = {}
    for field, value in typed.items():
        reader = Reader()
        reader.feed(str(marked(value, noted, field)))
        reader.close()
        assert reader.text == value
        shown |= reader.by_note
    assert shown == {"note-1": "Fool", "note-2": "fool", "note-3": "fool"}
    assert marks_in(noted, "website")
    assert not marks_in(noted[:2], "website")


letters = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=60)


@given(letters, st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=6))
def test_every_character_stays_and_every_span_is_marked_whole(text, spans):
    reader, noted = read(text, [found(start, end) for start, end in spans])
    assert reader.text == text
    for note in noted:
        if note.n is not None:
            assert reader.by_note[f"note-{note.n}"] == text[note.finding.start : note.finding.end]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("pay\u200bpal", ["200B"], id="zero-width-space"),
        pytest.param("read \u202etfel ot\u202c this", ["202E", "202C"], id="override"),
        pytest.param("Donau\u00addampf", ["00AD"], id="soft-hyphen"),
        pytest.param("a\u2066b\u2069", ["2066", "2069"], id="isolates"),
        pytest.param("h\U000e0069\U000e0021", ["E0069+1"], id="tags"),
        pytest.param("no\u200d\u2060\ufeff\u2060", ["200D+3"], id="a-run"),
        pytest.param("a\u3164b\u2800c\u034fd", ["3164", "2800", "034F"], id="blanks"),
        pytest.param("a\ufe0fb", ["FE0F"], id="selector-of-nothing"),
        pytest.param("a\x07b", ["0007"], id="control"),
        pytest.param("two\u200e marks", ["200E"], id="mark-of-direction"),
        # What scripts and emoji are written with stays as it is drawn.
        pytest.param("می\u200cخواهم", [], id="persian"),
        pytest.param("क्\u200dष", [], id="hindi"),
        pytest.param("👩\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3", [], id="emoji"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", [], id="flag"),
        pytest.param("שלום\u200f!", [], id="hebrew"),
        pytest.param("plain\n\ttext", [], id="plain"),
    ],
)
def test_what_shows_nothing_is_shown(text, codes):
    html = str(marked(text, []))
    assert re.findall(r'class="unseen"[^>]*data-code="([^"]*)"', html) == codes
    assert read(text, [])[0].text == text


def test_a_marker_names_what_it_stands_for_inside_of_marks_too():
    reader, noted = read("a\u200b\u200bb", [found(1, 2), found(2, 4)])
    assert reader.by_note == {"note-1": "\u200b", "note-2": "\u200bb"}
    assert marked("a\u200b\u200bb", noted).count("U+200B zero width space") == 4  # Two marks: title and label.
    spelt = "".join(chr(0xE0000 + ord(letter)) for letter in "buy <now>")
    assert 'invisible letters: buy &lt;now&gt;"' in marked("x" + spelt, [])
