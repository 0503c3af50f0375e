"""Every rule of every field, as rows."""

import time
from contextlib import suppress
from unittest.mock import patch

import pytest

from models import SiteSettings, WebsiteField
from service.errors import Invalid
from service.intake.submission.fields import Submission, read_submission, title_of_page
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.raw import RawSubmission
from tests.counted_work import marks_in_a_row
from tests.intake.reader import fields

ORIGINS = ["http://news.test", "https://secure.test", "http://news.test:8080"]


def read(*, form: bool = False, settings: SiteSettings | None = None, **changes: object) -> Submission:
    return read_submission(RawSubmission(fields(**changes), form), settings or SiteSettings(), ORIGINS)


def errors(*, form: bool = False, settings: SiteSettings | None = None, **changes: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(form=form, settings=settings, **changes)
    return {error.field: error.code for error in refused.value.errors}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        pytest.param("thread", ..., "required", id="thread-missing"),
        pytest.param("thread", "", "required", id="thread-empty"),
        pytest.param("thread", 4711, "not_text", id="thread-number"),
        pytest.param("thread", "x" * 513, "too_long", id="thread-513-bytes"),
        pytest.param("thread", "ä" * 257, "too_long", id="thread-514-bytes"),
        pytest.param("thread", " ", "required", id="thread-blank"),
        pytest.param("thread", "a\x00b", "control_character", id="thread-nul"),
        pytest.param("thread", "a\tb", "control_character", id="thread-tab"),
        pytest.param("thread", "a\r\nb", "control_character", id="thread-newline"),
        pytest.param("thread", "a\x1bb", "control_character", id="thread-escape"),
        pytest.param("page_url", ..., "required", id="page-missing"),
        pytest.param("page_url", "ftp://news.test/1", "not_a_web_address", id="page-ftp"),
        pytest.param("page_url", "javascript:alert(1)", "not_a_web_address", id="page-script"),
        pytest.param("page_url", "http://elsewhere.test/1", "foreign_page", id="page-foreign"),
        pytest.param("page_url", "http://news.test:81/1", "foreign_page", id="page-other-port"),
        pytest.param("page_url", "http://news.test.evil.test/", "foreign_page", id="page-suffix"),
        pytest.param("page_url", "http://news.test@evil.test/", "foreign_page", id="page-user"),
        pytest.param("page_url", "http://evil.test\\@news.test/", "foreign_page", id="page-backslash"),
        pytest.param("page_url", "http://[::1", "not_a_web_address", id="page-broken-ipv6"),
        pytest.param("page_title", ["x"], "not_text", id="title-list"),
        pytest.param("parent_id", "nonsense", "unknown_parent", id="parent-no-id"),
        pytest.param("parent_id", "01J00000000000000000000000x", "unknown_parent", id="parent-27"),
        pytest.param("name", ..., "required", id="name-missing"),
        pytest.param("name", " \t ", "required", id="name-blank"),
        pytest.param("name", "\u200b\u2060", "required", id="name-zero-width"),
        pytest.param("name", "\u3164", "required", id="name-hangul-filler"),
        pytest.param("name", "x" * 81, "too_long", id="name-81"),
        pytest.param("name", "ada@example.org", "looks_like_email", id="name-address"),
        pytest.param("name", "by ada＠example.org", "looks_like_email", id="name-wide-address"),
        pytest.param("name", True, "not_text", id="name-true"),
        pytest.param("email", ..., "required", id="email-missing"),
        pytest.param("email", "ada", "not_an_address", id="email-no-at"),
        pytest.param("email", "ada@nowhere", "not_an_address", id="email-no-dot"),
        pytest.param("email", "a" * 65 + "@example.org", "not_an_address", id="email-local-65"),
        pytest.param("email", "ada@example.org\nBcc: b@example.org", "not_an_address", id="email-newline"),
        pytest.param("email", {"a": 1}, "not_text", id="email-object"),
        pytest.param("website", "later", "not_a_web_address", id="website-a-word"),
        pytest.param("website", "ada@example.org", "not_a_web_address", id="website-mail"),
        pytest.param("website", "javascript:alert(1)", "not_a_web_address", id="website-script"),
        pytest.param("website", "data:text/html,x", "not_a_web_address", id="website-data"),
        pytest.param("website", "https://a@b.test/", "not_a_web_address", id="website-user"),
        pytest.param("website", "https://a.test/" + "x" * 2000, "too_long", id="website-long"),
        pytest.param("website", "https://a.test:99999/", "not_a_web_address", id="website-port"),
        pytest.param("body", ..., "required", id="body-missing"),
        pytest.param("body", " \n ", "required", id="body-blank"),
        pytest.param("body", "x", "too_short", id="body-1"),
        pytest.param("body", "x\u200b\u200b", "too_short", id="body-1-visible"),
        pytest.param("body", "x" * 5001, "too_long", id="body-5001"),
        pytest.param("notify", "yes", "not_a_flag", id="notify-text-in-json"),
        pytest.param("confirm", 1, "not_a_flag", id="confirm-number"),
        pytest.param("token", 7, "not_text", id="token-number"),
    ],
)
def test_a_wrong_field_is_named(field, value, code):
    assert errors(**{field: value}) == {field: code}


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        pytest.param("thread", "x" * 512, "x" * 512, id="thread-512"),
        pytest.param("thread", " Ab ", " Ab ", id="thread-as-given"),
        pytest.param("page_url", "https://secure.test/a#part", "https://secure.test/a", id="page-fragment"),
        pytest.param("page_url", "HTTP://News.Test:80/a", "http://news.test/a", id="page-case-and-port"),
        pytest.param("page_url", "http://news.test:8080/", "http://news.test:8080/", id="page-port"),
        pytest.param(
            "page_url",
            "http://news.test/a?id=7&mail=ada%40example.org&utm_source=x",
            "http://news.test/a?id=7",
            id="page-address-and-tracking",
        ),
        pytest.param("page_url", "http://news.test/a?x=%2F;y", "http://news.test/a?x=%2F;y", id="page-query-untouched"),
        pytest.param("page_title", "  A\n story ", "A story", id="title-one-line"),
        pytest.param("page_title", "x" * 200, "x" * 200, id="title-200"),
        pytest.param("page_title", "x" * 198 + " \u0645" * 9, "x" * 198 + "…", id="title-cut"),
        pytest.param("page_title", "x👩" + "\u200d👩" * 150, "x👩" + "\u200d👩" * 98 + "…", id="title-cut-at-a-joiner"),
        pytest.param("page_title", None, "", id="title-null"),
        pytest.param("page_title", "Post of anna@mail.test", "", id="title-with-an-address"),
        pytest.param("parent_id", "", None, id="parent-empty"),
        pytest.param("parent_id", None, None, id="parent-null"),
        pytest.param("name", "  Ada \t King ", "Ada King", id="name-spaces"),
        pytest.param("name", "Zoe\u0308", "Zoë", id="name-nfc"),
        pytest.param("name", "x" * 80, "x" * 80, id="name-80"),
        pytest.param("name", "e\u0301" * 80, "é" * 80, id="name-80-after-nfc"),
        pytest.param("name", "@ada", "@ada", id="name-handle"),
        pytest.param("name", "محمد\u200f", "محمد\u200f", id="name-arabic-with-mark"),
        pytest.param("website", "", None, id="website-empty"),
        pytest.param("website", " https://ada.test/~a?b=c#d ", "https://ada.test/~a?b=c#d", id="website"),
        pytest.param("website", "https://münchen.test/straße", "https://münchen.test/straße", id="website-iri"),
        pytest.param("body", "\n a\r\nb\rc\t \n", "a\nb\nc", id="body-newlines-and-ends"),
        pytest.param("body", "Zoe\u0308 ﬁn", "Zoe\u0308 ﬁn", id="body-as-typed"),
        pytest.param("body", "ab\u202ecd", "ab\u202ecd", id="body-bidi-kept"),
        pytest.param("body", "x" * 5000, "x" * 5000, id="body-5000"),
        pytest.param("body", "👍🏽👍🏽", "👍🏽👍🏽", id="body-emoji"),
        pytest.param("notify", True, True, id="notify"),
        pytest.param("confirm", None, False, id="confirm-null"),
        pytest.param("token", "", None, id="token-empty"),
        pytest.param("earlier_receipt", None, None, id="earlier-null"),
        *(pytest.param("body", text, text, id=f"body-{text}") for text in ("👍", "❤️", "⭐", "🇳🇴", "👩‍👩‍👧", "文字")),
    ],
)
def test_a_right_field_is_kept(field, value, kept):
    assert getattr(read(**{field: value}), field) == kept


