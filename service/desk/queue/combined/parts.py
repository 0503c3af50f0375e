"""A page of the queue of some sites, as either database gives it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models.queries.queue import queue_gathered
from models.queries.queue_filter import Place, QueueFilter, QueueOrder


class Part(NamedTuple):
    """(priority, id) of the first comments of some sites, and how many there are, as `listing.Found` says it."""

    page: list[Place]
    total: int
    at_least: bool = False


def places_of(session: Session, query: Select[str, int]) -> list[Place]:
    """What a select of (id, priority) finds."""
    return [(row[1], row[0]) for row in session.execute(query)]


def part_of(session: Session, query: Select[int, str, int], most: int | None = None) -> Part:
    """What a select as `queue_gathered` finds; a total beyond `most` is one of at least so many."""
    found = session.execute(query).all()
    total = found[0][0]
    page = [(row[2], row[1]) for row in found if row[1] is not None]
    return Part(page, total) if most is None else Part(page, min(total, most), total > most)


def find_gathered(
    session: Session,
    wanted: QueueFilter,
    order: QueueOrder,
    limit: int,
    after: Place | None,
    up_to: int,
    *,
    sqlite: bool,
) -> Part:
    """All that fits, gathered and sorted, where there are no more than `up_to`; else no page."""
    return part_of(session, queue_gathered(wanted, order, limit, after, most=up_to, sqlite=sqlite), up_to)


def in_order(places: Sequence[Place], order: QueueOrder) -> list[Place]:
    """Places in a queue's order."""
    if order in ("priority", "nearest"):
        return sorted(places, key=lambda place: (-place[0], place[1]))
    return sorted(places, key=lambda place: place[1], reverse=order != "oldest")
