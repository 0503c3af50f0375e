"""Row ids and random bytes: none is made twice, however fast, and in whichever process."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from models import new_id
from models.database.ids import first_id, is_id, new_ids
from models.database.randomness import random_bytes


def test_ids_of_one_millisecond_differ() -> None:
    made = [new_id(), *new_ids(3_000), new_id(), *new_ids(100), *new_ids(100), new_id()]
    assert len(set(made)) == len(made)
    assert all(map(is_id, made))


def test_ids_sort_by_when_they_were_made() -> None:
    made = [new_id() for _ in range(1_000)]
    assert made == sorted(made)


@pytest.mark.parametrize(
    ("at", "first"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), "0000000000"),
        (datetime(1969, 7, 20, tzinfo=UTC), "0000000000"),
        (datetime.fromtimestamp(1469922850.259, UTC), "01ARZ3NDEK"),
        (datetime.fromtimestamp(1469922850.2599, UTC), "01ARZ3NDEK"),
    ],
    ids=str,
)
def test_the_first_id_of_a_time(at: datetime, first: str) -> None:
    """The third is the specification's own example."""
    assert first_id(at) == first + "0" * 16


def test_an_id_is_none_of_before_it_was_made() -> None:
    at = datetime.now(UTC)
    assert first_id(at) <= new_id() < first_id(datetime.now(UTC) + timedelta(milliseconds=1))


def test_random_bytes_come_once() -> None:
    made = [random_bytes(12) for _ in range(1_000)]
    assert {len(found) for found in made} == {12}
    assert len(set(made)) == len(made)


def test_a_forked_process_shares_no_random_bytes() -> None:
    random_bytes(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 16) != random_bytes(16)
    os.close(reading)
    os.close(writing)


def test_a_forked_process_makes_no_id_that_its_parent_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_000_000_000)
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 26).decode() != new_id()
    os.close(reading)
    os.close(writing)
