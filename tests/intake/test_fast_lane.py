"""Comments that no thread waits for get the answers that they get from the view."""

import asyncio
import json
import threading
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import event, update

from models import Comment, Site, Thread, ThreadState
from service.app import create_app, entrance
from service.intake.receive import check
from service.publishing.shortcut import Shortcut
from service.settings import Rate
from service.web_server.bodies import Entrance
from tests.intake.reader import KEY, fields
from tests.intake.web_server import Protocol, run, scope


@pytest.fixture
def server(services, site):
    server = entrance(services, threads=2)
    yield server
    server.__rsgi_del__(None)


@pytest.fixture
def without_lane(services, site):
    """The same service, where a thread waits for every comment."""
    server = Entrance(Shortcut(create_app(services), services), lambda environ: "", threads=2)
    yield server
    server.__rsgi_del__(None)


@pytest.fixture
def only_lane(server, monkeypatch):
    """The server without threads: what needs one has no answer."""

    def no_thread(environ):
        raise AssertionError("a thread was needed")

    monkeypatch.setattr(server, "_call", no_thread)
    return server


def asked(*, headers: dict[str, str] | None = None, path: str = "/api/v1/sites/gazette/comments", **changes):
    body = json.dumps(fields(**changes)).encode()
    sent = {"content_type": "application/json", "content_length": str(len(body))} | (headers or {})
    return scope(path, **sent), Protocol([body])


def answer(server: Entrance, **wanted) -> Protocol:
    request = asked(**wanted)
    run(server, request)
    return request[1]


@pytest.mark.parametrize("origin", [{}, {"origin": "http://news.test"}])
def test_a_comment_is_taken_by_no_thread_and_answered_alike(only_lane, without_lane, origin):
    here, there = answer(only_lane, headers=origin), answer(without_lane, headers=origin)
    assert here.status == there.status == 202
    lengths = {"Content-Length"}
    assert {n: v for n, v in here.answers[0][1].items() if n not in lengths} == {
        n: v for n, v in there.answers[0][1].items() if n not in lengths
    }
    mine, others = (json.loads(one.answers[0][2]) for one in (here, there))
    assert mine.keys() == others.keys()
    assert {n: v for n, v in mine.items() if n == "status"} == {"status": "received"}
    assert mine["receipt_url"].removesuffix(mine["receipt"]) == others["receipt_url"].removesuffix(others["receipt"])


