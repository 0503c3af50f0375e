"""Threads of questions: answers of the newsroom stand right below what they answer, and what is answered is known."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from models import ActorKind, Comment, Question, Status, Thread, new_id
from models.comment import STAFF
from models.queries.queue_filter import QueueFilter, QueueOrder
from service.accounts.actors import Actor
from service.app import create_app
from service.desk.queue.listing import find_ids
from service.moderation.editorial.redaction import redact
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.threads import ThreadRule, keep_thread
from service.moderation.undoing import undo
from service.publishing.documents import read_thread_page
from service.publishing.query import SORTS
from tests.factories import Newsroom, add_site, move_comment
from tests.plans import database_steps, whole_tables_read

ANNA = Actor(ActorKind.MODERATOR, new_id(), "Anna", {"": "admin"})
API = "/api/v1/sites/gazette"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def newsroom(request: pytest.FixtureRequest) -> Newsroom:
    services = request.getfixturevalue("services" if request.param == "sqlite" else "postgres_services")
    found = Newsroom(services, add_site(services))
    found.thread(questions=True)
    return found


@pytest.fixture
def caller(newsroom: Newsroom) -> Client:
    return create_app(newsroom.services).test_client()


def page(newsroom: Newsroom, **asked: Any) -> list[str]:
    return [item["id"] for item in read_thread_page(newsroom.services, "gazette", "4711", **asked)["comments"]]


def walked(newsroom: Newsroom, **asked: Any) -> list[list[str]]:
    """The ids of each page, one after the other."""
    pages, cursor = [], None
    while True:
        found = read_thread_page(newsroom.services, "gazette", "4711", cursor=cursor, **asked)
        pages.append([item["id"] for item in found["comments"]])
        cursor = found["next_cursor"]
        if cursor is None:
            return pages


def answer(newsroom: Newsroom, comment_id: str, text: str = "On Monday.") -> str:
    return reply_as_staff(newsroom.services, ANNA, comment_id, text).comment_id


def filtered(newsroom: Newsroom) -> tuple[list[str], list[str]]:
    """(answered, unanswered) questions, and the desk's list says the same."""
    with newsroom.services.read() as session:
        kept = {row.comment_id: row for row in session.scalars(select(Question))}
        shown = set(session.scalars(select(Comment.id).where(Comment.published_version.is_not(None))))
    assert {id_ for id_, row in kept.items() if row.shown} <= shown
    answered = page(newsroom, only="answered")
    return [id_ for id_ in answered if id_ in kept], page(newsroom, only="unanswered")


def test_answers_stand_right_below_what_they_answer(newsroom: Newsroom) -> None:
    first, second = newsroom.published("When does it open?"), newsroom.published("And what does it cost?")
    me_too = newsroom.published("I wonder as well.", parent_id=first)
    thanks = newsroom.published("Nobody knows.", parent_id=second)
    said = answer(newsroom, first)
    more = answer(newsroom, said, "At nine, to be exact.")
    thank_you = newsroom.published("Thank you.", parent_id=said)
    deeper = answer(newsroom, thanks, "We do.")
    talk, other = [first, said, more, me_too, thank_you], [second, thanks, deeper]
    assert page(newsroom) == talk + other
    assert page(newsroom, sort="newest") == other + talk
    assert page(newsroom, parent=first) == talk[1:]
    assert page(newsroom, depth=1) == [first, said, me_too, second, thanks]
    assert page(newsroom, around=more, limit=4) == [first, said, more, me_too]
    assert walked(newsroom, limit=2) == [talk[:2], talk[2:4], [*talk[4:], *other[:1]], other[1:]]


def test_elsewhere_they_stand_by_time(newsroom: Newsroom) -> None:
    newsroom.thread("talk")
    talk = newsroom.thread("talk")
    first, second = newsroom.published(thread=talk), newsroom.published(thread=talk)
    reply = newsroom.published(parent_id=first, thread=talk)
    said = answer(newsroom, first)
    found = read_thread_page(newsroom.services, "gazette", "talk")
    assert [item["id"] for item in found["comments"]] == [first, second, reply, said]
    assert "mode" not in found["thread"]
    assert read_thread_page(newsroom.services, "gazette", "talk", only="unanswered")["comments"] == []


