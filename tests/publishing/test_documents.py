import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from models import Comment, CommentVersion, Site, Status, Thread, ThreadState
from service.errors import Invalid, Unavailable, UnknownSite
from service.markup import RENDERER
from service.publishing.documents import CHECK_AFTER, RENEW_AFTER, Documents, ThreadHidden, read_thread_page
from service.publishing.query import PageQuery
from service.publishing.thread_rows import CommentUnknown, permalink
from service.queue.wakes import wake_threads
from service.wiring import Services
from tests.factories import Newsroom
from tests.factories.comment import erase
from tests.publishing.conftest import Ticks, numbers
from tests.waiting import wait_until

COMMENT_FIELDS = [
    "id",
    "parent_id",
    "state",
    "author",
    "html",
    "created_at",
    "edited_at",
    "votes",
    "replies",
    "url",
    "featured",
    "pinned",
]


def read(documents: Documents, key: str = "4711", slug: str = "gazette", **asked: Any) -> dict[str, Any]:
    body = documents.page(slug, key, PageQuery(**asked)).answer("GET", "", "")[2]
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def ids(document: dict[str, Any]) -> list[str]:
    return [comment["id"] for comment in document["comments"]]


def test_shape_is_the_contracts(newsroom: Newsroom, documents: Documents) -> None:
    thread = newsroom.thread(title="A bridge is built")
    newsroom.chain("ada", avatar_seed="seed-Ada")
    first = newsroom.published(
        "A *fine* bridge.", thread=thread, name="Ada", chain="ada", website="https://ada.example/"
    )
    newsroom.published("So it is.", thread=thread, name="Bo", parent_id=first)
    document = read(documents)
    assert document["thread"] == {"key": "4711", "title": "A bridge is built", "open": True, "count": 2}
    assert document["next_cursor"] is None
    comment = document["comments"][0]
    assert list(comment) == COMMENT_FIELDS
    assert comment == {
        "id": first,
        "parent_id": None,
        "state": "published",
        "author": {"name": "Ada", "website": "https://ada.example/", "avatar": "seed-Ada", "badge": None},
        "html": "<p>A <em>fine</em> bridge.</p>",
        "created_at": "2026-03-14T12:00:00.000Z",
        "edited_at": None,
        "votes": 0,
        "replies": 1,
        "url": f"http://127.0.0.1:8000/c/{first}",
        "featured": False,
        "pinned": False,
    }


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param(Status.REJECTED, "removed", id="rejected"),
        pytest.param(Status.SPAM, "removed", id="spam"),
        pytest.param(Status.PENDING, "removed", id="held again"),
        pytest.param(Status.WITHDRAWN, "withdrawn", id="withdrawn"),
        pytest.param(Status.ERASED, "removed", id="erased"),
    ],
)
def test_tombstone_only_above_published_replies(
    newsroom: Newsroom, documents: Documents, ticks: Ticks, status: Status, state: str
) -> None:
    thread = newsroom.thread()
    parent = newsroom.published("Secret words", thread=thread, name="Quiet Name", website="https://quiet.example")
    reply = newsroom.published(thread=thread, parent_id=parent)
    if status is Status.ERASED:
        erase(newsroom.services, parent)
    else:
        newsroom.take_down(parent, status)
    body = documents.page("gazette", "4711", PageQuery()).answer("GET", "", "")[2]
    tombstone = msgspec.json.decode(body)["comments"][0]
    assert list(tombstone) == COMMENT_FIELDS
    assert (tombstone["state"], tombstone["author"], tombstone["html"]) == (state, None, None)
    assert tombstone["replies"] == 1
    assert b"Secret" not in body
    assert b"uiet" not in body
    newsroom.take_down(reply)
    ticks.time += CHECK_AFTER
    assert read(documents)["comments"] == []


def test_text_that_an_older_renderer_dropped_comes_back(newsroom: Newsroom, documents: Documents) -> None:
    comment_id = newsroom.published("- - seen", thread=newsroom.thread())
    with newsroom.services.write() as session:
        version = session.get_one(CommentVersion, (comment_id, 1))
        version.html, version.renderer = "", RENDERER - 2
    assert read(documents)["comments"][0]["html"] == "<p>- - seen</p>"
    with newsroom.services.read() as session:
        kept = session.get_one(CommentVersion, (comment_id, 1))
        assert (kept.html, kept.renderer) == ("", RENDERER - 2)


