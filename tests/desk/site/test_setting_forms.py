"""Forms of settings: what is wrong is said in words at its field, in the page's language, and what was typed stays."""

import re
from html import unescape

import pytest

from models import Site, SiteSettings
from tests.desk.queue.test_pages import hidden, page_of

SITE = "/moderate/sites/gazette"
NUMBERS = {
    "name_max": "60",
    "body_min": "2",
    "body_max": "5000",
    "reply_depth": "4",
    "reports_hide": "0",
    "votes": "off",
}
# Names that only code has, and what the schema's own errors look like.
INTERNAL = re.compile(r"[a-z]_[a-z]|terms[.]|[$]|`|\b(Expected|str|int)\b")


@pytest.fixture
def desk(newsroom, browser_of):
    return browser_of(newsroom.moderator("Ada", "admin"), csrf=False)


def sent(desk, path, fields, language="en"):
    desk.set_cookie("rejoinder_language", language, domain="localhost")
    csrf = hidden(page_of(desk, f"{SITE}/{path}"), "csrf")
    return desk.post(f"{SITE}/{path}", data=fields | {"csrf": csrf})


def said(page):
    """Field -> what is wrong with it; "" -> what stands above the form."""
    found = {name: unescape(text) for name, text in re.findall(r'id="wrong-([^"]+)">([^<]*)</small>', page)}
    for name in found:
        assert re.search(rf'name="{re.escape(name)}"[^>]*aria-invalid="true"[^>]*aria-describedby="wrong-', page), name
    alert = re.search(r'role="alert">(.*?)</div>', page, re.DOTALL)
    return found | {"": unescape(re.sub(r"<[^>]*>", " ", alert[1])).strip()}


CASES = [
    ("readers", NUMBERS | {"name_max": "4"}, {"name_max": "This has to be at least 5."}),
    ("readers", NUMBERS | {"body_max": "10001"}, {"body_max": "This can be at most 10,000."}),
    (
        "readers",
        NUMBERS | {"name_max": "a few", "reply_depth": "", "body_min": "1.5"},
        dict.fromkeys(("name_max", "reply_depth", "body_min"), "This has to be a whole number."),
    ),
    ("readers", NUMBERS | {"name_max": "9" * 30}, {"name_max": "This can be at most 200."}),
    (
        "readers",
        NUMBERS | {"reports_hide": "2"},
        {"reports_hide": "Reports hide nothing (0), or from 3 to 1,000 networks on: fewer could be one person."},
    ),
    (
        "readers",
        NUMBERS | {"body_min": "900", "body_max": "200"},
        {"body_min": "The least length of a comment cannot be more than the greatest."},
    ),
    (
        "readers",
        NUMBERS | {"name_max": "4", "reports_hide": "2", "body_min": "900", "body_max": "200"},
        {
            "name_max": "This has to be at least 5.",
            "reports_hide": "Reports hide nothing (0), or from 3 to 1,000 networks on: fewer could be one person.",
            "body_min": "The least length of a comment cannot be more than the greatest.",
        },
    ),
    (
        "form",
        {"terms.version": "a b", "announcement": "x" * 501},
        {
            "terms.version": "A version has up to 40 of a-z, A-Z, 0-9, full stop, - and _.",
            "announcement": "This can have at most 500 characters.",
        },
    ),
    (
        "form",
        {"terms.version": "2", "guideline": "Be kind."},
        {"terms.text": "Say what writers accept: give the terms an address, or words beside the box."},
    ),
    (
        "form",
        {"terms.version": "2", "terms.url": "ftp://gazette.example"},
        {"terms.url": "The address of the terms has to begin with http:// or https://."},
    ),
    (
        "reasons",
        {
            "code.0": "Rude!",
            "key.0": "-",
            "text.0": "It is rude.",
            "words.1": "Nur so",
            "code.1": "b",
            "text.1": "B",
            "strikes_ban": "-1",
        },
        {
            "code.0": "A code has 1 to 40 of a-z, 0-9 and _, a letter first.",
            "key.0": "A key is one of a-z and 1-9.",
            "words.1": "Write each language on a line of its own, as de: Der Text.",
            "strikes_ban": "This has to be at least 0.",
        },
    ),
    (
        "reasons",
        {f"{name}.{n}": text for n in (0, 1) for name, text in (("code", "a"), ("text", "A"), ("key", "x"))},
        dict.fromkeys(("code.1", "key.1"), "Another reason has this already."),
    ),
]


@pytest.mark.parametrize(("path", "fields", "wrong"), CASES)
def test_it_is_said_at_its_field_and_what_was_typed_stays(desk, path, fields, wrong):
    if path == "reasons":
        fields = {f"{name}.{n}": value for n in (0, 1) for name, value in (("strikes", "1"), ("days", "90"))} | fields
    answer = sent(desk, path, fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said(page) == wrong | {"": "Nothing was changed: look at what is marked below."}
    for value in fields.values():
        assert f'value="{value}"' in page or f">{value}</textarea>" in page, value
    german = said(sent(desk, path, fields, "de").get_data(as_text=True))
    assert german.keys() == {*wrong, ""}
    for field, text in german.items():
        assert text != wrong.get(field), field
        assert not INTERNAL.search(text), text


def test_what_cannot_be_read_is_not_held_against_the_other(services, site, desk):
    with services.write() as session:
        session.get_one(Site, site.id).settings = SiteSettings(body_max=500)
    page = sent(desk, "readers", NUMBERS | {"body_min": "900", "body_max": "many"}).get_data(as_text=True)
    assert said(page).keys() == {"body_max", ""}


def test_terms_kept_before_hinder_nothing_else(services, site, desk):
    with services.write() as session:
        kept = session.get_one(Site, site.id)
        kept.settings_json = kept.settings_json | {"terms": {"version": "1"}}
    assert sent(desk, "readers", NUMBERS).status_code == 303
