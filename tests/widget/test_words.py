"""What the widget says: every catalogue has each sentence, in the forms its language needs, and no other."""

import json
import re
from pathlib import Path

import pytest

import service.widget

ROOM = Path(service.widget.__file__).parent
CATALOGUES = sorted((ROOM / "words").glob("*.json"))
SAID = re.compile(r"\b(?:t|words)\((.)((?:[^'\\]|\\.)*)")
# CLDR's plural categories of the languages that have others than English.
FORMS = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
    "it": {"one", "many", "other"},
    "ja": {"other"},
    "pl": {"one", "few", "many", "other"},
    "pt": {"one", "many", "other"},
}


def sentences() -> dict[str, str]:
    """English sentence -> a file that says it."""
    found = {}
    for file in (ROOM / "static").glob("*/*.js"):
        for quote, text in SAID.findall(file.read_text("utf-8")):
            # Nothing is put together: a sentence that is no literal could be in no catalogue.
            assert quote == "'" or file.name == "words.js", (file.name, text[:40])
            if quote == "'":
                found[text.replace("\\'", "'")] = file.name
    return found


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_what_depends_on_a_number_has_two_forms_in_english() -> None:
    for text in sentences():
        forms = text.split("|")
        assert len(forms) <= 2, text
        assert all(holes(form) == holes(forms[0]) for form in forms), text
        assert ("{n}" in text) == (len(forms) == 2), text


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_sentence_and_no_other(path: Path) -> None:
    said, catalogue = sentences(), json.loads(path.read_text("utf-8"))
    assert {"missing": sorted(said.keys() - catalogue.keys()), "unused": sorted(catalogue.keys() - said.keys())} == {
        "missing": [],
        "unused": [],
    }
    for text, found in catalogue.items():
        if "|" not in text:
            assert isinstance(found, str), text
            assert holes(found) == holes(text), text
            continue
        assert set(found) == FORMS.get(path.stem, {"one", "other"}), text
        # The form for one may leave the number out: 'a comment'.
        assert all(holes(form) <= holes(text) for form in found.values()), text
        assert holes(found["other"]) == holes(text), text
