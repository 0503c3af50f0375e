"""What the queue is asked by: words, rules, languages and sections, on both databases and whatever there is of them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from models import Comment, CommentRule, SearchEntry, Status, Thread, new_id
from models.database.ids import first_id
from models.queries import arms, queue_filter
from service.app import create_app
from service.desk import wording
from service.desk.queue import listing, retrieval
from service.desk.queue.combined import postgresql, sqlite
from service.moderation.outbox.unlisted import list_unlisted
from tests.desk.conftest import newsroom_of
from tests.factories import add_site, edit, finding, move_comment

QUEUE = "/api/v1/moderation/queue"


class World:
    """A newsroom of which every comment has a name in the test."""

    def __init__(self, services: Any) -> None:
        self.services = services
        self.newsroom = newsroom_of(services, add_site(services))
        self.caller = create_app(services, rooms=("service.desk.routes",)).test_client()
        self.caller.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.newsroom.key('moderate')}"
        self.newsroom.thread(title="Council votes")
        local = self.newsroom.thread("local", title="Ein Straßenfest", section="local", language="de")
        self.made = {
            "bridge": self._comment(
                "Die Brücke bei Müller ist zu.",
                thread=local,
                findings=[finding("word_list", "a")],
                facts={"language": "de"},
                chain="one",
            ),
            "english": self._comment("The bridge is closed 👍", thread=local, facts={"language": "en"}),
            "named": self._comment("Nothing to add.", name="Zoë Müllerová", thread=local),
            "tokyo": self._comment("東京タワーが好き", facts={"language": "und"}),
            "spam": self._comment(
                "Bridge loans!", status=Status.SPAM, findings=[finding("word_list", "b")], chain="one"
            ),
            "up": self._comment("A bridge too far", status=Status.APPROVED, thread=local),
        }

    def _comment(self, text: str, **more: Any) -> str:
        """The first is two hours and half a minute old, each other a minute younger, by its id as well."""
        at = self.services.clock.now() - timedelta(minutes=120.5 - self.newsroom.minutes)
        return self.newsroom.comment(text, id=first_id(at)[:10] + new_id()[10:], **more)

    def find(self, **asked: Any) -> str:
        """Names of what is found, in the order of the answer."""
        if "writer" in asked:
            asked["writer"] = self.made[asked["writer"]]
        answer = self.caller.get(QUEUE, query_string={"order": "oldest"} | asked)
        assert answer.status_code == 200, answer.get_json()
        names = {comment_id: name for name, comment_id in self.made.items()}
        return " ".join(names[found["id"]] for found in answer.get_json()["comments"])


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def world(request: pytest.FixtureRequest, database: str) -> World:
    return World(request.getfixturevalue("services" if database == "sqlite" else "postgres_services"))


@pytest.fixture(params=["few", "many", "walked"])
def gathered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With `many` there are always more than can be counted, so that everything is gone through in order; with `walked`
    too many to look at each at first."""
    if request.param != "few":
        monkeypatch.setattr(postgresql, "LOOKED_THROUGH_MOST", 0)
    if request.param == "many":
        monkeypatch.setattr(postgresql, "LOOKED_THROUGH_AFTER_ALL", 0)
        for module in (queue_filter, arms, listing, retrieval, sqlite):
            monkeypatch.setattr(module, "TOTAL_MOST", 0)
        _nothing_is_few(monkeypatch)
    return str(request.param)


def _nothing_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (
        "SQLITE_WALK_MOST",
        "WORDED_MOST",
        "LOOKED_UP_MOST",
        "LOOKED_THROUGH_MOST",
        "LOOKED_THROUGH_AFTER_ALL",
    ):
        monkeypatch.setattr(sqlite, most, 0)


