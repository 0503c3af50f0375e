"""What moderators paste into the search: addresses as they are copied, of what the desk knows in any form."""

from typing import Any

import pytest
from sqlalchemy import update

from models import Site
from tests.factories import add_receipt, add_thread
from tests.lookups import seen

STORY = "https://news.example/politik/2026/budget?id=7"


@pytest.fixture
def story(services: Any, site: Site, newsroom: Any) -> str:
    origins = ["https://news.example", "http://b.example:81", "https://xn--mnchen-3ya.example"]
    with services.write() as session:
        session.execute(update(Site).where(Site.id == site.id).values(origins=origins))
    add_thread(services, site, key="4711", url=STORY, title="The budget")
    add_thread(services, site, key="https://b.example/keyed", url="http://b.example:81/x%C3%BC/", title="")
    add_thread(services, site, key="idn", url="https://xn--mnchen-3ya.example/Rat", title="")
    return f"/moderate/?tab=all&site={site.slug}&thread=4711"


def pasted(browser: Any, q: str) -> Any:
    return browser.get("/moderate/", query_string={"q": q})


@pytest.mark.parametrize(
    "q",
    [
        STORY,
        f" <{STORY}> ",
        f"{STORY}#comments",
        "http://www.news.example/politik/2026/budget/?id=7",
        "news.example/politik/2026/budget?id=7",
        "HTTPS://NEWS.EXAMPLE/politik/2026/budget?id=7",
        "http://comments.example/embed/gazette?thread=4711&page_url=x",
        "https://comments.example/moderate/?tab=spam&thread=4711",
    ],
)
def test_an_articles_address_leads_to_its_comments(boss: Any, stranger: Any, story: str, q: str) -> None:
    assert pasted(boss, q).headers["Location"] == story
    elsewhere = pasted(stranger, q)
    assert elsewhere.status_code == 200
    assert "leads to no comment, no story and no receipt" in elsewhere.get_data(as_text=True)


@pytest.mark.parametrize(
    "q", ["http://b.example:81/xü", "https://b.example:81/x%C3%BC?utm_source=mail", "https://b.example/keyed"]
)
def test_letters_in_an_address_and_addresses_as_keys(boss: Any, story: str, q: str) -> None:
    assert pasted(boss, q).headers["Location"].endswith("thread=https%3A%2F%2Fb.example%2Fkeyed")


@pytest.mark.parametrize("q", ["https://münchen.example/Rat", "HTTPS://MÜNCHEN.example/Rat", "München.Example/Rat"])
def test_letters_in_a_host_in_any_case(boss: Any, story: str, q: str) -> None:
    assert pasted(boss, q).headers["Location"].endswith("thread=idn")


@pytest.mark.parametrize(
    "q",
    [
        "https://news.example/another",
        "https://news.example:8443/politik/2026/budget?id=7",
        "https://other.example/politik/2026/budget?id=7",
        "https://[::1/politik",
        "https://comments.example/receipts/" + "x" * 22,
        "https://comments.example/c/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "https://news.example/" + "ü" * 3900,
    ],
)
def test_what_is_not_known_is_said_to_be_so(boss: Any, story: str, q: str) -> None:
    answer = pasted(boss, q)
    assert answer.status_code == 200
    assert "leads to no comment, no story and no receipt" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "shape",
    [
        "{}", " {} ", "comment-{}", "https://comments.example/c/{}", "https://news.example/x#comment-{}",
        "https://comments.example/moderate/?tab=all&at={}", "https://comments.example/moderate/case/{}/versions?before=3",
        "https://comments.example/moderate/?at={}&writer=01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ],
)  # fmt: skip
def test_a_comment_is_found_wherever_its_id_stands(newsroom: Any, boss: Any, stranger: Any, shape: str) -> None:
    made = newsroom.comment("x")
    for q in (shape.format(made), shape.format(made.lower())):
        assert pasted(boss, q).headers["Location"] == f"/moderate/comment/{made}"
        assert pasted(stranger, q).status_code == 200


def test_a_receipt_leads_to_its_comment(services: Any, newsroom: Any, boss: Any, stranger: Any) -> None:
    made = newsroom.comment("x")
    receipt = add_receipt(services, seen(services, made))
    for q in (receipt, f"https://comments.example/receipts/{receipt}?lang=de", f"comments.example/receipts/{receipt}"):
        assert pasted(boss, q).headers["Location"] == f"/moderate/comment/{made}"
        assert pasted(stranger, q).status_code == 200


def test_a_key_may_be_a_word_so_its_story_is_offered(boss: Any, stranger: Any, story: str) -> None:
    answer = pasted(boss, "4711").get_data(as_text=True)
    assert "Show the story “The budget”" in answer
    assert story.replace("&", "&amp;") in answer
    assert "Show the story" not in pasted(boss, "4712").get_data(as_text=True)
    assert "Show the story" not in pasted(stranger, "4711").get_data(as_text=True)
