"""GET /queue: what it finds, in which order, for whom."""

import pytest

from models import Status
from tests.factories import edit, finding, move_comment

QUEUE = "/api/v1/moderation/queue"


def ids(answer):
    assert answer.status_code == 200, answer.get_json()
    return [found["id"] for found in answer.get_json()["comments"]]


def test_an_item_has_all_that_a_moderator_needs(newsroom, program):
    newsroom.comment("Before.", chain="mira", status=Status.APPROVED)
    text = "Büy cheap pills 🙂 now"
    wanted = newsroom.comment(
        text,
        chain="mira",
        findings=[finding("word_list", "“cheap pills” is on the list", 4, 15)],
        website="https://mira.example/",
    )
    answer = program(newsroom.key("read")).get(QUEUE)
    found = answer.get_json()
    assert found["total"] == 1
    assert found["next_cursor"] is None
    item = found["comments"][0]
    assert item["id"] == wanted
    assert item["revision"] == 1
    assert item["edit_of"] is None
    assert item["site"] == "gazette"
    assert item["thread"]["key"] == "4711"
    assert item["author"]["name"] == "Mira Holm"
    assert item["author"]["website"] == "https://mira.example/"
    assert item["author"]["proven"] is False
    assert item["text"] == text
    assert item["status"] == "pending"
    assert item["history"] == {"approved": 1, "rejected": 0, "spam": 0, "pending": 0}
    assert item["reviewed"] is False
    assert item["lease"] is None
    marked = item["findings"][0]
    assert {"rule", "version", "score", "field", "start", "end", "message"} <= set(marked)
    assert item["text"][marked["start"] : marked["end"]] == "cheap pills"
    assert answer.headers["Cache-Control"] == "no-store"


def _fill(newsroom):
    return {
        "plain": newsroom.comment("Bridges are fine", thread=newsroom.thread("a", section="local", language="en")),
        "german": newsroom.comment(
            "Brücken über 100% alles", thread=newsroom.thread("b", section="sport", language="de")
        ),
        "listed": newsroom.comment(
            "A listed word", thread=newsroom.thread("b"), findings=[finding("word_list", 'says "rule": "shouting"')]
        ),
        "spam": newsroom.comment("Buy", status=Status.SPAM),
        "approved": newsroom.comment("Well said", status=Status.APPROVED, name="Per_Åke"),
        "dead": newsroom.comment("Poison", dead=True),
    }


@pytest.mark.parametrize(
    "query, expected",
    [
        pytest.param({}, "plain german listed dead", id="what waits"),
        pytest.param({"status": "", "filter": "", "q": ""}, "plain german listed dead", id="empty fields don't narrow"),
        pytest.param({"status": "spam"}, "spam", id="spam"),
        pytest.param({"status": "approved"}, "approved", id="approved"),
        pytest.param({"filter": "unreviewed"}, "plain german listed spam approved dead", id="no person has looked"),
        pytest.param({"filter": "unreviewed", "status": "approved"}, "approved", id="published by the rules alone"),
        pytest.param({"filter": "dead"}, "dead", id="no worker could judge it"),
        pytest.param({"q": "LISTED"}, "listed", id="words, whatever their case"),
        pytest.param({"q": "100%"}, "german", id="a percent sign is a percent sign"),
        pytest.param({"q": "per_", "status": "approved"}, "approved", id="names, an underscore is one"),
        pytest.param({"rule": "word_list"}, "listed", id="rule"),
        pytest.param({"rule": "shouting"}, "", id="a rule named in another's message"),
        pytest.param({"section": "sport"}, "german listed", id="section"),
        pytest.param({"language": "de"}, "german listed", id="language"),
        pytest.param({"thread": "a"}, "plain", id="thread"),
        pytest.param({"site": "gazette", "thread": "nowhere"}, "", id="a thread that is not there"),
    ],
)
def test_filters(newsroom, program, query, expected):
    made = _fill(newsroom)
    answer = program(newsroom.key("read")).get(QUEUE, query_string=query | {"order": "oldest"})
    assert ids(answer) == [made[name] for name in expected.split()]
    assert answer.get_json()["total"] == len(expected.split())


@pytest.mark.parametrize(
    "language, expected",
    [
        pytest.param("de", "of the page, own, undecided", id="the text's own before the page's"),
        pytest.param("en", "another", id="another than the page's"),
        pytest.param("de-AT", "", id="a region that nobody named"),
        pytest.param("EN", "another", id="in capitals"),
        pytest.param("NL-be", "of a region", id="a region in another case"),
        pytest.param("nl", "of a region", id="a page in one of its regions"),
        pytest.param('"', "", id="no language"),
    ],
)
def test_filter_by_language(newsroom, program, language, expected):
    german = {"thread": newsroom.thread("g", language="de")}
    made = {
        newsroom.comment(**german): "of the page",
        newsroom.comment(**german, facts={"language": "en", "proven": True}): "another",
        newsroom.comment(
            thread=newsroom.thread("n"), facts={"staff_names": ['"language":"en"'], "language": "de"}
        ): "own",
        newsroom.comment(**german, facts={"language": "und"}): "undecided",
        newsroom.comment(thread=newsroom.thread("b", language="nl-BE")): "of a region",
        newsroom.comment(thread=newsroom.thread("n")): "of nothing",
    }
    answer = program(newsroom.key("read")).get(QUEUE, query_string={"language": language, "order": "oldest"})
    assert ", ".join(made[found] for found in ids(answer)) == expected
    told = {"another": "en", "own": "de"}
    assert all(found["language"] == told.get(made[found["id"]]) for found in answer.get_json()["comments"])


