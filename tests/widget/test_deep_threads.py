"""Conversations as deep as anybody made them before there was a limit, and as deep as a site lets them become."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from models import DEEPEST, Comment, Status, Thread, new_ids
from service.app import create_app
from service.widget.embed import steps
from tests.factories import add_chain, add_comment, add_site, add_thread

CHAIN = 120
ORIGIN = "http://news.test"


def chain(services, thread, length: int) -> list[str]:
    """Published comments, each of which answers the one before; as an older release left them, without places."""
    ids = list(new_ids(length))
    writer = add_chain(services, thread.site_id)
    with services.write() as session:
        for at, id_ in enumerate(ids):
            above = ids[at - 1] if at else None
            add_comment(
                services,
                thread,
                session=session,
                id=id_,
                parent_id=above,
                chain=writer,
                status=Status.APPROVED,
                published_version=1,
                was_published=True,
            )
        session.execute(
            update(Thread)
            .where(Thread.id == thread.id)
            .values(version=length, published_count=length, placed_version=None)
        )
    return ids


class Nesting(HTMLParser):
    """How deep each comment's list item stands in the lists around it; ends that fit no beginning raise."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.depths: dict[str, int] = {}
        # Those that are marked as answers to a comment of another page.
        self.continued: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag in ("ol", "li"):
            self.open.append(tag)
            name = dict(attributes).get("id") or ""
            if name.startswith("comment-"):
                self.depths[name.removeprefix("comment-")] = self.open.count("ol") - 1
                if dict(attributes).get("class") == "continued":
                    self.continued.append(name.removeprefix("comment-"))

    def handle_endtag(self, tag):
        if tag in ("ol", "li"):
            assert self.open.pop() == tag


@pytest.fixture
def site(services):
    return add_site(services, origins=[ORIGIN])


@pytest.fixture
def client(services, site):
    app = create_app(services)
    yield app.test_client()
    app.extensions["rejoinder.documents"].close()


@pytest.fixture
def deep(services, site) -> list[str]:
    with services.write() as session:
        kept = session.get_one(type(site), site.id)
        kept.settings_json = kept.settings_json | {"reply_depth": DEEPEST}
    return chain(services, add_thread(services, site, "deep"), CHAIN)


@pytest.mark.parametrize("around", [None, -1], ids=["from the start", "around the last"])
def test_the_plain_page_of_a_conversation_deeper_than_any_can_become(client, deep, around):
    place = "" if around is None else f"&around={deep[around]}"
    answer = client.get(f"/embed/gazette?thread=deep&limit=100{place}")
    assert answer.status_code == 200
    page = Nesting()
    page.feed(answer.get_data(as_text=True))
    assert page.open == []
    known = {id_: min(at, DEEPEST) for at, id_ in enumerate(deep)}
    assert page.depths == {id_: known[id_] for id_ in page.depths}
    assert len(page.depths) >= 100


def test_replies_to_what_stands_on_the_page_before_are_shown_as_replies(services, client, site):
    """Two answer a comment of the page before, one of them a removed one; what answers them stands below them."""
    thread, writer = add_thread(services, site, "pages"), add_chain(services, site.id)
    published = {"chain": writer, "status": Status.APPROVED, "published_version": 1, "was_published": True}
    with services.write() as session:
        ids = dict(zip(("w50", "gone", "to_w50", "to_gone", "below", "top"), new_ids(6), strict=True))
        above = {"to_w50": "w50", "to_gone": "gone", "below": "to_w50"}
        for name, id_ in ids.items():
            parent = ids.get(above.get(name, ""))
            add_comment(services, thread, session=session, id=id_, parent_id=parent, name=name.title(), **published)
        gone = session.get_one(Comment, ids["gone"])
        gone.status, gone.published_version = Status.REJECTED, None
        session.get_one(Thread, thread.id).placed_version = None
    first = client.get("/api/v1/sites/gazette/comments?thread=pages&limit=2").get_json()
    assert [comment["id"] for comment in first["comments"]] == [ids["w50"], ids["gone"]]
    answer = client.get(f"/embed/gazette?thread=pages&page_title=A%20page&cursor={first['next_cursor']}")
    page = Nesting()
    page.feed(answer.get_data(as_text=True))
    assert page.depths == {ids["to_w50"]: 0, ids["below"]: 1, ids["to_gone"]: 0, ids["top"]: 0}
    assert page.continued == [ids["to_w50"], ids["to_gone"]]
    told = re.findall(r'to <a href="([^"]*)"><bdi>([^<]*)</bdi></a>', answer.get_data(as_text=True))
    assert [name for _, name in told] == ["W50", "an earlier comment"]
    for (link, _), parent in zip(told, ("w50", "gone"), strict=True):
        place, _, fragment = unescape(link).partition("#")
        assert fragment == f"comment-{ids[parent]}"
        assert f'id="{fragment}"' in client.get(f"/embed/gazette{place}").get_data(as_text=True)
    assert "continued" not in client.get("/embed/gazette?thread=pages").get_data(as_text=True)