def test_a_clock_behind_hides_no_reply(newsroom: Newsroom) -> None:
    late = new_id()
    question = newsroom.published()
    said = answer(newsroom, question)
    assert late < question
    early = newsroom.published(parent_id=said, id=late)
    other = newsroom.published(parent_id=question)
    assert page(newsroom) == [question, said, early, other]


@pytest.mark.parametrize("sort", SORTS)
def test_the_filters_page_by_questions(newsroom: Newsroom, sort: str) -> None:
    questions = [newsroom.published(f"Question {n}?") for n in range(7)]
    newsroom.published("Me too.", parent_id=questions[0])
    answers = {questions[n]: answer(newsroom, questions[n]) for n in (1, 3, 5)}
    order = questions if sort == "oldest" else questions[::-1]
    unanswered = [id_ for id_ in order if id_ not in answers]
    assert walked(newsroom, only="unanswered", sort=sort, limit=2) == [unanswered[:2], unanswered[2:]]
    assert walked(newsroom, only="answered", sort=sort, limit=2) == [
        [both for id_ in part for both in (id_, answers[id_])]
        for part in ([id_ for id_ in order if id_ in answers][:2], [id_ for id_ in order if id_ in answers][2:])
    ]


@pytest.mark.parametrize("deep", [False, True], ids=["below the question", "below a reply"])
def test_an_answer_comes_and_goes(newsroom: Newsroom, deep: bool) -> None:
    services = newsroom.services
    question = newsroom.published()
    above = newsroom.published(parent_id=question) if deep else question
    assert filtered(newsroom) == ([], [question])
    made = reply_as_staff(services, ANNA, above, "On Monday.")
    assert filtered(newsroom) == ([question], [])
    undo(services, made.decision_id, ANNA)
    assert filtered(newsroom) == ([], [question])
    move_comment(services, made.comment_id, Status.APPROVED, kind=ActorKind.MODERATOR)
    second = answer(newsroom, above, "Or on Tuesday.")
    newsroom.take_down(made.comment_id)
    assert filtered(newsroom) == ([question], []), "there is another one"
    newsroom.take_down(question)
    assert filtered(newsroom) == ([], []), "what nobody sees asks nothing"
    newsroom.take_down(second, Status.SPAM)
    move_comment(services, question, Status.APPROVED, kind=ActorKind.MODERATOR)
    assert filtered(newsroom) == ([], [question])


def test_a_redacted_answer_is_one(newsroom: Newsroom) -> None:
    question = newsroom.published()
    said = answer(newsroom, question, "Ask Robin Adair about it.")
    with newsroom.services.read() as session:
        revision = session.get_one(Comment, said).revision
    redact(newsroom.services, ANNA, said, version=1, start=4, end=15, expected_revision=revision)
    assert filtered(newsroom) == ([question], [])


def test_what_the_newsroom_begins_is_no_question(newsroom: Newsroom) -> None:
    asked = newsroom.published("Ask us.", badge=STAFF)
    newsroom.published("Gladly.", parent_id=asked)
    assert filtered(newsroom) == ([], [])


def test_a_thread_becomes_one_of_questions_and_a_discussion_again(newsroom: Newsroom) -> None:
    services = newsroom.services
    keep_thread(services, ANNA, newsroom.site, "4711", ThreadRule(questions=False))
    question = newsroom.published()
    other = newsroom.published()
    reply = newsroom.published(parent_id=question)
    said = answer(newsroom, question)
    by_time = [question, other, reply, said]
    assert page(newsroom) == by_time
    _, before = keep_thread(services, ANNA, newsroom.site, "4711", ThreadRule(questions=True))
    with services.read() as session:
        thread = session.scalars(select(Thread)).one()
        assert thread.placed_version == thread.version, "placed before any reader comes"
    assert page(newsroom) == [question, said, reply, other]
    assert filtered(newsroom) == ([question], [other])
    keep_thread(services, ANNA, newsroom.site, "4711", before)
    assert page(newsroom) == by_time
    with services.read() as session:
        assert session.scalars(select(Question)).all() == []