REFUSED = [
    pytest.param({"email": "nobody"}, {}, id="a field"),
    pytest.param({"parent_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, {}, id="an unknown parent"),
    pytest.param({"thread": "closed"}, {}, id="a closed thread"),
    pytest.param({"thread": "ada@example.org"}, {}, id="a thread named after somebody"),
    pytest.param({}, {"origin": "https://evil.example"}, id="a foreign origin"),
    pytest.param({}, {"idempotency_key": "short"}, id="a bad key"),
    pytest.param({}, {"host": "evil.example"}, id="a foreign host"),
    pytest.param({}, {"content_encoding": "gzip"}, id="compressed"),
    pytest.param({}, {"content_type": "text/plain"}, id="another type"),
    pytest.param({"body": ""}, {}, id="nothing said"),
]


@pytest.mark.parametrize(("changes", "headers"), REFUSED)
def test_refusals_are_the_views(services, site, server, without_lane, changes, headers):
    with services.write() as session:
        place = {"site_id": site.id, "url": "http://news.test/closed", "created_at": services.clock.now()}
        session.add(Thread(id="01ARZ3NDEKTSV4RRFFQ69G5FAW", key="closed", state=ThreadState.CLOSED, **place))
    here, there = (answer(one, headers=headers, **changes) for one in (server, without_lane))
    assert 400 <= here.status < 500
    assert here.answers == there.answers


def test_an_unknown_site_is_refused_alike(server, without_lane):
    path = "/api/v1/sites/nowhere/comments"
    here, there = (answer(one, path=path) for one in (server, without_lane))
    assert (here.status, here.code) == (404, "unknown_site")
    assert here.answers == there.answers


def test_the_limit_is_kept(services, site):

    settings = msgspec.structs.replace(services.settings, submit_limit=Rate(3, 60.0))
    server = entrance(replace(services, settings=settings), threads=2)
    requests = [asked(body=f"Remark {n}.") for n in range(8)]
    run(server, *requests)
    server.__rsgi_del__(None)
    assert sorted(protocol.status for _, protocol in requests) == [202] * 3 + [429] * 5
    refused = next(protocol for _, protocol in requests if protocol.status == 429)
    assert int(refused.answers[0][1]["Retry-After"]) >= 1


def test_one_key_is_one_comment_also_at_once(services, only_lane):
    requests = [asked(headers={"idempotency_key": KEY}) for _ in range(8)]
    run(only_lane, *requests)
    again = answer(only_lane, headers={"idempotency_key": KEY})
    answers = {protocol.answers[0][2] for _, protocol in [*requests, (None, again)]}
    assert len(answers) == 1
    with services.read() as session:
        assert session.query(Comment).count() == 1


def test_many_at_once_share_commits(services, only_lane):
    commits = []
    event.listen(services.engine, "commit", lambda connection: commits.append(1))
    requests = [asked(body=f"Remark {n}.") for n in range(60)]
    run(only_lane, *requests)
    assert [protocol.status for _, protocol in requests] == [202] * 60
    assert len(commits) < 30
    with services.read() as session:
        assert session.query(Comment).count() == 60


def test_a_long_comment_is_left_to_a_thread(server, monkeypatch):
    called = []
    call = server._call
    monkeypatch.setattr(server, "_call", lambda environ: called.append(1) or call(environ))
    assert answer(server, body="A long remark. " * 300).status == 202
    assert called == [1]


@pytest.fixture
def in_loop(monkeypatch):
    """Of each comment, whether the event loop itself has checked it."""
    threads = []

    def noted(*arguments):
        threads.append(threading.current_thread() is threading.main_thread())
        return check(*arguments)

    monkeypatch.setattr("service.intake.fast_lane.check", noted)
    return threads


@pytest.mark.parametrize(
    "slow", ["`a " * 40, "- a\n" * 600, "1. a\n" * 300, "\ufdfa" * 200, "a=b&" * 60], ids=lambda text: text[:4]
)
def test_a_text_full_of_marks_holds_up_no_reader(only_lane, in_loop, slow):
    for body in ("Well *said*, www.news.test!\n\nAll of it.", slow):
        assert answer(only_lane, body=body).status == 202
    assert in_loop == [True, False]


def test_letters_that_json_writes_as_escapes_are_no_marks(only_lane, in_loop):
    assert answer(only_lane, body="Дождь идёт, и Волга течёт: всё как всегда.").status == 202
    assert in_loop == [True]


@pytest.mark.parametrize("long", [{"page_title": "AAAA-" * 130}, {"page_url": "http://news.test/?" + "AAAA-" * 130}])
def test_a_page_of_long_names_holds_up_no_reader(only_lane, in_loop, long):
    """Every word of it may be an address in disguise."""
    assert answer(only_lane, **long).status == 202
    assert in_loop == [False]


def test_a_change_of_the_site_is_heard_within_a_second(services, site, server, without_lane):
    assert answer(server).status == 202
    known = server._comment.__self__._intake.sites
    with services.write() as session:
        session.execute(update(Site).values(settings_json={"body_min": 500}))
    known._monotonic = lambda: 1e9  # Long after the site was read.
    assert answer(server).status == 422


def test_a_fault_is_told_and_noted(services, server, without_lane, monkeypatch):
    def broken(*_arguments, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("service.intake.fast_lane.check", broken)
    told = answer(server)
    assert (told.status, told.code) == (500, "internal_error")


def test_a_busy_database_is_a_503(services, site):
    server = entrance(services, threads=2)

    def broken(connection):
        raise OSError("disk full")

    event.listen(services.engine, "commit", broken)
    assert answer(server).status == 500
    event.remove(services.engine, "commit", broken)
    assert answer(server).status == 202
    server.__rsgi_del__(None)


def test_whoever_has_gone_stops_nothing(services, server):
    """A waiting request that is cancelled: its comment is committed all the same, and so are the others."""

    async def leave() -> None:
        first = asyncio.ensure_future(server.__rsgi__(*asked(body="Gone.")))
        await asyncio.sleep(0)
        while not server._comment.__self__._intake.commits._committer._waiting and not first.done():
            await asyncio.sleep(0)
        first.cancel()
        stays = asked(body="Here.")
        await server.__rsgi__(*stays)
        assert stays[1].status == 202

    asyncio.run(leave())
    with services.read() as session:
        assert session.query(Comment).count() >= 1
