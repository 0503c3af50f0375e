"""A site's reasons: read, kept whole, and edited on a page."""

import pytest

from tests.desk.queue.test_pages import hidden, page_of

API = "/api/v1/moderation/sites/gazette/reasons"
HERE = "/moderate/sites/gazette/reasons"


def test_they_are_kept_whole(newsroom, boss, anna, reader):
    shipped = reader.get(API).get_json()
    assert (shipped["own"], shipped["reasons"][1]["code"], shipped["reasons"][1]["label"]) == (
        False,
        "insult",
        "Insult",
    )
    own = {"code": "rude", "text": "Rude.", "words": {"de": "Unhöflich."}, "key": "x", "ground": "illegal", "days": 7}
    assert anna.put(API, json={"reasons": [own]}).status_code == 403
    kept = boss.put(API, json={"reasons": [own], "strikes": {"warn": 2, "hold": 0}}).get_json()
    assert kept["own"]
    assert kept["reasons"] == [{"label": "Rude", "clause": "", "strikes": 1} | own]
    assert kept["strikes"] == {"warn": 2, "hold": 0, "ban": 8}
    assert boss.get(API).get_json() == kept
    assert boss.put(API, json={"reasons": []}).get_json()["reasons"] == shipped["reasons"]


@pytest.mark.parametrize(
    "reasons",
    [
        pytest.param([{"code": "a", "text": "A."}, {"code": "a", "text": "B."}], id="a-code-twice"),
        pytest.param(
            [{"code": "a", "text": "A.", "key": "x"}, {"code": "b", "text": "B.", "key": "x"}], id="a-key-twice"
        ),
        pytest.param([{"code": "a", "text": "A.", "key": "0"}], id="the-key-of-no-reason"),
        pytest.param([{"code": "a", "text": "A.", "words": {"": "x"}}], id="no-language"),
        pytest.param([{"code": "a", "text": ""}], id="no-words"),
    ],
)
def test_reasons_that_cannot_be(newsroom, boss, reasons):
    assert boss.put(API, json={"reasons": reasons}).status_code == 422
    assert not boss.get(API).get_json()["own"]


def test_on_a_page(newsroom, browser_of):
    desk = browser_of(newsroom.moderator("Ada", "admin"), csrf=False)
    page = page_of(desk, HERE)
    assert "It attacks or insults somebody." in page
    fields = {"csrf": hidden(page, "csrf"), "strikes_warn": "1", "strikes_hold": "2", "strikes_ban": "3"}
    fields |= {"code.0": "rude", "text.0": "<b>Rude</b>", "words.0": "de: Unhöflich.\r\nfr: Impoli.", "key.0": "x"}
    fields |= {
        "strikes.0": "2",
        "days.0": "30",
        "ground.0": "terms",
        "code.1": "gone",
        "text.1": "Gone.",
        "drop.1": "1",
    }
    wrong = desk.post(HERE, data=fields | {"words.0": "Unhöflich"})
    assert wrong.status_code == 422
    assert "&lt;b&gt;Rude&lt;/b&gt;" in wrong.get_data(as_text=True)
    kept = page_of(desk, desk.post(HERE, data=fields).headers["Location"])
    assert "Kept." in kept
    found = desk.get(API).get_json()
    assert [(one["code"], one["words"], one["strikes"]) for one in found["reasons"]] == [
        ("rude", {"de": "Unhöflich.", "fr": "Impoli."}, 2)
    ]
    assert found["strikes"] == {"warn": 1, "hold": 2, "ban": 3}


def test_it_is_for_administrators(newsroom, anna, stranger):
    assert anna.get(HERE).status_code == 403
    assert stranger.get(HERE).status_code == 404