ASKED = [
    ({"q": "muller"}, "bridge named"),
    ({"q": "MÜLLER"}, "bridge named"),
    ({"q": "mullerova zoe"}, "named"),
    ({"q": "zoe add"}, "named"),
    ({"q": "bri"}, "english"),
    ({"q": "is"}, "english"),
    ({"q": "br"}, ""),
    ({"q": "idge"}, ""),
    ({"q": "bridge", "status": "approved"}, "up"),
    ({"q": "bridge", "filter": "unreviewed"}, "english spam up"),
    ({"q": "closed bridge"}, "english"),
    ({"q": "closed nowhere"}, ""),
    ({"q": "👍"}, "english"),
    ({"q": "京タ"}, "tokyo"),
    ({"q": "京"}, "tokyo"),
    ({"q": "京ワ"}, ""),
    ({"q": "?!"}, ""),
    ({"q": "' OR 1=1 \" * ) :"}, ""),
    ({"q": "strassenfest"}, "bridge english named"),
    ({"q": "STRASSENFEST muller"}, "bridge named"),
    ({"q": "council", "status": "any"}, "tokyo spam"),
    ({"q": "bridge", "status": "any"}, "english spam up"),
    ({"status": "any", "language": "de"}, "bridge named up"),
    ({"status": "any", "section": "local"}, "bridge english named up"),
    ({"status": "any", "order": "newest"}, "up spam tokyo named english bridge"),
    ({"thread": ["local", "4711"]}, "bridge english named tokyo"),
    (
        {"thread": ["local", "4711", "nowhere"], "status": "any", "order": "newest"},
        "up spam tokyo named english bridge",
    ),
    ({"thread": ["local", "4711"], "rule": "word_list", "status": "any"}, "bridge spam"),
    ({"thread": ["nowhere", ""]}, ""),
    ({"writer": "bridge", "status": "any"}, "bridge spam"),
    ({"writer": "spam"}, "bridge"),
    ({"writer": "spam", "q": "muller"}, "bridge"),
    ({"writer": "up"}, ""),
    ({"younger": "118m"}, "tokyo"),
    ({"younger": "118m", "status": "any"}, "tokyo spam up"),
    ({"older": "118m"}, "bridge english named"),
    ({"older": "118m", "order": "priority"}, "bridge english named"),
    ({"older": "118m", "younger": "119m", "order": "newest"}, "named"),
    ({"older": "118m", "rule": "word_list"}, "bridge"),
    ({"older": "118m", "q": "muller", "order": "priority"}, "bridge named"),
    ({"younger": "9999d", "status": "approved"}, "up"),
    ({"status": "spam", "order": "decided"}, "spam"),
    ({"status": "any", "order": "decided"}, "up spam tokyo named english bridge"),
    ({"status": "any", "order": "decided", "rule": "word_list"}, "spam bridge"),
    ({"status": "any", "order": "decided", "q": "bridge", "language": "de"}, "up"),
    ({"status": "any", "order": "decided", "section": "local"}, "up named english bridge"),
    ({"status": "any", "order": "decided", "older": "118m", "thread": "local"}, "named english bridge"),
    ({"status": "approved", "filter": "unreviewed", "order": "nearest"}, "up"),
    ({"status": "approved", "filter": "unreviewed", "order": "nearest", "q": "bridge", "thread": "local"}, "up"),
    ({"status": "approved", "filter": "unreviewed", "order": "nearest", "rule": "word_list"}, ""),
    ({"rule": "word_list"}, "bridge"),
    ({"rule": "word_list", "status": "spam"}, "spam"),
    ({"rule": "word_list", "filter": "unreviewed"}, "bridge spam"),
    ({"rule": "word_list", "q": "loans", "status": "spam"}, "spam"),
    ({"language": "de"}, "bridge named"),
    ({"language": "DE"}, "bridge named"),
    ({"language": "de", "q": "muller"}, "bridge named"),
    ({"language": "en", "section": "local"}, "english"),
    ({"section": "local"}, "bridge english named"),
    ({"section": "local", "status": "approved", "q": "bridge"}, "up"),
    ({"section": "nowhere"}, ""),
    ({"section": "local", "thread": ["local", "4711"]}, "bridge english named"),
    ({"section": "nowhere", "thread": "local"}, ""),
    ({"thread": "local", "order": "newest"}, "named english bridge"),
    ({"thread": "local", "rule": "word_list", "language": "de"}, "bridge"),
    ({"filter": "dead", "language": "de", "order": "decided"}, ""),
]


