"""What a catalogue lacks is said in English, sentence by sentence; in what is released nothing is missing."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from service.localization import (
    ENGLISH,
    LANGUAGES,
    catalogue,
    gettext,
    ngettext,
    offered,
    readers,
    speak,
    speak_to_reader,
    speaking,
)


@pytest.fixture
def german(monkeypatch):
    """Makes a German of these messages alone, told to moderators and readers."""

    def make(messages):
        found = Catalog(locale="de")
        for english, said in messages.items():
            found.add(english, said)
        monkeypatch.setattr(catalogue, "catalogue", lambda language: found)
        monkeypatch.setattr(readers, "read_po", lambda file, locale: found)
        forget()

    def forget():
        for cached in (catalogue.translations, catalogue.messages_of_scripts, readers.translations_for_readers):
            cached.cache_clear()

    yield make
    forget()
    speak(ENGLISH)


COUNTED = ("%(num)s comment", "%(num)s comments")


@pytest.mark.parametrize("say", [speak, speak_to_reader], ids=["to moderators", "to readers"])
@pytest.mark.parametrize(
    ("one", "counted", "approve", "comments"),
    [
        ("Freigeben", ("%(num)s Kommentar", "%(num)s Kommentare"), "Freigeben", ["1 Kommentar", "2 Kommentare"]),
        ("", ("%(num)s Kommentar", "%(num)s Kommentare"), "Approve", ["1 Kommentar", "2 Kommentare"]),
        ("Freigeben", ("%(num)s Kommentar", ""), "Freigeben", ["1 comment", "2 comments"]),
        ("Freigeben", ("", ""), "Freigeben", ["1 comment", "2 comments"]),
    ],
    ids=["whole", "one is missing", "a form is missing", "both forms are missing"],
)
def test_what_a_catalogue_lacks_is_said_in_english_and_the_rest_is_not(german, say, one, counted, approve, comments):
    german({"Approve": one, COUNTED: counted})
    say("de")
    assert speaking() == "de"
    assert gettext("Approve") == approve
    assert [ngettext(*COUNTED, n) for n in (1, 2)] == comments


def test_a_language_without_a_catalogue_is_not_offered(german):
    german({})
    speak("de")
    assert (speaking(), offered()) == (ENGLISH, [ENGLISH])


PLACEHOLDER = re.compile(r"%(?:\(\w+\)\w|%)")


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != ENGLISH])
def test_translations_have_the_placeholders_of_their_message(language):
    wrong = []
    for message in catalogue.catalogue(language):
        ids, said = (texts if isinstance(texts, (list, tuple)) else [texts] for texts in (message.id, message.string))
        wanted = {placeholder for text in ids for placeholder in PLACEHOLDER.findall(text)}
        wrong += [text for text in said if message.id and text and set(PLACEHOLDER.findall(text)) != wanted]
    assert wrong == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != ENGLISH])
def test_translations_end_as_their_message(language):
    wrong = []
    for message in catalogue.catalogue(language):
        if not message.id or not message.string or isinstance(message.id, tuple):
            continue
        said = str(message.string)
        same = [text[-1] in ".?!:…" and (text[-1], text[:1] == " ") for text in (str(message.id), said)]
        wrong += [said] if same[0] != same[1] else []
    assert wrong == []


def test_scripts_are_told_forms_by_plural_category(monkeypatch):
    found = Catalog(locale="pl")
    found.add(("%(num)s comment", "%(num)s comments"), ("komentarz", "komentarze", "komentarzy"), [("a.js", 1)])
    found.add("Approve", "Zatwierdź", [("a.js", 1)])
    found.add("Policy", "Zasady", [("a.html", 1)])
    monkeypatch.setattr(catalogue, "catalogue", lambda language: found)
    caches = (catalogue.translations, catalogue.messages_of_scripts)
    for cached in caches:
        cached.cache_clear()
    told = catalogue.messages_of_scripts("pl")
    assert told == {
        "%(num)s comment": {"one": "komentarz", "few": "komentarze", "many": "komentarzy"},
        "Approve": "Zatwierdź",
    }
    for cached in caches:
        cached.cache_clear()


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("messages", Path(__file__).parents[2] / "scripts" / "messages.py")
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_every_message_is_translated(script):
    said = script.messages_said()
    assert [fault for one in LANGUAGES if one != ENGLISH for fault in script.faults(one, said)] == []


def test_bringing_up_keeps_what_is_translated(script, tmp_path, monkeypatch):
    said = Catalog()
    said.add("Approve", None, [("a.py", 1)])
    said.add("Hold", None, [("a.py", 2)])
    (tmp_path / "de.po").write_text('msgid "Approve"\nmsgstr "Freigeben"\n\nmsgid "Gone"\nmsgstr "Weg"\n')
    monkeypatch.setattr(script, "CATALOGUES", tmp_path)
    monkeypatch.setattr(script, "messages_said", lambda audience: said if audience is script.DESK else Catalog())
    monkeypatch.setattr("sys.argv", ["messages.py"])
    assert script.main() == 0
    found = {message.id: message.string for message in script.catalogue_of("de") if message.id}
    assert found == {"Approve": "Freigeben", "Hold": ""}


# As the glossary says of the desk in German. At the beginning of a sentence "Ihr" is also theirs.
SPOKEN_TO = re.compile(
    r"\b(?:\w+en|nicht) Sie\b|(?<![.!?:] )(?<!^)\bIhr(e|em|en|er|es)?\b|\bIhnen\b|\b(du|dir|dich|dein\w*)\b"
)


def test_the_desk_speaks_to_nobody_as_du_or_sie():
    forms = [form for one in catalogue.catalogue("de") if one.id for form in _forms(one.string)]
    assert [form for form in forms if SPOKEN_TO.search(form)] == []


def _forms(string):
    return [string] if isinstance(string, str) else string
