"""The desk's list: filters in the address, tabs that never end, what is unreviewed, saved views, the way from a
comment's address."""

import re
import threading
from typing import Any

import pytest
from sqlalchemy import select

from models import Decision, Status
from service.accounts.sessions import session_actor
from service.app import create_app
from service.desk.queue.lists import place as places
from service.desk.queue.lists import saved
from service.desk.queue.lists.place import TABS, DeskLocation
from service.moderation.decisions import DecisionRequest, apply_decisions
from tests.desk.conftest import newsroom_of
from tests.factories import add_site

VIEWS = "/api/v1/moderation/views"


def page_of(browser: Any, path: str = "/moderate/") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_data(as_text=True))


def shown(page: str) -> list[str]:
    return re.findall(r'id="item-(\w+)"', page)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("", id="what waits"),
        pytest.param("tab=spam", id="a tab"),
        pytest.param("tab=all&site=gazette&q=a+b&section=Lokales&thread=a&thread=b%26c", id="stories"),
        pytest.param("tab=unreviewed&rule=link_count&language=de&younger=2d&older=90m&order=oldest", id="the rest"),
        pytest.param("writer=01ARZ3NDEKTSV4RRFFQ69G5FAV", id="a writer"),
    ],
)
def test_an_address_holds_all_of_a_list(app: Any, query: str) -> None:
    with app.test_request_context(f"/moderate/?{query}") as context:
        place = DeskLocation.of_query(context.request.values)
    assert place.link() == f"/moderate/?{query}".rstrip("?")
    assert DeskLocation.of_narrowing(place.narrowing) == place


@pytest.mark.parametrize(
    "query",
    ["tab=none", "rule=No+Rule", "younger=soon", "order=best", "order=nearest", "language=" + "x" * 40, "cluster=1"],
)
def test_what_cannot_be_asked_is_left_out(app: Any, query: str) -> None:
    with app.test_request_context(f"/moderate/?{query}") as context:
        assert DeskLocation.of_query(context.request.values) == DeskLocation()


def test_every_filter_is_a_chip_that_takes_it_away(newsroom: Any, boss: Any) -> None:
    newsroom.thread("a", title="Der <Jahrmarkt>")
    page = page_of(boss, "/moderate/?thread=a&thread=b&rule=link_count&younger=2d&site=gazette&q=%3Cb%3E&section=x")
    chips = re.findall(r'<li><a href="([^"]*)" title="Remove this filter"><span[^>]*>([^<]*)', page)
    assert [label for _, label in chips] == [
        "on gazette", "with “&lt;b&gt;”", "in section “x”", "under “Der &lt;Jahrmarkt&gt;”", "under “b”",
        "rule “Links”", "younger than 2 days",
    ]  # fmt: skip
    assert "thread=a" in chips[4][0]
    assert "thread=b" not in chips[4][0]
    assert "Nothing that you ask for is here" in page