@pytest.mark.parametrize("typed", ["Storm: 3 ferries late", " Storm ", "Post of anna@mail.test", "x" * 300])
def test_a_title_that_comes_again_is_kept_as_the_first_time(typed):
    kept = title_of_page(typed)
    with patch("service.intake.submission.fields.holds_address", wraps=holds_address) as looked:
        assert title_of_page(typed) == kept
    # Only what was right as it came is known, and is not looked through again.
    assert looked.called is (kept != typed)


@pytest.mark.parametrize(
    ("value", "flag"), [("on", True), ("1", True), ("TRUE", True), ("", False), ("off", False), ("0", False)]
)
def test_a_form_says_yes_and_no_in_words(value, flag):
    assert read(form=True, notify=value).notify is flag


def test_a_form_flag_in_other_words_is_named():
    assert errors(form=True, notify="perhaps") == {"notify": "not_a_flag"}


def test_all_that_is_wrong_is_said_at_once():
    assert errors(name="", email="x", body="", thread=...) == {
        "name": "required",
        "email": "not_an_address",
        "body": "required",
        "thread": "required",
    }


@pytest.mark.parametrize(
    ("settings", "changes", "expected"),
    [
        pytest.param({"name_max": 5}, {"name": "Adelaide"}, {"name": "too_long"}, id="name"),
        pytest.param({"body_max": 5}, {"body": "longer"}, {"body": "too_long"}, id="body-max"),
        pytest.param({"body_min": 9}, {"body": "short"}, {"body": "too_short"}, id="body-min"),
        pytest.param(
            {"website": WebsiteField.OFF}, {"website": "https://a.test"}, {"website": "not_asked"}, id="website"
        ),
    ],
)
def test_limits_are_the_sites(settings, changes, expected):
    assert errors(settings=SiteSettings(**settings), **changes) == expected
    assert read(settings=SiteSettings(website=WebsiteField.OFF)).website is None


