"""What readers are told, in twelve languages: whole catalogues, right plurals, one order of what decides."""

from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from models import SiteSettings
from service.errors import FieldError, Invalid, TooMany, nphrase, phrase
from service.localization import (
    ENGLISH,
    LANGUAGES_OF_READERS,
    detail_of,
    direction,
    fitting_for_reader,
    in_a_row,
    language_for_readers,
    ngettext,
    said_to_reader,
    speak,
    speaking,
    speaking_to_reader,
    translated,
    words_of,
)
from service.localization.formats import moment, passed
from service.localization.readers import translations_for_readers
from service.mail.messages import MailDetails, confirmation
from tests.fixed_clock import FixedClock
from tests.localization.test_catalogue import PLACEHOLDER, script
from tests.settings import make_settings

__all__ = ["script"]

OTHERS = [language for language in LANGUAGES_OF_READERS if language != ENGLISH]
ENDS = {"。": ".", "।": ".", "؟": "?", "？": "?", "：": ":", "！": "!"}


@pytest.fixture(autouse=True)
def spoken_before() -> Iterator[None]:
    """What a request of this thread was answered in is not said on by the next test."""
    speak(ENGLISH)
    yield
    speak(ENGLISH)


def catalogue_of(language: str) -> Catalog:
    from importlib.resources import files

    with (files("service.localization") / "catalogues" / "readers" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(either: str | tuple[str, ...] | list[str]) -> list[str]:
    return list(either) if isinstance(either, (list, tuple)) else [either]


def test_every_message_is_translated(script):
    said = script.messages_said(script.READERS)
    assert [fault for one in OTHERS for fault in script.faults(one, said, script.READERS)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_placeholders_of_their_message(language):
    """A form for no, one or two may say its number in words."""
    wrong = []
    for message in catalogue_of(language):
        wanted = {found for text in texts(message.id) for found in PLACEHOLDER.findall(text)}
        for text in texts(message.string):
            found = set(PLACEHOLDER.findall(text))
            counted = isinstance(message.id, tuple) and found | {"%(num)s"} == wanted
            wrong += [text] if message.id and found != wanted and not counted else []
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_end_as_their_message(language):
    def end(text: str) -> str:
        last = ENDS.get(text[-1:], text[-1:])
        return last if last in ".?!:…" else ""

    wrong = []
    for message in catalogue_of(language):
        ids, said = texts(message.id), texts(message.string)
        # In Japanese a full stop ends a greeting; elsewhere a comma.
        if message.id and message.id != "Hello," and {end(text) for text in said} != {end(ids[-1])}:
            wrong.append((ids[-1], said))
    assert wrong == []


@pytest.mark.parametrize(
    ("language", "counted"),
    [
        ("en", {0: "0 comments", 1: "1 comment", 1200: "1,200 comments"}),
        ("de", {1: "1 Kommentar", 1200: "1.200 Kommentare"}),
        ("fr", {0: "0 commentaire", 1: "1 commentaire", 2: "2 commentaires", 1200: "1\u202f200 commentaires"}),
        ("es", {1: "1 comentario", 2: "2 comentarios", 1_000_000: "1.000.000 de comentarios"}),
        ("pl", {1: "1 komentarz", 2: "2 komentarze", 5: "5 komentarzy", 12: "12 komentarzy", 22: "22 komentarze"}),
        ("tr", {1: "1 yorum", 2: "2 yorum"}),
        ("ar", {1: "تعليق واحد", 2: "تعليقان", 3: "3 تعليقات", 11: "11 تعليقًا", 100: "100 تعليق", 103: "103 تعليقات"}),
        ("hi", {1: "1 टिप्पणी", 2: "2 टिप्पणियाँ", 123456: "1,23,456 टिप्पणियाँ"}),
        ("ja", {1: "コメント1件", 2: "コメント2件"}),
    ],
)
def test_each_language_counts_in_its_way(language, counted):
    with speaking_to_reader(language):
        assert {n: ngettext("%(num)s comment", "%(num)s comments", n) for n in counted} == counted


def test_dates_are_said_as_the_language_does():
    at = FixedClock().now()
    said = {}
    for language in ("en", "de", "ar", "ja"):
        with speaking_to_reader(language):
            said[language] = (moment(at), passed(2, "day"))
    assert said["en"][1] == "2 days ago"
    assert said["de"][1] == "vor 2 Tagen"
    assert said["ar"][1] == "قبل يومين"
    assert said["ja"][1] == "2 日前"
    assert all(f"{at.day}" in text and text.endswith(" UTC") for text, _ in said.values())


@pytest.mark.parametrize(
    ("asked", "always", "article", "site", "comment", "spoken"),
    [
        pytest.param("fr", "de", "it", "pl", "tr", "fr", id="what-is-asked-for"),
        pytest.param(None, "de", "it", "pl", "tr", "de", id="else-what-the-site-wants-everywhere"),
        pytest.param(None, None, "it", "pl", "tr", "it", id="else-the-articles"),
        pytest.param(None, None, None, "pl", "tr", "pl", id="else-the-sites"),
        pytest.param(None, None, None, None, "tr", "tr", id="else-the-comments-own"),
        pytest.param(None, None, None, None, None, "en", id="else-english"),
        pytest.param("sv", None, "fi", "pt-BR", None, "pt", id="none-that-we-do-not-speak"),
        pytest.param("", None, "", "AR_EG", None, "ar", id="spelled-otherwise"),
        pytest.param("deutsch", None, "<b>", "ja-JP-u-ca-japanese", None, "ja", id="never-by-its-beginning"),
    ],
)
def test_one_order_of_what_decides(asked, always, article, site, comment, spoken):
    settings = SiteSettings(reader_language=always, language=site)
    assert language_for_readers(fitting_for_reader(asked), *settings.languages_of_readers(article, comment)) == spoken


def test_what_has_values_is_said_in_other_languages():
    error = FieldError(
        "body",
        "too_long",
        nphrase("A comment may have %(num)s character; this has %(has)s.",
                "A comment may have %(num)s characters; this has %(has)s.", 5000, has=5001),
    )  # fmt: skip
    assert type(error.message) is str
    assert words_of(error) == error.message == "A comment may have 5,000 characters; this has 5,001."
    refused = Invalid(phrase("A comment with all its fields may have %(size)s KiB.", size=64), errors=[error])
    assert refused.problem()["detail"] == "A comment with all its fields may have 64 KiB."
    with speaking_to_reader("de"):
        assert words_of(error) == "Ein Kommentar darf 5.000 Zeichen lang sein; dieser hat 5.001."
        assert detail_of(refused) == "Ein Kommentar darf mit allen Feldern 64 KiB groß sein."
        assert translated(TooMany(retry_after=1).title) == "Zu viele Anfragen"
        # What a reader typed is no pattern.
        typed = phrase("This is not a complete e-mail address. Did you mean %(domain)s?", domain="%(x)s")
        assert translated(typed).endswith("Meinten Sie %(x)s?")


def test_a_mail_without_blanks_has_a_sentence_a_line():
    """Wrapped at the only blank, a site's name would be torn."""
    envelope = MailDetails("0" * 26, "a@example.org", "The Gazette", "https://qx.test/c", "https://qx.test/u",
                           FixedClock().now(), "ja")  # fmt: skip
    text = confirmation(make_settings("sqlite://", "redis://localhost"), envelope).get_content()
    first = text.splitlines()[2]
    assert first.startswith("The Gazette")
    assert first.index("。") == len(first) - 1
    assert "https://qx.test/c" in text.splitlines()


def test_a_message_that_is_missing_is_said_in_english_whole(monkeypatch):
    found = Catalog(locale="pl")
    found.add(("%(num)s comment", "%(num)s comments"), ("%(num)s komentarz", "", "%(num)s komentarzy"))
    found.add("Reply", "Odpowiedz")
    monkeypatch.setattr("service.localization.readers.read_po", lambda file, locale: found)
    translations_for_readers.cache_clear()
    with speaking_to_reader("pl"):
        assert ngettext("%(num)s comment", "%(num)s comments", 5) == "5 comments"
        assert said_to_reader("pl", "Reply") == "Odpowiedz"
        assert said_to_reader("pl", "Send comment") == "Send comment"
    translations_for_readers.cache_clear()


def test_what_was_said_before_is_said_on_after_a_block():
    assert (speaking(), direction()) == (ENGLISH, "ltr")
    with speaking_to_reader("ar"):
        assert (speaking(), direction(), in_a_row(["a.", "b."])) == ("ar", "rtl", "a. b.")
        with speaking_to_reader("ja"):
            assert (direction(), in_a_row(["a。", "b。"])) == ("ltr", "a。b。")
        assert speaking() == "ar"
    assert speaking() == ENGLISH
