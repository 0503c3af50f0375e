"""What a query finds, exactly where it is little, and in a sample that is told as one where it is much."""

from datetime import timedelta

import pytest

from models import Status
from service.desk.overview import investigation
from service.desk.overview.asking import HOUR
from service.desk.overview.chart import draw, rounded_up
from service.desk.overview.investigation import CommentFilter, Period, Row, by_step, investigate, look, ranked
from tests.desk.conftest import newsroom_of
from tests.factories import add_site, finding


@pytest.fixture
def period(newsroom):
    now = newsroom.services.clock.now()
    return Period(now - 6 * HOUR, now, HOUR)


def found(newsroom, period, **asked):
    services = newsroom.services
    with services.read() as session:
        return look(session, CommentFilter(site_ids=[newsroom.site.id], **asked), period)


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


def test_a_sample_is_spread_over_the_whole_period(newsroom, came, period, monkeypatch):
    monkeypatch.setattr(investigation, "LOOKED_MOST", 24)
    for n in range(60):
        came(1 + n * 5.9)
    sampled = found(newsroom, period)
    assert sampled.looked_at <= 24
    assert sampled.of == 60
    assert all(count > 0 for count in by_step(sampled.rows, period))


@pytest.mark.postgres
@pytest.mark.parametrize("asked", [{}, {"status": Status.APPROVED}, {"threads": ("one", "two")}, {"writer": "a"}])
def test_a_sample_on_postgresql_is_the_one_that_is_read_slice_by_slice(
    postgres_services, came, period, monkeypatch, asked
):
    monkeypatch.setattr(investigation, "LOOKED_MOST", 8)
    newsroom = newsroom_of(postgres_services, add_site(postgres_services))
    threads = {key: newsroom.thread(key) for key in ("one", "two", "three")}
    for n in range(40):
        status = Status.APPROVED if n % 3 else Status.PENDING
        key = ("one", "two", "three")[n % 3]
        came(1 + n * 8.9, room=newsroom, thread=threads[key], status=status, chain="ab"[n % 5 > 3])
    if "threads" in asked:
        asked = {"threads": [threads[key] for key in asked["threads"]]}
    if "writer" in asked:
        asked = {"writer": newsroom.chain(asked["writer"])}
    at_once = found(newsroom, period, **asked)
    assert at_once.is_sample
    monkeypatch.setattr(investigation, "_slices_at_once", investigation._slice_by_slice)
    assert at_once == found(newsroom, period, **asked)


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
        nothing = investigate(session, CommentFilter(site_ids=[newsroom.site.id]), period)
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


def test_bars_stay_within_their_box_and_labels_apart():
    chart = draw([n * 7 for n in range(72)], [str(n) for n in range(72)])
    assert all(chart.left <= bar.x and bar.x + bar.width <= chart.width for bar in chart.bars)
    assert all(chart.top <= bar.y and bar.y + bar.height == chart.base for bar in chart.bars)
    assert len(chart.across) <= 9
    assert chart.most is not None
    assert chart.most.count == 71 * 7
    assert draw([0, 0], ["a", "b"]).most is None