def test_edit_is_dated_once_its_text_is_shown(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    thread = newsroom.thread()
    now = newsroom.services.clock.now()
    comment_id = newsroom.published("First words.", thread=thread)
    with newsroom.services.write() as session:
        comment = session.get_one(Comment, comment_id)
        comment.current_version, comment.edited_at = 2, now + timedelta(minutes=5)
        edit = {"comment_id": comment_id, "n": 2, "text": "Second.", "html": "<p>Second.</p>", "renderer": 1}
        session.add(CommentVersion(**edit, status=Status.PENDING, created_at=now + timedelta(minutes=5)))
    waiting = read(documents)["comments"][0]
    assert (waiting["html"], waiting["edited_at"]) == ("<p>First words.</p>", None)
    with newsroom.services.write() as session:
        session.get_one(Comment, comment_id).published_version = 2
        session.get_one(Thread, thread).version += 1
    ticks.time += CHECK_AFTER
    shown = read(documents)["comments"][0]
    assert (shown["html"], shown["edited_at"]) == ("<p>Second.</p>", "2026-03-14T12:05:00.000Z")


def test_what_was_never_approved_is_never_shown(newsroom: Newsroom, documents: Documents) -> None:
    thread = newsroom.thread()
    for status in (Status.RECEIVED, Status.PENDING, Status.REJECTED, Status.SPAM):
        newsroom.comment(thread=thread, status=status)
    assert read(documents)["comments"] == []
    assert read(documents)["thread"]["count"] == 0


def test_article_without_a_thread_is_empty_and_open(site: Site, documents: Documents) -> None:
    assert read(documents, "https://news.test/ä?x=1") == {
        "thread": {"key": "https://news.test/ä?x=1", "title": "", "open": True, "count": 0},
        "comments": [],
        "next_cursor": None,
    }


def test_unknown_site_and_hidden_thread_are_not_there(newsroom: Newsroom, documents: Documents) -> None:
    newsroom.published(thread=newsroom.thread("hidden", state=ThreadState.HIDDEN))
    with pytest.raises(ThreadHidden):
        read(documents, "hidden")
    with pytest.raises(UnknownSite):
        read(documents, slug="nobody")
    assert numbers(documents, "hidden").counts == {"hidden": 0}


def test_closed_thread_says_so(newsroom: Newsroom, documents: Documents) -> None:
    newsroom.thread(state=ThreadState.CLOSED)
    assert read(documents)["thread"]["open"] is False


def test_title_from_a_reader_waits_for_the_first_approval(newsroom: Newsroom, documents: Documents) -> None:
    newsroom.thread(verified=False, title="Buy cheap bricks")
    assert read(documents)["thread"]["title"] == ""


@pytest.mark.parametrize("step", ["withdraw", "close"])
def test_a_document_holds_less_than_a_second(newsroom: Newsroom, documents: Documents, ticks: Ticks, step: str) -> None:
    thread = newsroom.thread()
    comment = newsroom.published(thread=thread)
    before = read(documents)
    if step == "withdraw":
        newsroom.take_down(comment, Status.WITHDRAWN)
    else:
        with newsroom.services.write() as session:
            session.get_one(Thread, thread).state = ThreadState.CLOSED
    ticks.time += CHECK_AFTER - 0.01
    assert read(documents) == before
    ticks.time = 0.99
    assert read(documents) != before


def test_a_drop_counts_at_once_and_even_while_a_build_is_under_way(
    newsroom: Newsroom, documents: Documents, ticks: Ticks
) -> None:
    comment = newsroom.published()
    assert ids(read(documents)) == [comment]
    # The decision falls between a check's start and its end: the check saw the old version.
    ticks.time += CHECK_AFTER
    started = ticks.time
    assert ids(read(documents)) == [comment]
    thread = newsroom.take_down(comment)
    ticks.time = started + 0.001
    documents.drop([thread])
    assert ids(read(documents)) == []


def test_wakes_drop_documents(newsroom: Newsroom, services: Services) -> None:
    frozen = Ticks()
    documents = Documents(services, frozen)
    try:
        documents.listen()
        assert documents._listener is not None
        assert documents._listener.connected.wait(10)
        comment = newsroom.published()
        frozen.time += 1
        assert ids(read(documents)) == [comment]
        thread = newsroom.take_down(comment)
        frozen.time += 0.1
        wake_threads(services.redis, [thread])
        wait_until(lambda: ids(read(documents)) == [], seconds=5, what="the drop")
    finally:
        documents.close()


def test_many_readers_of_a_cold_document_build_it_once(newsroom: Newsroom, documents: Documents) -> None:
    newsroom.published()
    queries: list[str] = []
    event.listen(newsroom.services.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    gate = threading.Barrier(8)

    def one(_: int) -> bytes:
        gate.wait()
        return documents.page("gazette", "4711", PageQuery()).answer("GET", "", "")[2]

    with ThreadPoolExecutor(8) as pool:
        bodies = set(pool.map(one, range(8)))
    assert len(bodies) == 1
    assert len([query for query in queries if "comment_version" in query]) == 1


def test_a_check_costs_one_query(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    newsroom.published()
    read(documents)
    queries: list[str] = []
    event.listen(newsroom.services.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    read(documents)
    assert queries == []
    ticks.time += CHECK_AFTER
    read(documents)
    assert len([query for query in queries if query.startswith("SELECT")]) == 1


def test_one_of_many_readers_makes_the_check_before_it_is_due(
    newsroom: Newsroom, documents: Documents, ticks: Ticks
) -> None:
    comment = newsroom.published()
    document = documents.document("gazette", "4711", PageQuery())
    assert documents.is_current(document, ticks())
    assert document.until == RENEW_AFTER
    ticks.time += RENEW_AFTER
    assert [documents.is_current(document, ticks()) for _ in range(3)] == [False, True, True]
    # Who was sent asks the database, although the others still have what they need.
    newsroom.take_down(comment)
    assert ids(read(documents)) == []
    assert not documents.is_current(document, ticks()), "it is no longer what the thread shows"


def test_none_is_shown_for_longer_than_a_second_because_somebody_was_sent(
    newsroom: Newsroom, documents: Documents, ticks: Ticks
) -> None:
    newsroom.published()
    document = documents.document("gazette", "4711", PageQuery())
    ticks.time += RENEW_AFTER
    assert not documents.is_current(document, ticks())
    ticks.time = CHECK_AFTER
    assert [documents.is_current(document, ticks()) for _ in range(2)] == [False, False]


@pytest.mark.parametrize("learned", ["drop", "gap", "check"])
def test_what_is_learned_ends_what_was_looked_at(
    newsroom: Newsroom, documents: Documents, ticks: Ticks, learned: str
) -> None:
    comment = newsroom.published()
    document = documents.document("gazette", "4711", PageQuery())
    ticks.time += 0.1
    assert documents.is_current(document, ticks())
    assert document.epoch is documents.epoch
    if learned == "drop":
        documents.drop([document.found.id or ""])
    elif learned == "gap":
        documents.drop_all()
    else:
        # Another page of the thread asks the database before this one would.
        newsroom.take_down(comment)
        ticks.time += RENEW_AFTER
        assert not documents.is_current(document, ticks())
        read(documents, limit=7)
    assert document.epoch is not documents.epoch
    assert not documents.is_current(document, ticks())


def test_a_check_that_finds_nothing_new_ends_nothing(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    newsroom.published()
    document = documents.document("gazette", "4711", PageQuery())
    epoch = documents.epoch
    ticks.time += CHECK_AFTER
    assert documents.document("gazette", "4711", PageQuery()) is document
    assert documents.epoch is epoch


def test_without_the_database_nothing_old_is_served(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    newsroom.published()
    read(documents)
    with newsroom.services.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE thread RENAME TO thread_gone")
    ticks.time += CHECK_AFTER
    with pytest.raises(Unavailable):
        read(documents)
    with newsroom.services.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE thread_gone RENAME TO thread")
    assert len(read(documents)["comments"]) == 1


def test_memory_stays_bounded(newsroom: Newsroom, services: Services) -> None:
    settings = msgspec.structs.replace(services.settings, cache_bytes=64 * 1024)
    small = Documents(dataclasses.replace(services, settings=settings))
    newsroom.published("long " * 500)
    for limit in range(1, 60):
        read(small, limit=limit)
        read(small, f"nobody wrote here {limit}")
        numbers(small, *(f"{n}/{limit}" for n in range(3)))
    for room in (small._pages, small._marks, small._counted):
        assert 0 < room.used <= room.most


def test_counts(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    thread = newsroom.thread()
    newsroom.published(thread=thread)
    newsroom.comment(thread=thread, status=Status.PENDING)
    found = numbers(documents, "4711", "nobody wrote here")
    assert found.counts == {"4711": 1, "nobody wrote here": 0}
    newsroom.published(thread=thread)
    ticks.time += CHECK_AFTER
    later = numbers(documents, "4711")
    assert later.counts == {"4711": 2}
    assert later.versions["4711"] != found.versions["4711"]
    with pytest.raises(UnknownSite):
        documents.counted("nobody", ("4711",))


def test_numbers_are_made_once(newsroom: Newsroom, documents: Documents, ticks: Ticks) -> None:
    thread = newsroom.thread()
    newsroom.published(thread=thread)
    keys = "4711", "nobody wrote here"
    kept = documents.counted("gazette", keys)
    assert documents.is_current(kept, ticks())
    ticks.time += RENEW_AFTER
    assert [documents.is_current(kept, ticks()) for _ in range(3)] == [False, True, True]
    queries: list[str] = []
    event.listen(newsroom.services.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    assert documents.counted("gazette", keys) is kept
    assert len([query for query in queries if query.startswith("SELECT")]) == 1, "one for all that are due"
    assert documents.is_current(kept, ticks())
    newsroom.published(thread=thread)
    documents.drop([kept.found[0].id or ""])
    assert not documents.is_current(kept, ticks())
    ticks.time += 0.01
    assert documents.counted("gazette", keys) is not kept
    assert numbers(documents, *keys).counts == {"4711": 2, "nobody wrote here": 0}


def test_sites_do_not_see_each_other(newsroom: Newsroom, documents: Documents, services: Services) -> None:
    from tests.factories import add_site

    other = Newsroom(services, add_site(services, "herald"))
    newsroom.published("ours", thread=newsroom.thread("same"))
    other.published("theirs", thread=other.thread("same"))
    assert "ours" in read(documents, "same")["comments"][0]["html"]
    assert "theirs" in read(documents, "same", slug="herald")["comments"][0]["html"]


def test_page_for_the_server_is_the_same_document(newsroom: Newsroom, documents: Documents) -> None:
    thread = newsroom.thread()
    first = newsroom.published(thread=thread)
    newsroom.published(thread=thread, parent_id=first)
    assert read_thread_page(newsroom.services, "gazette", "4711", sort="newest") == read(documents, sort="newest")
    with pytest.raises(Invalid):
        read_thread_page(newsroom.services, "gazette", "4711", cursor="bogus!")


def test_permalink_leads_to_the_article(newsroom: Newsroom) -> None:
    thread = newsroom.thread(url="http://news.test/bridge?a=1#top")
    shown = newsroom.published(thread=thread)
    held = newsroom.comment(thread=thread, status=Status.PENDING)
    with newsroom.services.read() as session:
        assert permalink(session, shown, "http://127.0.0.1:8000") == f"http://news.test/bridge?a=1#comment-{shown}"
        for unknown in (held, "no id", "0" * 26):
            with pytest.raises(CommentUnknown):
                permalink(session, unknown, "http://127.0.0.1:8000")


@pytest.mark.postgres
def test_postgres_gives_the_same(postgres_services: Services) -> None:
    from tests.factories import add_site

    room = Newsroom(postgres_services, add_site(postgres_services))
    thread = room.thread()
    first = room.published(thread=thread)
    reply = room.published(thread=thread, parent_id=first)
    documents = Documents(postgres_services)
    assert ids(read(documents, sort="newest")) == [first, reply]
    assert numbers(documents, "4711").counts == {"4711": 2}
