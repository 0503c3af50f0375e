"""Votes: what counts, once, from whom, on what, and when readers see it. Over SQLite and PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, select, update

from models import Comment, Place, Site, SiteSettings, Status, Thread, ThreadState, Vote, VoteKinds
from service.errors import Invalid, Refused
from service.intake.receive import Intake
from service.intake.submission.form_tokens import issue_token
from service.moderation.outbox.vote_counts import VoteCounts, count_votes, forget_votes
from service.privacy.prefixes import PERIOD_SECONDS
from service.readers.votes import Voted
from service.settings import Rate
from service.wiring import Services
from tests.factories import Newsroom, add_site, move_comment
from tests.fixed_clock import FixedClock
from tests.readers.booth import Booth

LONG_AFTER = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def both(request: pytest.FixtureRequest) -> Services:
    """Everything over either database."""
    found: Services = request.getfixturevalue("services" if request.param == "sqlite" else "postgres_services")
    return found


@pytest.fixture
def booth(both: Services, fixed_clock: FixedClock) -> Iterator[Booth]:
    made = Booth(both, fixed_clock)
    yield made
    made.close()


def test_one_vote_a_token_which_changes_and_goes_back(booth: Booth) -> None:
    comment, other = booth.room.published(), booth.room.published("Not so.")
    mine, yours = booth.token(), booth.token()
    steps = [(mine, 1, 1), (mine, 1, 1), (yours, 1, 2), (mine, -1, 0), (mine, 0, 1), (mine, 0, 1), (mine, 1, 2)]
    for token, value, votes in steps:
        assert booth.cast(comment, token, value) == Voted(votes, value)
    # The same token has one for each comment.
    assert booth.cast(other, mine, -1) == Voted(-1, -1)
    assert booth.rows(comment) == 2


def test_readers_see_it_within_ten_seconds_and_the_thread_moves_once(booth: Booth) -> None:
    first, second = booth.room.published(), booth.room.published("Not so.")
    reply = booth.room.published("Why?", parent_id=second)
    tokens = [booth.token() for _ in range(4)]
    booth.later()
    version = booth.version()
    for n, token in enumerate(tokens):
        booth.cast(second, token, 1, ip=f"192.0.{n}.1")
        booth.cast(first, token, -1, ip=f"192.0.{n}.1")
    assert (booth.shown(), booth.version()) == ({first: 0, second: 0, reply: 0}, version)
    assert booth.later() == 2
    assert booth.shown() == {first: -4, second: 4, reply: 0}
    assert list(booth.shown("top")) == [second, reply, first]
    # Within the same ten seconds, by this worker and by another one: nothing.
    booth.cast(first, tokens[0], 1)
    assert (booth.counts.step(), VoteCounts(booth.services).step(), booth.version()) == (0, 0, version + 1)
    assert booth.later() == 1
    assert (booth.shown()[first], booth.version()) == (-2, version + 2)
    # What cancels out moves nothing on.
    booth.cast(second, tokens[0], 0)
    booth.cast(second, tokens[0], 1)
    assert (booth.later(), booth.version()) == (0, version + 2)


def test_five_of_a_network_are_counted(booth: Booth) -> None:
    comment, other = booth.room.published(), booth.room.published("Not so.")
    tokens = [booth.token() for _ in range(8)]
    cast = [booth.cast(comment, token, ip=f"198.51.100.{n}") for n, token in enumerate(tokens)]
    assert cast == [Voted(n, 1) for n in range(1, 6)] + [Voted(5, 0)] * 3
    # Against it is a vote too; one that is taken back leaves its place to another, and another network has its own.
    assert booth.cast(comment, tokens[7], -1, ip="198.51.100.9") == Voted(5, 0)
    assert booth.cast(comment, tokens[0], 0) == Voted(4, 0)
    assert booth.cast(comment, tokens[7], -1, ip="198.51.100.9") == Voted(3, -1)
    assert booth.cast(comment, tokens[6], 1, ip="203.0.113.1") == Voted(4, 1)
    assert booth.cast(other, tokens[7], 1, ip="198.51.100.9") == Voted(1, 1)
    # Over the end of a network's key the five of before still count, and so does a row that the worker has counted.
    booth.later()
    end_of_period = (booth.clock.now().timestamp() // PERIOD_SECONDS + 1) * PERIOD_SECONDS
    booth.clock.time = datetime.fromtimestamp(end_of_period + 40, UTC)
    late = booth.token()
    assert booth.cast(comment, late, 1, ip="198.51.100.200") == Voted(4, 0)
    # Of whom no network is known, they are all of one.
    nowhere = [booth.cast(other, booth.token(), 1, ip=None).value for _ in range(6)]
    assert nowhere == [1, 1, 1, 1, 1, 0]


def test_only_what_is_published_here(booth: Booth) -> None:
    room, token = booth.room, booth.token()
    elsewhere = Newsroom(booth.services, add_site(booth.services, "herald", votes=VoteKinds.UP))
    hidden = room.published(thread=room.thread("hidden", state=ThreadState.HIDDEN))
    targets = [
        *(room.comment(status=status) for status in Status if status is not Status.APPROVED),
        elsewhere.published(),
        hidden,
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "nothing",
        "\x00",
        "\ud800",
    ]
    said = set()
    for target in targets:
        with pytest.raises(Refused) as refused:
            booth.cast(target, token)
        said.add(msgspec.json.encode((refused.value.status, refused.value.problem())))
    assert len(said) == 1
    assert b"unknown_comment" in said.pop()
    # Closed to comments: what stands there may still be voted for.
    closed = room.published(thread=room.thread("closed", state=ThreadState.CLOSED))
    assert booth.cast(closed, token).votes == 1


@pytest.mark.parametrize(
    "value, token, fields",
    [
        (2, ..., {"value": "unknown_value"}),
        (True, ..., {"value": "unknown_value"}),
        (1.0, ..., {"value": "unknown_value"}),
        ("+1", ..., {"value": "unknown_value"}),
        (None, ..., {"value": "unknown_value"}),
        ([1], ..., {"value": "unknown_value"}),
        (1, None, {"token": "missing"}),
        (1, 7, {"token": "missing"}),
        (1, "", {"token": "invalid"}),
        (1, "x" * 5000, {"token": "invalid"}),
        (9, "made.up.token", {"value": "unknown_value", "token": "invalid"}),
    ],
)
def test_what_is_no_vote(services: Services, fixed_clock: FixedClock, value: Any, token: Any, fields: Any) -> None:
    booth = Booth(services, fixed_clock)
    comment = booth.room.published()
    with pytest.raises(Invalid) as refused:
        booth.cast(comment, booth.token() if token is ... else token, value)
    assert {error.field: error.code for error in refused.value.errors} == fields


def test_a_token_of_the_site_that_is_neither_too_new_nor_too_old(services: Services, fixed_clock: FixedClock) -> None:
    booth = Booth(services, fixed_clock)
    comment = booth.room.published()
    foreign = issue_token(services.keyring, add_site(services, "herald"), fixed_clock.now())
    token = booth.token(waited=False)
    fixed_clock.advance(seconds=29)
    with pytest.raises(Invalid, match="another look") as refused:
        booth.cast(comment, token)
    assert (refused.value.errors[0].code, refused.value.headers) == ("too_new", {"Retry-After": "2"})
    fixed_clock.advance(seconds=1)
    assert booth.cast(comment, token).votes == 1
    with pytest.raises(Invalid):
        booth.cast(comment, foreign)
    unused = booth.token()
    fixed_clock.advance(days=2)
    # What it said may still be taken back or turned round; it gets no vote on anything else.
    assert booth.cast(comment, token, -1) == Voted(-1, -1)
    with pytest.raises(Invalid) as refused:
        booth.cast(comment, unused)
    assert refused.value.errors[0].code == "stale"
    with pytest.raises(Invalid):
        booth.cast(booth.room.published("Another."), token)


def test_which_votes_a_site_takes(services: Services, site: Site, fixed_clock: FixedClock) -> None:
    booth = Booth.__new__(Booth)
    booth.services, booth.clock, booth.site = services, fixed_clock, site
    booth.room, booth.intake = Newsroom(services, site), Intake(services)
    comment, token = booth.room.published(), booth.token()

    def set_to(kinds: VoteKinds) -> None:
        with services.write() as session:
            session.get_one(Site, site.id).settings = SiteSettings(votes=kinds)
        booth.intake.sites._found.clear()

    with pytest.raises(Refused) as refused:
        booth.cast(comment, token)
    assert refused.value.code == "votes_off"
    set_to(VoteKinds.UP)
    with pytest.raises(Invalid) as refused:
        booth.cast(comment, token, -1)
    assert refused.value.errors[0].code == "not_offered"
    assert booth.cast(comment, token).votes == 1
    set_to(VoteKinds.UP_DOWN)
    assert booth.cast(comment, token, "-1").votes == -1
    # A vote that is not taken any more can still be taken back.
    set_to(VoteKinds.UP)
    assert booth.cast(comment, token, 0) == Voted(0, 0)


def test_votes_outlast_a_rejection_and_its_undo(booth: Booth) -> None:
    room = booth.room
    first, second = room.published(), room.published("Not so.")
    reply = room.published("Why?", parent_id=second)
    below = room.published("Because.", parent_id=reply)
    tokens = [booth.token() for _ in range(3)]
    booth.cast(second, tokens[0])
    booth.cast(first, tokens[2])
    # Cast and not counted yet when it is taken down; and one that comes while its replies are hidden.
    room.take_down(reply)
    room.take_down(below)
    booth.later()
    booth.cast(second, tokens[1])
    booth.later()
    assert list(booth.shown("top")) == [second, first]
    move_comment(booth.services, below, Status.APPROVED)
    assert list(booth.shown("top")) == [second, reply, below, first]
    room.take_down(second)
    room.take_down(below)
    with pytest.raises(Refused):
        booth.cast(second, tokens[2])
    assert booth.shown("top") == {first: 1}
    move_comment(booth.services, second, Status.APPROVED)
    assert booth.shown("top") == {second: 2, first: 1}
    late = room.published("Another answer.", parent_id=second)
    assert list(booth.shown("top")) == [second, late, first]
    with booth.services.read() as session:
        ranks = dict(session.execute(select(Place.comment_id, Place.rank)).all())
        assert session.scalars(select(Thread.version - Thread.placed_version)).one() == 0
    assert (ranks[second], ranks[late], ranks[first]) == (-2, -2, -1)


def test_a_storm_is_counted_to_the_vote(booth: Booth) -> None:
    """Tokens of three networks, all at once and each more than once, while the worker counts: the count is what the
    rows say, no network has more than five, and the answers never say otherwise."""
    comments = [booth.room.published(), booth.room.published("Not so.")]
    tokens = [booth.token() for _ in range(12)]
    random = Random(4711)
    ballots = [
        (comment, token, value, f"10.0.{n % 3}.1")
        for comment in comments
        for n, token in enumerate(tokens)
        for value in random.choices((1, 0, -1), k=3)
    ]
    random.shuffle(ballots)
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(booth.cast, *ballot) for ballot in ballots]
        for _ in range(6):
            count_votes(booth.services, LONG_AFTER)
        for one in done:
            one.result()
    count_votes(booth.services, LONG_AFTER)
    with booth.services.read() as session:
        counts = dict(session.execute(select(Comment.id, Comment.votes)).all())
        rows = session.execute(select(Vote.comment_id, Vote.network, Vote.value)).all()
    assert counts == {comment: booth.rows(comment) for comment in comments}
    assert max(Counter((comment, network) for comment, network, value in rows if value).values()) <= 5
    assert all(value for *_, value in rows)


def test_nothing_of_a_vote_is_kept_for_longer_than_thirty_days(booth: Booth) -> None:
    comment, token = booth.room.published(), booth.token()
    booth.cast(comment, token)
    booth.later()
    booth.clock.advance(days=29)
    assert forget_votes(booth.services) == 0
    booth.clock.advance(days=1)
    assert forget_votes(booth.services) == 1
    with booth.services.read() as session:
        assert session.scalars(select(Vote)).all() == []
    assert booth.shown() == {comment: 1}


def test_the_rows_tell_nobody_apart(services: Services, fixed_clock: FixedClock) -> None:
    """The same browser in the same network votes for two comments: nothing in the rows is the same."""
    booth = Booth(services, fixed_clock)
    token = booth.token()
    for n in range(2):
        booth.cast(booth.room.published(f"Number {n}."), token)
    with services.read() as session:
        rows = session.scalars(select(Vote)).all()
        kept = {comment.prefix_hash for comment in session.scalars(select(Comment))}
    assert len({row.voter for row in rows} | {row.network for row in rows} | kept) == 4 + len(kept)


def test_a_vote_asks_little_and_counting_asks_no_more_for_more(services: Services, fixed_clock: FixedClock) -> None:
    booth = Booth(services, fixed_clock)
    comments = [booth.room.published(f"Number {n}.") for n in range(3)]
    tokens = [booth.token() for _ in range(6)]
    asked: list[str] = []

    @event.listens_for(services.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    booth.cast(comments[0], tokens[0])
    asked.clear()
    booth.cast(comments[0], tokens[1])
    # Begin, published, own, network, insert, count.
    assert len(asked) <= 6
    numbers = []
    for ballots in ([(comments[0], tokens[2])], [(comment, token) for comment in comments for token in tokens]):
        for n, (comment, token) in enumerate(ballots):
            booth.cast(comment, token, ip=f"10.{n}.0.1")
        asked.clear()
        booth.later()
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_a_network_has_its_limit(services: Services, fixed_clock: FixedClock) -> None:
    limited = msgspec.structs.replace(services.settings, submit_limit=Rate(1, 3600.0))
    booth = Booth(replace(services, settings=limited), fixed_clock)
    comment, token = booth.room.published(), booth.token()
    for _ in range(10):
        booth.cast(comment, token)
    with pytest.raises(Refused) as refused:
        booth.cast(comment, token)
    assert (refused.value.status, refused.value.code) == (429, "too_many_votes")
    assert booth.cast(comment, token, ip="203.0.113.1").votes == 1


def test_old_votes_of_a_comment_that_changed_since_stay(booth: Booth) -> None:
    """A row that somebody changes while it is being forgotten is not forgotten."""
    comment, token = booth.room.published(), booth.token()
    booth.cast(comment, token)
    booth.later()
    booth.clock.advance(days=31)
    with booth.services.write() as session:
        session.execute(update(Vote).values(changed_at=booth.clock.now()))
    assert forget_votes(booth.services) == 0