def test_a_page_around_the_last_comment_is_as_long_as_it_was_asked_for_and_its_way_up(client, deep):
    answer = client.get(f"/api/v1/sites/gazette/comments?thread=deep&limit=10&around={deep[-1]}")
    ids = [comment["id"] for comment in answer.get_json()["comments"]]
    assert ids[-1] == deep[-1]
    assert len(ids) <= 10 + DEEPEST


def test_an_answer_to_the_deepest_that_is_kept_stands_beside_it(services, client, site):
    ids = chain(services, add_thread(services, site, "story"), DEEPEST + 1)
    # Read once, so that its places are made.
    client.get("/api/v1/sites/gazette/comments?thread=story")
    sent = {"thread": "story", "page_url": f"{ORIGIN}/story", "name": "Ada", "email": "ada@example.com"}
    parents = []
    for answered in (ids[-2], ids[-1]):
        document = sent | {"body": f"I answer {answered}.", "parent_id": answered}
        answer = client.post("/api/v1/sites/gazette/comments", json=document, headers={"Origin": ORIGIN})
        assert answer.status_code == 202, answer.get_data(as_text=True)
        with services.read() as session:
            parents.append(session.get_one(Comment, answer.get_json()["id"]).parent_id)
    assert parents == [ids[-2], ids[-2]]


@pytest.mark.parametrize("depth", [1, 3])
def test_below_what_a_site_indents_each_says_whom_it_answers(services, client, site, depth):
    with services.write() as session:
        kept = session.get_one(type(site), site.id)
        kept.settings_json = kept.settings_json | {"reply_depth": depth}
    ids = chain(services, add_thread(services, site, "story"), depth + 4)
    page = Nesting()
    text = client.get("/embed/gazette?thread=story").get_data(as_text=True)
    page.feed(text)
    assert page.depths == {id_: min(at, depth) for at, id_ in enumerate(ids)}
    assert text.count('<span class="small soft">to <bdi>') == 3
    # Who answers deeper is still known to answer that one.
    sent = {"thread": "story", "page_url": f"{ORIGIN}/story", "name": "Ada", "email": "ada@example.com"}
    document = sent | {"body": "I answer the last.", "parent_id": ids[-1]}
    answer = client.post("/api/v1/sites/gazette/comments", json=document, headers={"Origin": ORIGIN})
    with services.read() as session:
        assert session.get_one(Comment, answer.get_json()["id"]).parent_id == ids[-1]


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"a": None, "b": "a", "c": "missing"}, "<a<b>><c>", id="a reply without its parent begins a list"),
        pytest.param(
            {"a": None, "b": "a", "c": "b", "d": "a", "e": None}, "<a<b<c>><d>><e>", id="up by one and by two"
        ),
        pytest.param({"a": None, "b": "a", "c": "b", "d": "c", "e": "d", "f": "b"}, "<a<b<c><d><e><f>>>", id="flat"),
        pytest.param({"a": None, "x": None, "b": "a", "y": "x"}, "<a<b>><x<y>>", id="conversations that alternate"),
    ],
)
def test_steps_are_nested_as_their_comments_are(parents, expected):
    comments = [{"id": id_, "parent_id": parent, "author": None} for id_, parent in parents.items()]
    drawn = ""
    for step in steps(comments, most=2):
        drawn += f"<{step.comment['id']}" + ("" if step.answered else ">") + ">" * step.closes
    assert drawn.removesuffix(">" if comments else "") == expected


def test_a_chain_of_ten_thousand_is_walked_without_a_call_within_a_call():
    comments = [{"id": str(at), "parent_id": str(at - 1), "author": None} for at in range(10_000)]
    assert [step.depth for step in steps(comments, most=10_000)] == list(range(10_000))
