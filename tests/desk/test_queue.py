"""GET /queue: what it finds, in which order, for whom."""

import pytest

from models import Status
from tests.desk.stories import finding

QUEUE = "/api/v1/moderation/queue"


def ids(answer):
    assert answer.status_code == 200, answer.get_json()
    return [found["id"] for found in answer.get_json()["comments"]]


def test_an_item_has_all_that_a_moderator_needs(story, program):
    story.comment("Before.", chain="mira", status=Status.APPROVED)
    text = "Büy cheap pills 🙂 now"
    wanted = story.comment(
        text,
        chain="mira",
        findings=[finding("word_list", "“cheap pills” is on the list", 4, 15)],
        website="https://mira.example/",
    )
    answer = program(story.key("read")).get(QUEUE)
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


def _fill(story):
    return {
        "plain": story.comment("Bridges are fine", thread="a", thread_more={"section": "local", "language": "en"}),
        "german": story.comment(
            "Brücken über 100% alles", thread="b", thread_more={"section": "sport", "language": "de"}
        ),
        "listed": story.comment(
            "A listed word", thread="b", findings=[finding("word_list", 'says "rule": "shouting"')]
        ),
        "spam": story.comment("Buy", status=Status.SPAM),
        "approved": story.comment("Well said", status=Status.APPROVED, name="Per_Åke"),
        "dead": story.comment("Poison", dead_at=story.services.clock.now()),
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
def test_filters(story, program, query, expected):
    made = _fill(story)
    answer = program(story.key("read")).get(QUEUE, query_string=query | {"order": "oldest"})
    assert ids(answer) == [made[name] for name in expected.split()]
    assert answer.get_json()["total"] == len(expected.split())


@pytest.mark.parametrize(
    "language, expected",
    [
        pytest.param("de", "of the page, own, undecided", id="the text's own before the page's"),
        pytest.param("en", "another", id="another than the page's"),
        pytest.param("de-AT", "", id="a region that nobody named"),
        pytest.param("nl", "of a region", id="a page in one of its regions"),
        pytest.param('"', "", id="no language"),
    ],
)
def test_filter_by_language(story, program, language, expected):
    german = {"thread": "g", "thread_more": {"language": "de"}}
    made = {
        story.comment(**german): "of the page",
        story.comment(**german, facts={"language": "en", "proven": True}): "another",
        story.comment(thread="n", facts={"staff_names": ['"language":"en"'], "language": "de"}): "own",
        story.comment(**german, facts={"language": "und"}): "undecided",
        story.comment(thread="b", thread_more={"language": "nl-BE"}): "of a region",
        story.comment(thread="n"): "of nothing",
    }
    answer = program(story.key("read")).get(QUEUE, query_string={"language": language, "order": "oldest"})
    assert ", ".join(made[found] for found in ids(answer)) == expected
    told = {"another": "en", "own": "de"}
    assert all(found["language"] == told.get(made[found["id"]]) for found in answer.get_json()["comments"])


@pytest.mark.parametrize("order", ["priority", "oldest", "newest"])
def test_pages_go_through_everything_once(story, program, order):
    made = [story.comment(str(n), priority=n % 3) for n in range(7)]
    expected = {
        "oldest": made,
        "newest": made[::-1],
        "priority": sorted(made, key=lambda found: (-(made.index(found) % 3), found)),
    }[order]
    caller = program(story.key("read"))
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
        pytest.param({"filter": "reported"}, "filter", "unknown_value", id="nobody can report yet"),
        pytest.param({"filter": "appealed"}, "filter", "unknown_value", id="nobody can appeal yet"),
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
    ],
)
def test_what_cannot_be_asked(story, program, query, field, code):
    answer = program(story.key("read")).get(QUEUE, query_string=query)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["code"] == "invalid"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]


def test_another_sites_queue_is_not_there(story, elsewhere, program):
    own, foreign = story.comment(), elsewhere.comment()
    caller = program(story.key("moderate"))
    assert ids(caller.get(QUEUE)) == [own]
    assert caller.get(QUEUE, query_string={"site": "herald"}).status_code == 404
    assert caller.get(QUEUE, query_string={"site": "nowhere"}).status_code == 404
    assert foreign not in caller.get(QUEUE, query_string={"thread": "4711"}).get_data(as_text=True)


def test_a_moderator_of_every_site_sees_them_all(story, elsewhere, browser_of):
    own, foreign = story.comment(), elsewhere.comment()
    caller = browser_of(story.moderator("Boss", "admin", sites=[]))
    assert set(ids(caller.get(QUEUE))) == {own, foreign}
    assert ids(caller.get(QUEUE, query_string={"site": "herald"})) == [foreign]


def test_an_edit_is_judged_by_its_own_findings(story, program):
    from models import Comment, CommentVersion

    edited = story.comment("Old listed text", findings=[finding("word_list", "", 4, 10)], status=Status.APPROVED)
    with story.services.write() as session:
        comment = session.get_one(Comment, edited)
        comment.status, comment.current_version, comment.revision = Status.PENDING, 2, 2
        session.add(
            CommentVersion(
                comment_id=edited, n=2, text="New", html="<p>New</p>", renderer=1, created_at=comment.created_at
            )
        )
    caller = program(story.key("read"))
    item = caller.get(QUEUE).get_json()["comments"][0]
    assert (item["text"], item["edit_of"], item["findings"]) == ("New", 1, [])
    assert ids(caller.get(QUEUE, query_string={"rule": "word_list"})) == []


@pytest.mark.postgres
def test_the_same_on_postgresql(postgres_services):
    from service.app import create_app
    from tests.desk.stories import Story
    from tests.factories import add_site

    story = Story(postgres_services, add_site(postgres_services))
    made = _fill(story)
    caller = create_app(postgres_services, rooms=("service.desk.routes",)).test_client()
    caller.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {story.key('read')}"
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