def test_what_is_found(world: World, gathered: str) -> None:
    assert {str(asked): world.find(**asked) for asked, _ in ASKED} == {str(asked): names for asked, names in ASKED}


def test_pages_of_a_search_go_through_everything_once(world: World, gathered: str) -> None:
    for order in ("oldest", "newest", "priority"):
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            asked = {"filter": "unreviewed", "q": "bridge", "order": order, "limit": "1", "cursor": cursor}
            answer = world.caller.get(QUEUE, query_string=asked).get_json()
            seen += [found["id"] for found in answer["comments"]]
            cursor = answer["next_cursor"] or ""
        assert not cursor
        wanted = [world.made[name] for name in ("english", "spam", "up")]
        assert seen == (wanted[::-1] if order == "newest" else wanted)
        past = {"filter": "unreviewed", "q": "bridge", "order": order, "cursor": f"{order}.-9.{'Z' * 26}"}
        assert world.caller.get(QUEUE, query_string=past).status_code == 200


def test_totals_end_at_what_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def totals() -> list[tuple[int, str]]:
        answers = [
            world.caller.get(QUEUE, query_string=asked).get_json()
            for asked in ({}, {"q": "mul"}, {"rule": "word_list"})
        ]
        return [(answer["total"], answer["total_is"]) for answer in answers]

    assert totals() == [(4, "exact"), (2, "exact"), (1, "exact")]
    for module in (queue_filter, arms, listing, retrieval, sqlite):
        monkeypatch.setattr(module, "TOTAL_MOST", 1)
    assert totals() == [(1, "at_least"), (1, "at_least"), (1, "exact")]


def test_the_page_says_more_than_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (queue_filter, arms, listing, retrieval, wording):
        monkeypatch.setattr(module, "TOTAL_MOST", 2)
    browser = world.caller.application.test_client()
    browser.set_cookie(world.newsroom.cookie, world.newsroom.session(world.newsroom.moderator("Boss", "admin")))
    page = browser.get("/moderate/").get_data(as_text=True)
    assert '<b data-count="3">more than 2</b> waiting' in page
    page = browser.get("/moderate/", query_string={"q": "mul", "site": world.newsroom.site.slug}).get_data(as_text=True)
    assert ">2 comments</span></p>" in page
    assert "with “mul”" in page


def test_what_is_decided_is_found_as_it_stands_now(world: World) -> None:
    services, bridge = world.services, world.made["bridge"]
    move_comment(services, bridge, Status.REJECTED)
    assert world.find(q="muller") == "named"
    assert world.find(rule="word_list") == ""
    assert world.find(q="muller", status="rejected") == "bridge"
    edit(services, world.made["english"], "The tunnel is closed")
    assert world.find(q="bridge") == ""
    assert world.find(language="en") == ""
    move_comment(services, world.made["english"], Status.PENDING, facts={"language": "en"})
    assert (world.find(q="tunnel"), world.find(q="bridge"), world.find(language="en")) == ("english", "", "english")
    move_comment(services, world.made["named"], Status.WITHDRAWN)
    with services.read() as session:
        left = session.scalars(select(SearchEntry.comment_id)).all()
    assert world.made["named"] not in left


def test_what_an_older_release_decided_since_is_shown_as_it_stands(world: World) -> None:
    with world.services.write() as session:
        session.execute(update(Comment).where(Comment.id == world.made["bridge"]).values(status=Status.APPROVED))
    assert world.find(q="muller") == "named"


def test_what_an_older_release_judged_is_found_soon(world: World) -> None:
    """It knew nothing of words, and wrote none."""
    services = world.services
    with services.write() as session:
        session.execute(delete(CommentRule))
        session.execute(delete(SearchEntry))
        session.execute(update(Comment).values(listed_version=None, language=None))
    assert (world.find(q="muller"), world.find(rule="word_list")) == ("", "")
    assert list_unlisted(services) == len(world.made)
    assert list_unlisted(services) == 0
    assert {str(asked): world.find(**asked) for asked, _ in ASKED} == {str(asked): names for asked, names in ASKED}