def test_votes_put_questions_in_order(newsroom: Newsroom) -> None:
    few, many = newsroom.published(votes=1), newsroom.published(votes=9)
    newest = newsroom.published()
    assert page(newsroom, only="unanswered", sort="top") == [many, few, newest]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("filter=none", "filter", "unknown_filter"),
        ("filter=Answered", "filter", "unknown_filter"),
        ("filter=answered&parent=01JZ0000000000000000000000", "parent", "not_with_filter"),
        ("filter=unanswered&around=01JZ0000000000000000000000", "around", "not_with_filter"),
        ("filter=unanswered&depth=0", "depth", "not_with_filter"),
        ("filter=unanswered&cursor=WyJvbGRlc3QiXQ", "cursor", "unknown_cursor"),
    ],
)
def test_what_cannot_be_filtered_is_refused(caller: Client, query: str, field: str, code: str) -> None:
    refused = caller.get(f"{API}/comments?thread=4711&{query}")
    assert refused.status_code == 400
    said = refused.get_json()
    assert (said["code"], said["errors"][0]["field"], said["errors"][0]["code"]) == ("invalid_query", field, code)


def test_documents_and_versions_follow_an_answer(newsroom: Newsroom, caller: Client) -> None:
    question = newsroom.published()

    def asked(only: str) -> tuple[list[str], str]:
        found = caller.get(f"{API}/comments?thread=4711&filter={only}")
        assert found.get_json()["thread"]["mode"] == "questions"
        return [item["id"] for item in found.get_json()["comments"]], found.headers["ETag"]

    def version() -> str:
        versions: dict[str, str] = caller.get(f"{API}/counts?thread=4711").get_json()["versions"]
        return versions["4711"]

    before, tag = asked("unanswered")
    seen = version()
    assert before == [question]
    made = reply_as_staff(newsroom.services, ANNA, question, "On Monday.")
    caller.application.extensions["rejoinder.documents"].drop_all()
    assert asked("unanswered") == ([], asked("unanswered")[1])
    assert asked("unanswered")[1] != tag
    assert asked("answered")[0] == [question, made.comment_id]
    assert version() != seen
    undo(newsroom.services, made.decision_id, ANNA)
    caller.application.extensions["rejoinder.documents"].drop_all()
    assert asked("unanswered")[0] == [question]


def test_no_filtered_page_and_no_answer_reads_a_whole_table(newsroom: Newsroom) -> None:
    questions = [newsroom.published() for _ in range(4)]
    answer(newsroom, questions[0])
    with whole_tables_read(newsroom.services) as found:
        for only in ("answered", "unanswered"):
            for sort in SORTS:
                part = read_thread_page(newsroom.services, "gazette", "4711", only=only, sort=sort, limit=1)
                assert part["comments"]
                if part["next_cursor"]:
                    read_thread_page(
                        newsroom.services, "gazette", "4711", only=only, sort=sort, cursor=part["next_cursor"]
                    )
        with newsroom.services.read() as session:
            waiting = QueueFilter(site_ids=[newsroom.site.id], unanswered=True)
            orders: tuple[QueueOrder, ...] = ("priority", "oldest", "newest")
            listed = [find_ids(session, waiting, order, 2) for order in orders]
        newsroom.take_down(answer(newsroom, questions[1]))
        newsroom.take_down(questions[2])
    assert found == []
    assert [part.ids for part in listed] == [questions[1:3], questions[1:3], questions[:1:-1]]
    assert {part.total for part in listed} == {3}


def test_filtered_pages_take_no_more_steps_in_a_longer_thread(services: Any) -> None:
    newsroom = Newsroom(services, add_site(services))
    newsroom.thread(questions=True)
    steps = [_steps(newsroom, [newsroom.published() for _ in range(count)]) for count in (12, 120)]
    assert steps[1] <= steps[0] + 200


def _steps(newsroom: Newsroom, questions: Sequence[str]) -> int:
    for question in questions[::3]:
        answer(newsroom, question)
    with database_steps(newsroom.services) as taken:
        before = taken[0]
        for only in ("answered", "unanswered"):
            for sort in SORTS:
                read_thread_page(newsroom.services, "gazette", "4711", only=only, sort=sort, limit=3)
        return taken[0] - before