@pytest.mark.parametrize(("value", "filled"), [("x", True), ("  ", False), (..., False), (None, False)])
def test_the_honeypot_is_a_fact(value, filled):
    assert read(subject=value).honeypot_filled is filled


def test_unknown_fields_are_nobodys_business():
    assert read(login="later", anything=[1, {"x": "\x00"}]).name == "Ada"


def test_neither_repr_nor_error_tells_the_address():
    assert "ada@" not in repr(read()) + repr(RawSubmission(fields()))
    with pytest.raises(Invalid) as refused:
        read(email="canary@nowhere", offer_correction=True)
    assert "canary" not in str(refused.value.problem()) + repr(refused.value)


LONG = [
    "a",
    "a@",
    "a.",
    "@",
    "%",
    "\n\n,",
    "e\u0301",
    "http://a",
    '"',
    "a\u200c",
    "\u0301\u200d",
    " ",
    "{",
    "\u0627\u200c",
]


@pytest.mark.parametrize("field", ["name", "email", "website", "thread", "page_url", "page_title", "parent_id", "body"])
@pytest.mark.parametrize("text", LONG)
def test_the_longest_field_is_read_at_once(field, text):
    long = "x" + text * (60_000 // len(text)) + "x"
    began = time.thread_time()
    with suppress(Invalid):
        read(**{field: long})
    # Of processor time, whatever else runs. One search that began anew at every letter took six seconds here.
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("field", ["name", "page_title", "website", "parent_id", "email", "body", "thread", "page_url"])
def test_no_field_has_long_runs_of_marks_put_in_order(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    longest = marks_in_a_row(monkeypatch)
    with suppress(Invalid):
        read(**{field: "a" + "\u0301" * 3000 + "\u0316" * 3000})
    assert max(longest) <= 60
