"""Near copies among many texts: found, counted by time, told apart by site, within a fixed room."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from ulid import ULID

from moderation_rules import Clusters, sketch, stamp

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."


def at(minutes: float = 0) -> str:
    return str(ULID.from_datetime(NOON + timedelta(minutes=minutes)))


def put(
    clusters: Clusters, text: str, minutes: float = 0, site: str = "one", first: str | None = None
) -> tuple[str, int]:
    found = sketch(text)
    assert found is not None
    text_id = at(minutes)
    return text_id, clusters.put(site, text_id, found, first)


def earlier(clusters: Clusters, text_id: str, cluster: int, since: float = -60) -> int:
    return clusters.count(cluster, text_id, stamp(at(since)[:10] + "0" * 16), stamp(text_id))


def other_text(random: Random) -> str:
    return " ".join("".join(random.choices("abdegiklmnoprstuv", k=6)) for _ in range(9))


def test_copies_count_what_came_before_them() -> None:
    clusters = Clusters()
    placed = [put(clusters, LAMPS.format(name), n) for n, name in enumerate(("Anna", "Bernd", "Clara", "Doris"))]
    assert [earlier(clusters, *one) for one in placed] == [0, 1, 2, 3]
    assert {clusters.name(cluster) for _, cluster in placed} == {placed[0][0]}


def test_another_text_has_a_cluster_of_its_own() -> None:
    clusters = Clusters()
    put(clusters, LAMPS.format("Anna"))
    alone = put(clusters, "The council meets on Thursday, and the ferry is the first thing on the list.", 1)
    assert clusters.name(alone[1]) == alone[0]
    assert earlier(clusters, *alone) == 0


def test_sites_do_not_see_each_other() -> None:
    clusters = Clusters()
    put(clusters, LAMPS.format("Anna"), site="one")
    elsewhere = put(clusters, LAMPS.format("Anna"), 1, site="two")
    assert clusters.name(elsewhere[1]) == elsewhere[0]


def test_what_is_put_twice_counts_once() -> None:
    clusters = Clusters()
    first, found = put(clusters, LAMPS.format("Anna"))[0], sketch(LAMPS.format("Bernd"))
    assert found is not None
    second = at(1)
    assert clusters.put("one", second, found) == clusters.put("one", second, found)
    cluster = clusters.put("one", first, sketch(LAMPS.format("Anna")) or b"")
    third = put(clusters, LAMPS.format("Clara"), 2)
    assert (third[1], earlier(clusters, *third)) == (cluster, 2)
    # Asked for all that came, each counts the others.
    assert [clusters.count(cluster, one, 0, stamp(at(9))) for one in (first, second, third[0])] == [2, 2, 2]


def test_only_a_span_of_time_counts_and_the_rest_is_forgotten() -> None:
    clusters = Clusters()
    for minutes in (-90, -80, -10):
        put(clusters, LAMPS.format("Anna"), minutes)
    last = put(clusters, LAMPS.format("Bernd"))
    assert earlier(clusters, *last) == 1
    clusters.forget(stamp(at(-85)))
    assert earlier(clusters, *last, since=-1000) == 2


def test_a_known_cluster_keeps_its_name() -> None:
    clusters = Clusters()
    long_ago = at(-3000)
    again = put(clusters, LAMPS.format("Anna"), first=long_ago)
    then = put(clusters, LAMPS.format("Bernd"), 1)
    assert clusters.name(then[1]) == long_ago
    assert [earlier(clusters, *one) for one in (again, then)] == [0, 1]


def test_copies_are_found_among_many_other_texts() -> None:
    clusters, random = Clusters(), Random(3)
    put(clusters, LAMPS.format("Anna"), -1)
    for n in range(5000):
        text_id, cluster = put(clusters, other_text(random), n / 100)
        assert clusters.name(cluster) == text_id
    copy = put(clusters, LAMPS.format("Bernd"), 60)
    assert earlier(clusters, *copy) == 1


def test_the_oldest_make_room() -> None:
    clusters, random = Clusters(capacity=50), Random(4)
    put(clusters, LAMPS.format("Anna"), -2)
    old = put(clusters, LAMPS.format("Bernd"), -1)
    assert earlier(clusters, *old) == 1
    for n in range(50):
        # Nothing is left of what stood in its place.
        assert earlier(clusters, *put(clusters, other_text(random), n / 100)) == 0
    fresh = put(clusters, LAMPS.format("Clara"), 10)
    assert clusters.name(fresh[1]) == fresh[0]
    assert earlier(clusters, *fresh) == 0


def test_a_cluster_stays_while_copies_of_it_come() -> None:
    # Copies take no room: a flood does not push out what it copies.
    clusters = Clusters(capacity=4)
    put(clusters, LAMPS.format("Anna"), -1)
    flood = [put(clusters, LAMPS.format(name), n) for n, name in enumerate(("Bernd", "Clara", "Doris", "Emil") * 5)]
    assert earlier(clusters, *flood[-1]) == 20


def test_stamps_sort_like_ids() -> None:
    ids = sorted([at(minutes) for minutes in (0, 0, 0, 1, 2, 500_000)] + ["0" * 26, "7" + "Z" * 25])
    stamps = [stamp(text_id) for text_id in ids]
    assert [found >> 15 for found in stamps] == sorted(found >> 15 for found in stamps)
    assert max(stamps) < 1 << 64


@pytest.mark.parametrize("room", [0, 1 << 17])
def test_room_is_bounded(room: int) -> None:
    with pytest.raises(ValueError, match="room"):
        Clusters(room)