@pytest.mark.parametrize("order", ["priority", "oldest", "newest"])
def test_pages_go_through_everything_once(newsroom, program, order):
    made = [newsroom.comment(str(n), priority=n % 3) for n in range(7)]
    expected = {
        "oldest": made,
        "newest": made[::-1],
        "priority": sorted(made, key=lambda found: (-(made.index(found) % 3), found)),
    }[order]
    caller = program(newsroom.key("read"))
    seen, cursor = [], ""
    while True:
        answer = caller.get(QUEUE, query_string={"order": order, "limit": 3, "cursor": cursor})
        seen += ids(answer)
        assert answer.get_json()["total"] == 7
        cursor = answer.get_json()["next_cursor"]
        if not cursor:
            break
    assert seen == expected


@pytest.mark.parametrize(
    "query, field, code",
    [
        pytest.param({"status": "erased"}, "status", "unknown_value", id="a status that no queue has"),
        pytest.param({"order": "best"}, "order", "unknown_value", id="order"),
        pytest.param({"limit": "0"}, "limit", "invalid", id="limit too low"),
        pytest.param({"limit": "many"}, "limit", "invalid", id="limit no number"),
        pytest.param(
            {"cursor": "oldest.0.01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "cursor", "unknown_cursor", id="another order's"
        ),
        pytest.param({"cursor": "x" * 61}, "cursor", "invalid", id="cursor too long"),
        pytest.param({"sort": "oldest"}, "sort", "unknown_field", id="a field that is not there"),
        pytest.param({"q": "a\0b"}, "q", "characters", id="NUL"),
        pytest.param({"rule": "No Rule"}, "rule", "invalid", id="rule"),
        pytest.param({"younger": "90m\n"}, "younger", "invalid", id="an age and a line break"),
        pytest.param({"rule": "caps\n"}, "rule", "invalid", id="a rule and a line break"),
    ],
)
def test_what_cannot_be_asked(newsroom, program, query, field, code):
    answer = program(newsroom.key("read")).get(QUEUE, query_string=query)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["code"] == "invalid"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]


def test_another_sites_queue_is_not_there(newsroom, elsewhere, program):
    own, foreign = newsroom.comment(), elsewhere.comment()
    caller = program(newsroom.key("moderate"))
    assert ids(caller.get(QUEUE)) == [own]
    assert caller.get(QUEUE, query_string={"site": "herald"}).status_code == 404
    assert caller.get(QUEUE, query_string={"site": "nowhere"}).status_code == 404
    assert foreign not in caller.get(QUEUE, query_string={"thread": "4711"}).get_data(as_text=True)


def test_a_moderator_of_every_site_sees_them_all(newsroom, elsewhere, browser_of):
    own, foreign = newsroom.comment(), elsewhere.comment()
    caller = browser_of(newsroom.moderator("Boss", "admin", everywhere=True))
    assert set(ids(caller.get(QUEUE))) == {own, foreign}
    assert ids(caller.get(QUEUE, query_string={"site": "herald"})) == [foreign]


def test_an_edit_is_judged_by_its_own_findings(newsroom, program):
    edited = newsroom.comment("Old listed text", findings=[finding("word_list", "", 4, 10)], status=Status.APPROVED)
    edit(newsroom.services, edited, "New")
    move_comment(newsroom.services, edited, Status.PENDING)
    caller = program(newsroom.key("read"))
    item = caller.get(QUEUE).get_json()["comments"][0]
    assert (item["text"], item["edit_of"]) == ("New", 1)
    assert [found["rule"] for found in item["findings"]] == ["service"]
    assert ids(caller.get(QUEUE, query_string={"rule": "word_list"})) == []


@pytest.mark.postgres
def test_the_same_on_postgresql(postgres_services):
    from service.app import create_app
    from tests.desk.conftest import newsroom_of
    from tests.factories import add_site

    newsroom = newsroom_of(postgres_services, add_site(postgres_services))
    made = _fill(newsroom)
    caller = create_app(postgres_services, rooms=("service.desk.routes",)).test_client()
    caller.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {newsroom.key('read')}"
    for query, expected in (
        ({}, "plain german listed dead"),
        ({"rule": "word_list"}, "listed"),
        ({"rule": "shouting"}, ""),
        ({"q": "BRÜCKEN"}, "german"),
        ({"q": "100%"}, "german"),
    ):
        assert ids(caller.get(QUEUE, query_string=query | {"order": "oldest"})) == [
            made[name] for name in expected.split()
        ]
