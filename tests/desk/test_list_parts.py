"""What an open desk asks for again and again: small answers, compressed, and nothing of what it may not see."""

import gzip

import pytest

from models import Status
from tests.desk.conftest import API
from tests.factories import move_comment

PART = {"X-Part": "changes"}


def changes(caller, query="", **headers):
    return caller.get(f"/moderate/changes?{query}", headers=PART | headers)


def test_what_has_changed_in_a_list(newsroom, anna, boss):
    ids = [newsroom.comment(f"Comment {n}") for n in range(3)]
    first = changes(anna)
    said = first.get_json()
    assert said["rows"] == [[one, 1] for one in ids]
    assert (said["waiting"], said["whole"], said["looking"]) == (3, True, {})
    assert changes(anna, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    boss.post(f"{API}/leases", json={"comment_ids": ids[:1]})
    move_comment(newsroom.services, ids[1], Status.APPROVED)
    later = changes(anna, **{"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200
    assert [row[0] for row in later.get_json()["rows"]] == [ids[0], ids[2]]
    assert later.get_json()["looking"] == {ids[0]: "Boss"}
    assert changes(boss).get_json()["looking"] == {}


def test_a_list_says_where_it_was_cut(newsroom, anna):
    ids = [newsroom.comment(f"Comment {n}") for n in range(52)]
    said = changes(anna).get_json()
    assert ([row[0] for row in said["rows"]], said["whole"]) == (ids[:50], False)
    said = changes(anna, "lines=60").get_json()
    assert ([row[0] for row in said["rows"]], said["whole"]) == (ids, True)
    for odd in ("lines=-1", "lines=x", "lines=99999999", "lines=\u0662"):
        assert changes(anna, odd).status_code == 200


def test_the_lines_of_a_search_and_of_what_is_decided(newsroom, anna):
    wanted = newsroom.comment("About the ferry")
    newsroom.comment("About the tunnel")
    assert [row[0] for row in changes(anna, "q=ferry").get_json()["rows"]] == [wanted]
    done = newsroom.comment("Decided", status=Status.APPROVED)
    assert [row[0] for row in changes(anna, "tab=approved").get_json()["rows"]] == [done]
    lines = anna.get(f"/moderate/rows?tab=approved&ids={done},{wanted}", headers=PART).get_data(as_text=True)
    assert f"item-{done}" in lines
    assert f"item-{wanted}" not in lines


def test_a_list_tells_how_many_the_other_tabs_have(newsroom, anna):
    newsroom.comment("Published", status=Status.APPROVED)
    newsroom.comment("Refused", status=Status.REJECTED)
    tabs = changes(anna).get_json()["tabs"]
    assert {name: n for name, n in tabs.items() if n} == {"unreviewed": 1, "approved": 1, "rejected": 1}
    assert changes(anna, "q=anything").get_json()["tabs"] == {}


def test_lines_of_other_sites_are_left_out(newsroom, elsewhere, anna):
    mine, theirs = newsroom.comment("Ours <b>"), elsewhere.comment("Theirs")
    lines = anna.get(f"/moderate/rows?ids={theirs},{mine},unknown", headers=PART).get_data(as_text=True)
    assert f"item-{mine}" in lines
    assert "Ours &lt;b&gt;" in lines
    assert theirs not in lines
    assert changes(anna, "site=herald").status_code == 404
    assert [row[0] for row in changes(anna).get_json()["rows"]] == [mine]


@pytest.mark.parametrize(
    ("path", "headers", "compressed"),
    [
        ("/moderate/", {}, False),
        ("/moderate/", {"Sec-Fetch-Site": "cross-site"}, False),
        ("/moderate/", {"Sec-Fetch-Site": "same-origin"}, True),
        ("/moderate/", {"Sec-Fetch-Site": "none"}, True),
        ("/moderate/", {"X-Part": "list"}, True),
        ("/moderate/", {"X-Part": "list", "Accept-Encoding": "br"}, False),
        ("/moderate/static/desk.js", {"Sec-Fetch-Site": "same-origin"}, True),
    ],
    ids=str,
)
def test_what_is_compressed(newsroom, anna, path, headers, compressed):
    newsroom.comment()
    answer = anna.get(path, headers={"Accept-Encoding": "gzip"} | headers)
    assert (answer.headers.get("Content-Encoding") == "gzip") is compressed
    assert "Accept-Encoding" in answer.headers["Vary"]
    if compressed:
        assert len(answer.data) < len(gzip.decompress(answer.data))


def test_a_page_that_opens_is_handed_a_comment_of_its_own(newsroom, browser_of):
    ids = [newsroom.comment(f"Comment {n}") for n in range(2)]
    pages = [
        browser_of(newsroom.moderator(name)).get("/moderate/").get_data(as_text=True) for name in ("Anna", "Bernd")
    ]
    assert [f'id="case" tabindex="-1" data-id="{one}"' in page for one, page in zip(ids, pages, strict=True)] == [
        True
    ] * 2
    third = browser_of(newsroom.moderator("Carla")).get("/moderate/").get_data(as_text=True)
    assert 'id="case"' not in third.split("<template")[0]


def test_signing_out_keeps_the_place(newsroom, anna):
    answer = anna.post("/moderate/sign-out", data={"next": "/moderate/?tab=spam&at=x"})
    assert answer.headers["Location"] == "/moderate/sign-in?next=%2Fmoderate%2F%3Ftab%3Dspam%26at%3Dx"


def test_signing_out_leads_nowhere_else(newsroom, anna):
    answer = anna.post("/moderate/sign-out", data={"next": "https://elsewhere.test/"})
    assert answer.headers["Location"] == "/moderate/sign-in"


def test_how_many_a_list_has_follows_what_comes_in(newsroom, anna):
    newsroom.comment("First", status=Status.APPROVED)
    assert changes(anna, "tab=approved").get_json()["counted"] == "1 comment"
    newsroom.comment("Second", status=Status.APPROVED)
    assert changes(anna, "tab=approved").get_json()["counted"] == "2 comments"
    assert changes(anna, "tab=approved&q=second").get_json()["counted"] == "1 comment"
    assert changes(anna, "tab=spam").get_json()["counted"] == "0 comments"
