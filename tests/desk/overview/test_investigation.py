"""What a query finds, exactly where it is little, and in a sample that is told as one where it is much."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from models import Comment, Status
from models.database.ids import first_id
from service.desk.overview import investigation, slice_counts
from service.desk.overview.asking import HOUR
from service.desk.overview.chart import draw, rounded_up
from service.desk.overview.investigation import CommentFilter, Period, Row, by_step, investigate, look, ranked
from service.desk.overview.slice_counts import SliceCounts
from tests.desk.conftest import newsroom_of
from tests.factories import add_site, finding


@pytest.fixture
def period(newsroom):
    now = newsroom.services.clock.now()
    return Period(now - 6 * HOUR, now, HOUR)


def found(newsroom, period, **asked):
    services = newsroom.services
    with services.read() as session:
        asked = CommentFilter(site_ids=[newsroom.site.id], **asked)
        (sampled,) = look(session, asked, [period], services.clock.now(), SliceCounts())
        return sampled


ASKED = [
    ({}, 8),
    ({"status": Status.PENDING}, 7),
    ({"q": "Müller"}, 3),
    ({"q": "zebra"}, 0),
    ({"q": "!!"}, 0),
    ({"rule": "links"}, 2),
    ({"language": "de"}, 8),
    ({"language": "fr"}, 0),
    ({"section": "Local"}, 8),
    ({"section": "World"}, 0),
    ({"rule": "links", "q": "muller"}, 1),
]


def test_each_filter_alone_and_together(newsroom, came, period, monkeypatch):
    local = newsroom.thread("local", section="Local", language="de-AT")
    came(10, thread=local, text="Herr Muller came", findings=[finding("links")])
    came(70, thread=local, text="Frau MÜLLER went")
    came(130, thread=local, text="Müller", status=Status.APPROVED)
    came(190, thread=local, findings=[finding("links")])
    for minutes in (191, 250, 251, 252):
        came(minutes, thread=local)
    came(7 * 60, thread=local, text="Müller before")
    for asked, expected in ASKED:
        sampled = found(newsroom, period, **asked)
        assert len(sampled.rows) == expected, asked
        assert {row.weight for row in sampled.rows} <= {1.0}
        assert not sampled.is_sample
    # Fewer than there are: of what one index has alone, all of it; else a sample, whose weights make up for the rest.
    monkeypatch.setattr(investigation, "LOOKED_MOST", 4)
    assert len(found(newsroom, period, q="muller").rows) == 3
    sampled = found(newsroom, period)
    assert sampled.is_sample
    assert (sampled.of, round(sum(row.weight for row in sampled.rows))) == (8, 8)


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
@pytest.mark.parametrize(
    ("asked", "few"),
    [
        ({"rule": "links"}, 4),
        ({"q": "muller"}, 6),
        ({"section": "Chess"}, 8),
        ({"language": "is"}, 8),
        ({"rule": "links", "section": "Chess"}, 4),
    ],
    ids=str,
)
def test_what_an_index_has_by_itself_is_gathered_there(
    request, services, came, period, monkeypatch, database, asked, few
):
    """And nothing else is looked at, however much there is: its total is right."""
    if database == "postgresql":
        services = request.getfixturevalue("postgres_services")
    newsroom = newsroom_of(services, add_site(services, "herald"))
    chess = newsroom.thread("chess", section="Chess", language="is")
    rest = newsroom.thread("rest", section="World", language="de")
    for n in range(40):
        findings = [finding("links")] if n % 10 == 0 else []
        text = "Herr Müller" if n % 7 == 3 else "Frau Maier"
        came(1 + n * 0.3, room=newsroom, thread=rest if n % 5 else chess, text=text, findings=findings)
    came(7 * 60, room=newsroom, thread=chess, text="Herr Müller before", findings=[finding("links")])
    monkeypatch.setattr(investigation, "LOOKED_MOST", 4)
    sampled = found(newsroom, period, **asked)
    assert sampled.of == round(sum(row.weight for row in sampled.rows)) == few
    assert sampled.is_sample == (few > 4)
    assert len(sampled.rows) == sampled.looked_at <= 4


def test_the_past_is_counted_now_and_then(newsroom, came, period, fixed_clock, monkeypatch):
    monkeypatch.setattr(investigation, "LOOKED_MOST", 4)
    counts, services = SliceCounts(), newsroom.services
    asked = CommentFilter(site_ids=[newsroom.site.id])

    def total(**more: Status):
        with services.read() as session:
            (sampled,) = look(session, replace(asked, **more), [period], services.clock.now(), counts)
        return sampled.of

    for n in range(30):
        came(5 + n * 11)
    assert total() == 30
    came(10)
    assert total() == 31, "what came in within the last hour is counted each time"
    came(200)
    assert total() == 31
    assert total(status=Status.PENDING) == 32, "of what else is asked for nothing is known yet"
    fixed_clock.advance(minutes=9)
    assert total() == 31
    fixed_clock.advance(minutes=1)
    assert total() == 32


def test_no_more_counts_are_kept_than_there_is_room_for(newsroom, came, period, monkeypatch):
    monkeypatch.setattr(slice_counts, "KEPT_MOST", 3)
    counts, now = SliceCounts(), newsroom.services.clock.now()
    asked = CommentFilter(site_ids=[newsroom.site.id])
    hours = [(now - (n + 1) * HOUR, now - n * HOUR) for n in range(2, 7)]
    for n in range(2, 7):
        came(60 * n + 5)
    with newsroom.services.read() as session:
        assert counts.of(session, asked, hours, now, sqlite=True) == [1] * 5
    assert counts.kept(asked, hours, now) == 3
    assert counts.kept(asked, hours[-3:], now) == 3
    assert counts.kept(asked, hours, now + 2 * slice_counts.KEPT_FOR) == 0


def test_a_sample_is_spread_over_the_whole_period(newsroom, came, period, monkeypatch):
    monkeypatch.setattr(investigation, "LOOKED_MOST", 24)
    for n in range(60):
        came(1 + n * 5.9)
    sampled = found(newsroom, period)
    assert sampled.looked_at <= 24
    assert sampled.of == 60
    assert all(count > 0 for count in by_step(sampled.rows, period))


@pytest.mark.parametrize("asked", [{}, {"status": Status.APPROVED}, {"threads": ("one", "two")}, {"writer": "a"}])
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_sample_is_the_first_of_each_slice(request, services, came, period, monkeypatch, asked, database):
    monkeypatch.setattr(investigation, "LOOKED_MOST", 8)
    if database == "postgresql":
        services = request.getfixturevalue("postgres_services")
    newsroom = newsroom_of(services, add_site(services, "herald"))
    threads = {key: newsroom.thread(key) for key in ("one", "two", "three")}
    wanted = {"status": tuple(Status), "threads": ("one", "two", "three"), "writer": "ab"} | asked
    fit = []
    for n in range(40):
        status = Status.APPROVED if n % 3 else Status.PENDING
        key, chain = ("one", "two", "three")[n % 3], "ab"[n % 5 > 3]
        comment = came(1 + n * 8.9, room=newsroom, thread=threads[key], status=status, chain=chain)
        if status in wanted["status"] and key in wanted["threads"] and chain in wanted["writer"]:
            fit.append(comment)
    if "threads" in asked:
        asked = {"threads": [threads[key] for key in asked["threads"]]}
    if "writer" in asked:
        asked = {"writer": newsroom.chain(asked["writer"])}
    sampled = found(newsroom, period, **asked)
    starts = [first_id(period.since + HOUR / 4 * n) for n in range(25)]
    slices = [[id_ for id_ in fit if start <= id_ < end] for start, end in pairwise(starts)]
    assert {row.id: row.weight for row in sampled.rows} == {min(ids): len(ids) for ids in slices if ids}
    assert sampled.of == len(fit)


def test_the_period_before_is_as_long(period):
    assert period.before == Period(period.since - 6 * HOUR, period.since, HOUR)
    assert len(period.steps) == 6


def test_threads_and_a_writer_are_found_by_themselves(newsroom, came, period):
    one, two, three = (newsroom.thread(key) for key in ("one", "two", "three"))
    came(5, thread=one, chain="a")
    came(6, thread=two, chain="b")
    came(7, thread=three, chain="a")
    came(400, thread=one, chain="a")
    assert len(found(newsroom, period, threads=(one, two)).rows) == 2
    assert len(found(newsroom, period, writer=newsroom.chain("a")).rows) == 2
    assert len(found(newsroom, period, threads=(one, two), writer=newsroom.chain("a")).rows) == 1


def test_another_sites_comments_are_never_counted(newsroom, elsewhere, came, period):
    theirs = elsewhere.thread("theirs")
    came(5, room=elsewhere, thread=theirs, chain="x")
    assert found(newsroom, period).rows == []
    assert found(newsroom, period, threads=(theirs,)).rows == []
    assert found(newsroom, period, writer=elsewhere.chain("x")).rows == []


def test_nothing_at_all(newsroom, period):
    with newsroom.services.read() as session:
        asked = CommentFilter(site_ids=[newsroom.site.id])
        nothing = investigate(session, asked, period, newsroom.services.clock.now(), SliceCounts())
    assert (nothing.total, nothing.counts, nothing.threads) == (0, [0] * 6, [])


def test_ten_are_the_most_by_weight(period):
    rows = [
        Row(str(n), period.since + timedelta(minutes=n), "t", str(n % 12), None, 2.0 if n % 12 == 11 else 1.0)
        for n in range(24)
    ]
    ranks = ranked(rows, rows[:1], lambda row: [row.writer])
    assert len(ranks) == 10
    assert (ranks[0].key, ranks[0].now, ranks[0].before) == ("11", 4, 0)
    assert (ranks[1].key, ranks[1].now, ranks[1].before) == ("0", 2, 1)


@pytest.mark.parametrize(
    ("count", "end"), [(0, 2), (1, 2), (3, 4), (10, 10), (11, 20), (81, 100), (1_000_001, 2_000_000)]
)
def test_an_axis_ends_evenly(count, end):
    assert rounded_up(count) == end


@pytest.mark.parametrize(("narrow", "labels"), [(False, 7), (True, 4)], ids=["wide", "a phone"])
def test_bars_stay_within_their_box_and_labels_apart(narrow, labels):
    chart = draw([n * 7 for n in range(72)], [str(n) for n in range(72)], narrow=narrow)
    assert chart.width == (328 if narrow else 720)
    assert all(chart.left <= bar.x and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert all(chart.top <= bar.y and bar.y + bar.height == chart.base for bar in chart.bars)
    assert len(chart.across) <= labels
    assert chart.most is not None
    assert chart.most.count == 71 * 7
    assert draw([0, 0], ["a", "b"]).most is None


def test_decisions_are_seen_at_once_in_a_status(newsroom, came, period, monkeypatch):
    """Whoever has just decided many comments looks again; only what came in is kept."""
    monkeypatch.setattr(investigation, "LOOKED_MOST", 6)
    monkeypatch.setattr(investigation, "SAMPLED_MOST", 6)
    ids, services, counts = [came(70 + n * 5) for n in range(30)], newsroom.services, SliceCounts()
    asked = CommentFilter(site_ids=[newsroom.site.id], status=Status.PENDING)

    def total() -> int:
        with services.read() as session:
            return investigate(session, asked, period, services.clock.now(), counts).total

    assert total() == 30
    with services.write() as session:
        left = {ids[10], ids[20]}
        session.execute(update(Comment).where(Comment.id.not_in(left)).values(status=Status.REJECTED))
    assert total() == 2