def test_the_tabs_of_a_week_find_words(world: World, gathered: str) -> None:
    boss = world.newsroom.session(world.newsroom.moderator("Boss", "admin"))
    browser = world.caller.application.test_client()
    browser.set_cookie(world.newsroom.cookie, boss)
    for tab, q, name in (("approved", "bridge", "up"), ("spam", "loans", "spam"), ("spam", "nowhere", "")):
        page = browser.get("/moderate/", query_string={"tab": tab, "q": q}).get_data(as_text=True)
        assert {found for found, comment_id in world.made.items() if f"item-{comment_id}" in page} == {name} - {""}


def test_a_new_title_is_found_soon(world: World) -> None:
    with world.services.write() as session:
        session.execute(update(Thread).where(Thread.key == "local").values(title="Der Jahrmarkt"))
    assert list_unlisted(world.services) >= 4
    assert (world.find(q="jahrmarkt"), world.find(q="strassenfest")) == ("bridge english named", "")
    assert list_unlisted(world.services) == 0


@pytest.mark.parametrize("order", ["decided", "nearest"])
@pytest.mark.parametrize("narrowed", [{}, {"section": "local"}])
def test_pages_of_an_order_go_through_everything_once(
    world: World, gathered: str, order: str, narrowed: dict[str, str]
) -> None:
    """By their last decision, by how near they came to being held: whatever is decided meanwhile."""
    local = world.newsroom.thread("local")
    names = [f"near {n}" for n in range(7)]
    for n, name in enumerate(names):
        near = [500, 0, 900, 500, 0, 900, 250][n]
        world.made[name] = world.newsroom.comment(
            name, status=Status.APPROVED, thread=local, nearness=near, chain=f"writer {n}"
        )
    asked = {"status": "approved", "filter": "unreviewed", "order": order, "limit": "2", **narrowed}
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        answer = world.caller.get(QUEUE, query_string=asked | {"cursor": cursor}).get_json()
        seen += [found["id"] for found in answer["comments"]]
        cursor = answer["next_cursor"] or ""
    assert not cursor
    wanted = {
        "decided": [*reversed(names), "up"][:8],
        "nearest": ["near 2", "near 5", "near 0", "near 3", "near 6", "up", "near 1", "near 4"],
    }[order]
    assert seen == [world.made[name] for name in wanted]


@pytest.mark.parametrize("most", [0, 1000])
def test_what_a_walk_meets_is_counted_where_few_come_along(
    world: World, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Else a full page of what is asked for by two things at once says that there is more. It goes on to the rest."""
    monkeypatch.setattr(retrieval, "LOOKED_UP_MOST", most)
    for bound in ("LOOKED_THROUGH_MOST", "LOOKED_THROUGH_AFTER_ALL"):
        monkeypatch.setattr(postgresql, bound, most)
    if not most:
        _nothing_is_few(monkeypatch)
    asked = {"order": "oldest", "q": "bri", "language": "en", "limit": "1", "status": "pending"}
    world.made["second"] = world.newsroom.comment("Another bridge", facts={"language": "en"})
    first = world.caller.get(QUEUE, query_string=asked).get_json()
    assert (first["total"], first["total_is"]) == ((2, "exact") if most else (1, "at_least"))
    rest = world.caller.get(QUEUE, query_string=asked | {"cursor": first["next_cursor"]}).get_json()
    found = [comment["id"] for comment in first["comments"] + rest["comments"]]
    assert found == [world.made["english"], world.made["second"]]
    whole = world.caller.get(QUEUE, query_string=asked | {"limit": "9"}).get_json()
    assert (whole["total"], whole["total_is"]) == (2, "exact")


def test_no_words_are_kept_of_what_is_withdrawn(world: World) -> None:
    move_comment(world.services, world.made["english"], Status.WITHDRAWN)
    with world.services.read() as session:
        kept = select(SearchEntry.comment_id).where(SearchEntry.comment_id == world.made["english"])
        assert session.scalar(kept) is None
