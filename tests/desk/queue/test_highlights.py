"""Findings marked in a reader's text: every character stays, none of it becomes markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from service.desk.queue.highlights import marked, marks_in, notes
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
