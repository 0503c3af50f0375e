"""Both catalogues of readers, the pages' and the widget's: what each language asks of quotes, blanks and marks, one
word for one thing, and nothing that a page would take for markup."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale

import service.widget
from service.localization.readers import translations_for_readers
from tests.localization.test_readers import OTHERS, catalogue_of, texts
from tests.widget.test_words import FORMS

WORDS = Path(service.widget.__file__).parent / "words"
HOLE = re.compile(r"%\((\w+)\)s")
# What stands in sentences and is no sentence: holes, and addresses with their own marks.
NOT_PROSE = re.compile(r"%\(\w+\)s:?$|%\(\w+\)s|\{\w+\}|https?://[\w.]*")
WRONG = {
    # U+202F stands before what has two parts, U+00A0 before a colon and within quotes.
    "fr": re.compile("(?<!\u202f)[?!;]|(?<!\u00a0):|«(?!\u00a0)|(?<!\u00a0)»|[“”]"),
    "de": re.compile("[”«»]|“(?!\\W|$)"),
    "es": re.compile(r"[“”]|^[^¿]*\?|^[^¡]*!"),
    "pl": re.compile("[“«»]"),
    "nl": re.compile("[“”«»]"),
    # Full-width, but for what is Latin.
    "ja": re.compile(r"[?!:;,()\"]|(?<!\w)\.|[؟،]|[\u3040-\u9fff] [\u3040-\u9fff]"),
    "ar": re.compile("[?,;]|[٠-٩]|[“”]"),
    "hi": re.compile(r"\.$|[०-९]"),
}
EVERYWHERE = re.compile(r"""\.\.\.|'|"| {2}|^ | $|\n""")
MARKUP = re.compile(r"<[a-z/!]|&\w+;|&#", re.IGNORECASE)


def pages(language: str) -> Iterator[tuple[str, str]]:
    """English message, form of its translation."""
    for message in catalogue_of(language):
        if message.id:
            yield from ((texts(message.id)[0], form) for form in texts(message.string))


def widget(language: str) -> Iterator[tuple[str, str]]:
    """The same of what the widget says."""
    for message, said in json.loads((WORDS / f"{language}.json").read_text("utf-8")).items():
        yield from ((message.partition("|")[0], form) for form in (said.values() if isinstance(said, dict) else [said]))


def misprints(language: str, text: str) -> list[str]:
    prose = NOT_PROSE.sub("x", text)
    return [found.group() for rule in (EVERYWHERE, WRONG.get(language, EVERYWHERE)) for found in rule.finditer(prose)]


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_is_printed_as_it_is_printed(language: str) -> None:
    wrong = [(text, misprints(language, text)) for _, text in (*pages(language), *widget(language))]
    assert [one for one in wrong if one[1]] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("fr", "Pourquoi ?", id="a-blank-that-breaks"),
        pytest.param("fr", "« Autre\u00a0»", id="within-quotes"),
        pytest.param("de", "Nötig bei “Anderes”", id="english-quotes"),
        pytest.param("es", "Por qué?", id="a-question-that-does-not-begin"),
        pytest.param("ja", "なぜですか?", id="half-width"),
        pytest.param("ja", "任意(に)", id="half-width-brackets"),
        pytest.param("ar", "لماذا?", id="latin-question-mark"),
        pytest.param("hi", "यह पेज.", id="a-full-stop"),
        pytest.param("it", "L'indirizzo", id="typewriter-apostrophe"),
        pytest.param("pt", "Envio...", id="three-full-stops"),
    ],
)
def test_misprints_are_found(language: str, text: str) -> None:
    assert misprints(language, text) != []


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_markup(language: str) -> None:
    assert [text for _, text in (*pages(language), *widget(language)) if MARKUP.search(text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_pages_and_widget_say_the_same_in_the_same_words(language: str) -> None:
    plain = {HOLE.sub(r"{\1}", message): HOLE.sub(r"{\1}", said) for message, said in pages(language)}
    both = {message: (plain[message], said) for message, said in widget(language) if message in plain}
    assert len(both) > 40
    assert {message: pair for message, pair in both.items() if pair[0] != pair[1]} == {}


# Readers are spoken to so in every sentence: a stranger is no friend of the house.
FAMILIAR = {
    "de": r"\b(du|dir|dich|dein\w*)\b",
    "fr": r"\b(tu|toi|ton|tes)\b",
    "es": r"\b(tú|tu|tus|te|ti|contigo)\b",
    "it": r"\b(tu|tuo|tua|tuoi|tue|ti|te)\b",
    "pt": r"\b(tu|teu|tua|teus|tuas|você|vocês)\b",
    "nl": r"\b(je|jij|jou|jouw)\b",
    "tr": r"\b(sen|seni|sana|senin)\b",
    "hi": r"(?<!\S)(तुम|तू|तुम्हारा|तुम्हारी|तुम्हारे|तुम्हें)(?!\S)",
    "ja": r"(?<![いきしちにみりえけせてねめれん])だ。|だろう。",
}


@pytest.mark.parametrize("language", FAMILIAR)
def test_readers_are_spoken_to_politely(language: str) -> None:
    found = re.compile(FAMILIAR[language], re.IGNORECASE)
    assert [text for _, text in (*pages(language), *widget(language)) if found.search(text)] == []


# A word that some of the languages share with English, or no words at all.
SHARED = frozenset({"%(date)s, %(time)s UTC", "%(title)s.", "E-mail", "Name", "Questions", "vote", "{n} vote"})


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english_or_empty(language: str) -> None:
    """A browser looks at the pages of three languages only."""
    left = {said for said, form in (*pages(language), *widget(language)) if not form or form == said}
    assert {said for said in left if said not in SHARED} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_counts_as_unicode_says(language: str) -> None:
    """Each plural category of whole numbers has one form of its own, and the widget's are all that there are."""
    category = Locale.parse(language).plural_form
    form = translations_for_readers(language).plural  # type: ignore[attr-defined] # Made by its parser.
    pairs = {(category(n), form(n)) for n in (*range(1001), 1_000_000, 2_000_000)}
    assert len({name for name, _ in pairs}) == len({number for _, number in pairs}) == len(pairs)
    assert catalogue_of(language).num_plurals == len(pairs)
    assert FORMS.get(language, {"one", "other"}) == set(category.tags) | {"other"}
