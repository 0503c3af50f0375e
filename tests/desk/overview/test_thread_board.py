"""Threads side by side: their order, their counts, page by page, and what is done to several at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import AuditEntry, Site, Status, Thread, ThreadState
from service.accounts.actors import Actor
from service.desk.overview import thread_board, thread_search, waiting_ranks
from service.desk.overview.thread_board import ThreadPage, find_threads
from service.desk.overview.thread_search import looking_for
from service.desk.overview.waiting_ranks import WaitingRanks
from service.errors import Forbidden, Invalid, NotFound
from service.moderation.set_aside.hold import hold
from service.moderation.threads import ThreadRule, ThreadStep, keep_thread, step_threads
from tests.desk.conftest import newsroom_of
from tests.factories import Newsroom, add_policy_version, add_site

A, B, C = "alpha", "beta", "gamma"


@pytest.fixture
def threads(newsroom, came):
    """Three of which the first is busiest, the second waits most, and the third is the newest."""
    ids = {key: newsroom.thread(key, title=f"On {key}") for key in (A, B, C)}
    for minutes in (2, 3, 4):
        came(minutes, thread=ids[A], status=Status.APPROVED)
    for minutes in (50, 70, 80):
        came(minutes, thread=ids[B])
    came(90, thread=ids[A])
    came(90, thread=ids[B], status=Status.SPAM)
    came(30, thread=ids[C], status=Status.REJECTED)
    return ids


def find(*rooms: Newsroom, order: str = "newest", q: str = "", cursor: str = "") -> ThreadPage:
    services = rooms[0].services
    sites: dict[str, Site] = {room.site.id: room.site for room in rooms}
    with services.read() as session:
        return find_threads(session, sites, order, q, cursor, services.clock.now())  # type: ignore[arg-type]


def keys(page: ThreadPage) -> list[str]:
    return [line.thread.key for line in page.lines]


@pytest.mark.parametrize(
    ("order", "expected"), [("newest", [C, B, A]), ("pending", [B, A]), ("rate", [A, C, B])], ids=str
)
def test_order(newsroom, threads, order, expected):
    del threads
    assert keys(find(newsroom, order=order)) == expected


def test_counts_of_each(newsroom, threads):
    del threads
    lines = {line.thread.key: line for line in find(newsroom).lines}
    numbers = {key: (line.pending, line.rejected, line.spam, line.rate) for key, line in lines.items()}
    assert numbers == {A: (1, 0, 0, 3), B: (3, 0, 1, 1), C: (0, 1, 0, 1)}
    assert lines[A].thread.published_count == 3
    assert lines[B].waits_since == newsroom.services.clock.now() - timedelta(minutes=80)
    assert lines[C].waits_since is None


def test_what_is_set_aside_does_not_wait_in_its_thread(newsroom, anna, came):
    held = came(30)
    assert [line.pending for line in find(newsroom, order="pending").lines] == [1]
    hold(newsroom.services, anna, held, until=newsroom.services.clock.now() + timedelta(hours=1))
    assert find(newsroom, order="pending").lines == []
    assert [(line.pending, line.waits_since) for line in find(newsroom).lines] == [(0, None)]


@pytest.mark.parametrize("order", ["newest", "pending", "rate"])
def test_every_page_goes_on_where_the_last_one_ended(newsroom, threads, fixed_clock, monkeypatch, order):
    whole = keys(find(newsroom, order=order))
    monkeypatch.setattr(thread_board, "PAGE_SIZE", 1)
    for at_once, q in ((1, "a"), (2, "a"), (1000, "a"), (1000, "")):
        monkeypatch.setattr(thread_search, "READ_AT_ONCE", at_once)
        found, cursor = [], ""
        for _ in threads:
            page = find(newsroom, order=order, q=q, cursor=cursor)
            found += keys(page)
            cursor = page.next_cursor
            # Whoever reads slowly sees the hour of the first page.
            fixed_clock.advance(minutes=1 if cursor else 0)
            if not cursor:
                break
        assert found == whole
        assert cursor == ""
        fixed_clock.advance(minutes=-(len(found) - 1))


def test_a_search_that_ended_early_says_so_and_goes_on(newsroom, threads, monkeypatch):
    del threads
    monkeypatch.setattr(thread_search, "THREADS_LOOKED_MOST", 2)
    first = find(newsroom, q="alpha")
    assert (keys(first), first.looked_at) == ([], 2)
    second = find(newsroom, q="alpha", cursor=first.next_cursor)
    assert (keys(second), second.looked_at, second.next_cursor) == ([A], 0, "")


@pytest.mark.parametrize("order", ["newest", "pending", "rate"])
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_search_finds_all_of_every_site_in_order(request, services, monkeypatch, came, order, database):
    """However few threads are looked through for one page, or read at once, or sites asked about."""
    if database == "postgresql":
        services = request.getfixturevalue("postgres_services")
    rooms = [newsroom_of(services, add_site(services, slug)) for slug in ("one", "two")]
    for n, title in enumerate(("Märchen", "100% of it", "The match", "märz_1", "On it", "")):
        for room in rooms[n % 2 :]:
            came(5 + 7 * n, room=room, thread=room.thread(f"key/{n}", title=title))
    whole = find(*rooms, order=order).lines
    for most, at_once, sites in ((1, 1, 1), (2, 100, 2), (3, 2, 1), (100, 1, 2), (100, 100, 1)):
        monkeypatch.setattr(thread_search, "THREADS_LOOKED_MOST", most)
        monkeypatch.setattr(thread_search, "READ_AT_ONCE", at_once)
        monkeypatch.setattr(thread_board, "SITES_AT_ONCE", sites)
        for q in ("mar", "match it", "MÄR", "Y/5", "100%", "%", "_", "zebra"):
            cursor, found = "", []
            while not found or cursor:
                page = find(*rooms, order=order, q=q, cursor=cursor)
                found += page.lines or [None]
                cursor = page.next_cursor
            expected = [line.thread.id for line in whole if looking_for(q)(line.thread.key, line.thread.title)]
            assert [line.thread.id for line in found if line] == expected, (q, most, at_once, sites)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_where_much_waits_the_order_is_kept_for_a_while(request, services, fixed_clock, monkeypatch, came, database):
    if database == "postgresql":
        services = request.getfixturevalue("postgres_services")
    room = newsroom_of(services, add_site(services, "one"))
    for n in range(5):
        for _ in range(n):
            came(5, room=room, thread=room.thread(f"{n}", title=f"On {n % 2}"))
    waiting = WaitingRanks()
    monkeypatch.setattr(waiting_ranks, "TOTAL_MOST", 9)
    monkeypatch.setattr(thread_board, "PAGE_SIZE", 3)

    def found(q: str = "", cursor: str = "") -> ThreadPage:
        with services.read() as session:
            return find_threads(session, {room.site.id: room.site}, "pending", q, cursor, fixed_clock.now(), waiting)

    first = found()
    came(1, room=room, thread=room.thread("new"))
    came(1, room=room, thread=room.thread("2"))
    came(1, room=room, thread=room.thread("2"))
    again = found(cursor=first.next_cursor)
    assert (keys(first), keys(again), again.next_cursor) == (["4", "3", "2"], ["1"], "")
    assert [line.pending for line in found().lines] == [4, 3, 4], "how many wait is counted now"
    assert keys(found("on 1")) == ["3", "1"]
    assert keys(found("zebra")) == []
    fixed_clock.advance(seconds=31)
    assert keys(found()) == [line.thread.key for line in find(room, order="pending").lines] != ["4", "3", "2"]
    monkeypatch.setattr(waiting_ranks, "RANKED_MOST", 2)
    fixed_clock.advance(seconds=31)
    assert len(found(cursor=found().next_cursor).lines) == 2, "more than are kept are ranked each time"


@pytest.mark.parametrize(
    ("q", "fits"),
    [
        ("", True),
        ("muller", True),
        ("MÜLL", True),
        ("mull bridge", True),
        ("mull tunnel", False),
        ("/2026/brid", True),
        ("ridge", True),
        ("dge of", False),
        ("!!", False),
    ],
)
def test_what_is_found(q, fits):
    assert looking_for(q)("news/2026/bridge", "Herr Müller and the bridge") is fits


def test_all_sites_together_and_each_alone(newsroom, elsewhere, threads, came):
    came(1, room=elsewhere, thread=elsewhere.thread("theirs"))
    del threads
    assert keys(find(newsroom, elsewhere)) == ["theirs", C, B, A]
    assert keys(find(elsewhere)) == ["theirs"]
    assert keys(find(newsroom, elsewhere, order="pending")) == [B, "theirs", A]


@pytest.mark.parametrize("cursor", ["x", "rate.1.1.", "pending.1.1.01JZ0000000000000000000000", "newest.-1.0.A"])
def test_a_cursor_of_another_order_is_refused(newsroom, cursor):
    with pytest.raises(Invalid):
        find(newsroom, cursor=cursor)


@pytest.mark.parametrize(
    ("step", "columns", "after"),
    [
        (ThreadStep.CLOSE, {}, ("closed", None)),
        (ThreadStep.CLOSE, {"state": ThreadState.HIDDEN}, None),
        (ThreadStep.OPEN, {"state": ThreadState.CLOSED}, ("open", None)),
        (ThreadStep.OPEN, {"state": ThreadState.HIDDEN}, None),
        (ThreadStep.PREMODERATE, {"mode": "obituary"}, ("open", "needs_approval")),
        (ThreadStep.PREMODERATE, {"mode": "needs_approval"}, None),
        (ThreadStep.BY_POLICY, {"mode": "needs_approval"}, ("open", None)),
        (ThreadStep.BY_POLICY, {"mode": "obituary"}, None),
    ],
)
def test_steps(newsroom, anna, step, columns, after):
    services = newsroom.services
    thread_id = newsroom.thread(**({"verified": False} | columns))
    changed = step_threads(services, anna, [thread_id], step)
    with services.read() as session:
        thread = session.get_one(Thread, thread_id)
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "thread.change"))
    assert changed == (after is not None)
    assert (entry is not None) == (after is not None)
    # What a reader's post said of the page has not become the newsroom's word.
    assert (thread.verified, thread.title) == (False, "Council votes on the bridge")
    if after is not None:
        assert (thread.state, thread.mode) == after
        assert (thread.version, thread.placed_version) == (1, 1)


PRESETS = "format: 1\npresets: {harvest: {mode: manual}}\n"


@pytest.mark.parametrize(("yaml", "back"), [(PRESETS, "harvest"), ("format: 1\n", None)], ids=["there", "gone"])
def test_after_pre_moderation_the_earlier_preset_is_back(newsroom, anna, yaml, back):
    services, plain = newsroom.services, newsroom.thread("plain")
    add_policy_version(services, newsroom.site, yaml)
    preset = newsroom.thread(mode="harvest")
    for _ in range(2):
        assert step_threads(services, anna, [preset, plain], ThreadStep.PREMODERATE) == 2
        assert step_threads(services, anna, [preset, plain], ThreadStep.BY_POLICY) == 2
        with services.read() as session:
            assert session.get_one(Thread, preset).mode == back
            assert session.get_one(Thread, plain).mode is None
        if back is None:
            return


def test_the_earlier_preset_is_back_by_every_door(newsroom, anna):
    services, site = newsroom.services, newsroom.site
    add_policy_version(services, site, PRESETS)
    newsroom.thread("4711", mode="harvest")
    for _ in range(2):
        keep_thread(services, anna, site, "4711", ThreadRule(mode="needs_approval"))
        thread, before = keep_thread(services, anna, site, "4711", ThreadRule(mode=None))
        assert (thread.mode, before.mode) == ("harvest", "needs_approval")
    # Said of a thread that does not wait, None is no mode at all.
    assert keep_thread(services, anna, site, "4711", ThreadRule(mode=None))[0].mode is None


def test_nothing_is_done_where_one_of_them_is_out_of_reach(newsroom, elsewhere, anna):
    ours, theirs = newsroom.thread(), elsewhere.thread()
    refusals = []
    for other in (theirs, "01JZ0000000000000000000000"):
        with pytest.raises(NotFound) as refused:
            step_threads(newsroom.services, anna, [ours, other], ThreadStep.CLOSE)
        refusals.append(refused.value.detail)
    assert refusals[0] == refusals[1]
    with newsroom.services.read() as session:
        assert session.get_one(Thread, ours).state is ThreadState.OPEN


def test_a_viewer_steps_nothing(newsroom, anna):
    viewer = Actor(anna.kind, anna.id, "Vera", {newsroom.site.id: "viewer"})
    with pytest.raises(Forbidden):
        step_threads(newsroom.services, viewer, [newsroom.thread()], ThreadStep.CLOSE)