def test_a_tab_goes_on_to_all_that_was_ever_decided(newsroom: Any, boss: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(places, "PAGE_SIZE", 2)
    made = [newsroom.comment(f"n {n}", status=Status.REJECTED) for n in range(5)]
    page, seen = page_of(boss, "/moderate/?tab=rejected"), []
    for _ in range(3):
        seen += shown(page)
        found = re.search(r'rel="next" href="([^"]*)"', page)
        page = page_of(boss, found[1].replace("&amp;", "&")) if found else ""
    assert seen == made[::-1]
    assert page_of(boss, "/moderate/?tab=rejected&cursor=decided.x")  # One that is none of ours: from the beginning.


def test_the_unreviewed_are_kept_at_once(newsroom: Any, boss: Any, services: Any) -> None:
    far = newsroom.comment("far", status=Status.APPROVED, nearness=100)
    near = newsroom.comment("near", status=Status.APPROVED, nearness=900)
    page = page_of(boss, "/moderate/?tab=unreviewed")
    assert shown(page) == [near, far]
    given = re.findall(r'name="shown" value="([^"]*)"', page)
    stale = f"{newsroom.comment('moved', status=Status.APPROVED)}:0"
    answer = boss.post("/moderate/keep", data={"shown": [*given, stale], "tab": "unreviewed"})
    assert answer.headers["Location"] == "/moderate/?tab=unreviewed&kept=2"
    page = page_of(boss, answer.headers["Location"])
    assert "2 comments were seen and kept." in page
    assert [found[:26] for found in shown(page)] == [stale[:26]]
    fields = {"comment_id": stale[:26], "expected_revision": "1", "decision": "keep", "tab": "unreviewed"}
    assert "/moderate/?tab=unreviewed&done=" in boss.post("/moderate/decide", data=fields).headers["Location"]
    assert "Everything has been seen" in page_of(boss, "/moderate/?tab=unreviewed")
    with services.read() as session:
        assert set(session.scalars(select(Decision.action).where(Decision.comment_id == near))) == {"approve", "keep"}


@pytest.mark.parametrize(
    "status, tab",
    [(Status.PENDING, ""), (Status.APPROVED, "tab=approved&"), (Status.REJECTED, "tab=rejected&"),
     (Status.SPAM, "tab=spam&"), (Status.WITHDRAWN, "tab=all&"), (Status.RECEIVED, "tab=all&")],
)  # fmt: skip
def test_a_comments_address_leads_to_its_tab(newsroom: Any, boss: Any, stranger: Any, status: Status, tab: str) -> None:
    made = newsroom.comment("x", status=status)
    assert boss.get(f"/moderate/comment/{made}").headers["Location"] == f"/moderate/?{tab}at={made}"
    assert stranger.get(f"/moderate/comment/{made}").status_code == 404
    for pasted in (
        made,
        f" {made.lower()} ",
        f"https://comments.example/c/{made}",
        f"http://a.example/x#comment-{made}",
    ):
        found = boss.get("/moderate/", query_string={"q": pasted})
        assert found.headers["Location"] == f"/moderate/comment/{made}"
        # Of another site it is words that nobody has written.
        assert stranger.get("/moderate/", query_string={"q": pasted}).status_code == 200


def test_saved_views_are_ones_own_or_a_sites(newsroom: Any, boss: Any, anna: Any, reader: Any, stranger: Any) -> None:
    filters = {"site": "gazette", "thread": ["a", "b"], "order": "oldest", "q": ""}
    own = anna.put(VIEWS, json={"name": " My  stories ", "filters": filters})
    assert own.status_code == 200, own.get_json()
    assert own.get_json()["name"] == "My stories"
    assert own.get_json()["filters"] == {"site": "gazette", "thread": ["a", "b"], "order": "oldest"}
    shared = boss.put(VIEWS, json={"name": "Election", "filters": filters, "shared": True}).get_json()
    names = lambda caller: [found["name"] for found in caller.get(VIEWS).get_json()["views"]]  # noqa: E731
    assert (names(anna), names(reader), names(stranger)) == (["My stories", "Election"], ["Election"], [])
    assert "/moderate/?site=gazette&amp;thread=a&amp;thread=b&amp;order=oldest" in page_of(reader)
    again = anna.put(VIEWS, json={"name": "My stories", "filters": {"status": "any"}}).get_json()
    assert (again["id"], again["filters"]) == (own.get_json()["id"], {"status": "any"})
    leased = anna.post("/api/v1/moderation/leases", json={"limit": 5, **shared["filters"]})
    assert leased.status_code == 200
    path = f"{VIEWS}/{shared['id']}"
    assert [caller.delete(path).status_code for caller in (anna, stranger, boss, boss)] == [403, 404, 204, 404]
    assert reader.delete(f"{VIEWS}/{again['id']}").status_code == 404


@pytest.mark.parametrize(
    "body, status",
    [
        pytest.param({"name": "a", "filters": {"site": "herald"}}, 404, id="another's site"),
        pytest.param({"name": "a", "filters": {}, "shared": True}, 422, id="shared on no site"),
        pytest.param({"name": " ", "filters": {}}, 422, id="no name"),
        pytest.param({"name": "a\u202eb", "filters": {}}, 422, id="a name that turns what is around it"),
        pytest.param({"name": "a", "filters": {"order": "nearest"}}, 422, id="an order that it does not have"),
        pytest.param({"name": "a", "filters": {"email": "a@b.example"}}, 422, id="by address"),
    ],
)
def test_what_cannot_be_saved(newsroom: Any, elsewhere: Any, anna: Any, body: dict[str, Any], status: int) -> None:
    assert anna.put(VIEWS, json=body).status_code == status


def test_views_are_saved_and_deleted_by_plain_forms(newsroom: Any, anna: Any) -> None:
    answer = anna.post(
        "/moderate/views", data={"name": "Sport <i>", "section": "sport", "site": "gazette", "shared": "1"}
    )
    assert answer.headers["Location"] == "/moderate/?site=gazette&section=sport"
    page = page_of(anna)
    assert '<bdi>Sport &lt;i&gt;</bdi></a> <span class="soft small">shared on gazette' in page
    view_id = re.search(r'name="view_id" value="(\w+)"', page)
    assert view_id
    assert anna.post("/moderate/views/delete", data={"view_id": view_id[1]}).status_code == 303
    assert "Sport" not in page_of(anna)
    refused = anna.post("/moderate/views", data={"name": "", "tab": "spam"})
    assert "This view was not saved" in page_of(anna, refused.headers["Location"])


@pytest.mark.parametrize("database", ["services", pytest.param("postgres_services", marks=pytest.mark.postgres)])
def test_numbers_and_lists_agree_while_others_decide(database: str, request: pytest.FixtureRequest) -> None:
    services = request.getfixturevalue(database)
    newsroom = newsroom_of(services, add_site(services))
    made = [newsroom.comment(str(n)) for n in range(24)]
    token = newsroom.session(newsroom.moderator("Boss", "admin"))
    actor = session_actor(services, token)
    assert actor is not None
    browser = create_app(services, rooms=("service.desk.routes",)).test_client()
    browser.set_cookie(newsroom.cookie, token)

    def look(tab: str) -> dict[str, int]:
        page = page_of(browser, f"/moderate/?tab={tab}")
        (total,) = re.findall(r'data-total="(\d+)"', page)
        (waiting,) = re.findall(r'data-waiting="(\d+)"', page)
        tabs = dict.fromkeys(TABS, 0)
        for name, count in re.findall(r'data-tab="(\w+)"[^>]*>[^<]*<span class="count">(\d+)<', page):
            tabs[name] = int(count)
        assert len(shown(page)) == int(total)
        return {**tabs, "waiting": int(waiting), "all": 24, "here": int(total)}

    def work(mine: list[str], action: str) -> None:
        for comment_id in mine:
            apply_decisions(
                services, [DecisionRequest(comment_id=comment_id, action=action, actor=actor, expected_revision=1)]
            )

    workers = [
        threading.Thread(target=work, args=(made[n::3], action))
        for n, action in enumerate(("approve", "reject", "spam"))
    ]
    for worker in workers:
        worker.start()
    try:
        for tab in [*TABS, *TABS]:
            found = look(tab)
            assert found[tab] == found["here"]
            assert found["waiting"] + found["approved"] + found["rejected"] + found["spam"] == 24
    finally:
        for worker in workers:
            worker.join()
    found = look("unreviewed")
    assert (found["waiting"], found["approved"], found["rejected"], found["spam"]) == (0, 8, 8, 8)


def test_views_of_others_push_none_of_ones_own_out(newsroom: Any, boss: Any, anna: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(saved, "VIEWS_MOST", 2)
    for n in range(3):
        boss.put(VIEWS, json={"name": f"Shared {n}", "filters": {"site": "gazette"}, "shared": True})
    anna.put(VIEWS, json={"name": "Mine", "filters": {"site": "gazette"}})
    names = [found["name"] for found in anna.get(VIEWS).get_json()["views"]]
    assert names == ["Mine", "Shared 1", "Shared 2"]
    page = page_of(anna)
    assert page.index(">Mine<") < page.index("Shared by others") < page.index(">Shared 1<")


def test_a_story_without_a_title_is_called_as_its_newest_comment_says(newsroom: Any, boss: Any) -> None:
    named, unnamed = newsroom.thread("a", title="On the bridge"), newsroom.thread("b", title="")
    for title in ("An older word", "On the ferry"):
        newsroom.comment(thread=unnamed, page_url="http://gazette.example/b", page_title=title)
    newsroom.comment(thread=named, page_url="http://gazette.example/a", page_title="Something else")
    page = page_of(boss, "/moderate/?thread=a&thread=b&thread=c")
    chips = re.findall(r'title="Remove this filter"><span[^>]*>([^<]*)', page)
    assert chips == ["under “On the bridge”", "under “On the ferry”", "under “c”"]
