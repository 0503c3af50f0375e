"""What stands above and in the readers' form: kept whole by the API and on a page."""

import pytest

from tests.desk.queue.test_pages import hidden, page_of

API = "/api/v1/moderation/sites/gazette/form"
HERE = "/moderate/sites/gazette/form"
TERMS = {"version": "2026-11", "text": "I have read the house rules.", "url": "https://gazette.example/rules"}
FORM = {
    "website": "optional",
    "guideline": "Be kind.\nBe short.",
    "announcement": "Read until 10 pm.",
    "terms": TERMS,
    "nudge": True,
}


def test_it_is_kept_whole(newsroom, boss, anna, reader):
    shipped = reader.get(API).get_json()
    assert shipped == {
        "site": "gazette",
        "website": "shown",
        "guideline": "",
        "announcement": "",
        "terms": {"version": "", "text": "", "url": ""},
        "nudge": False,
    }
    assert anna.put(API, json=FORM).status_code == 403
    assert boss.put(API, json=FORM).get_json() == FORM | {"site": "gazette"}
    assert boss.get(API).get_json() == FORM | {"site": "gazette"}
    assert boss.put(API, json={}).get_json() == shipped


@pytest.mark.parametrize(
    ("said", "kept"), [("shown", "shown"), ("optional", "optional"), ("off", "off"), (True, "shown"), (False, "off")]
)
def test_the_website_is_shown_optional_or_off(newsroom, boss, said, kept):
    assert boss.put(API, json={"website": said}).get_json()["website"] == kept
    assert f'value="{kept}" checked' in page_of(boss, HERE)
    assert boss.put(API, json={"website": "sometimes"}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"terms": {"version": "a b"}}, id="a-version-with-a-space"),
        pytest.param({"terms": {"text": "I do."}}, id="terms-without-a-version"),
        pytest.param({"terms": {"version": "1", "url": "javascript:alert(1)"}}, id="no-web-address"),
        pytest.param({"guideline": "x" * 2001}, id="too-long"),
        pytest.param({"announcement": "\u2060\n"}, id="nothing-to-be-seen"),
    ],
)
def test_forms_that_cannot_be(newsroom, boss, wrong):
    assert boss.put(API, json=FORM | wrong).status_code == 422
    assert boss.get(API).get_json()["guideline"] == ""


def test_on_a_page(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Ada", "admin"), csrf=False)
    page = page_of(desk, HERE)
    fields = {"csrf": hidden(page, "csrf"), "guideline": "<i>Be kind.</i>\r\nBe short.", "website": "off"}
    wrong = desk.post(HERE, data=fields | {"terms.url": "ftp://gazette.example", "terms.version": "1"})
    assert wrong.status_code == 422
    assert "&lt;i&gt;Be kind." in wrong.get_data(as_text=True)
    kept = desk.post(HERE, data=fields | {"terms.version": "2", "terms.url": "https://gazette.example/rules"})
    assert (kept.status_code, kept.headers["Location"]) == (303, f"{HERE}?done=kept")
    found = desk.get(API).get_json()
    assert (found["guideline"], found["website"], found["terms"]["version"]) == (
        "<i>Be kind.</i>\nBe short.",
        "off",
        "2",
    )
    assert "Kept." in page_of(desk, f"{HERE}?done=kept")
