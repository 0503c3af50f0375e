"""A page of the queue of some sites, as either database gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models.queries.queue import queue_beyond, queue_gathered, queue_page, queue_total
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from service.wiring import on_sqlite


class Part(NamedTuple):
    """(priority, id) of the first comments of some sites, and how many there are, as `listing.Found` says it."""

    page: list[Place]
    total: int
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class PageAsked:
    """The first `limit` comments of some sites in this order, after this place, and the ways that either database has
    to find them."""

    session: Session
    wanted: QueueFilter
    order: QueueOrder
    limit: int
    after: Place | None

    @property
    def sqlite(self) -> bool:
        return on_sqlite(self.session)

    def page(self, among: int | None = None) -> list[Place]:
        """The page, however far it is to all of it; of the first so many of each index alone."""
        query = queue_page(self.wanted, self.order, self.limit, self.after, walk=among, sqlite=self.sqlite)
        return places_of(self.session, query)

    def walked(self, walk: int) -> list[Place]:
        """What a walk meets of it among the first `walk` of each index, up to where the first of them ends."""
        met = self.page(among=walk)
        ends = queue_beyond(self.wanted, self.order, self.after, walk=walk, sqlite=self.sqlite)
        return before_all(self.session, met, ends, self.order)

    def gathered(self, up_to: int) -> Part:
        """All that fits, gathered and sorted, where there are no more than `up_to`; else no page."""
        query = queue_gathered(self.wanted, self.order, self.limit, self.after, most=up_to, sqlite=self.sqlite)
        return part_of(self.session, query, up_to)

    def gathered_or_paged(self, up_to: int) -> Part:
        """As `gathered`; where there are more, with the page that an index gives."""
        part = self.gathered(up_to)
        return part._replace(page=self.page()) if part.at_least else part

    def counted(self, page: list[Place]) -> Part:
        """This page with how many there are in all."""
        if self.after is None and len(page) < self.limit:
            return Part(page, len(page))
        return Part(page, *self.count())

    def count(self) -> tuple[int, bool]:
        """How many there are in all, and whether there are more than that."""
        total = self.session.scalar(queue_total(self.wanted, sqlite=self.sqlite)) or 0
        most = self.wanted.counted_most
        return min(total, most), total > most


def places_of(session: Session, query: Select[str, int]) -> list[Place]:
    """What a select of (id, priority) finds."""
    return [(row[1], row[0]) for row in session.execute(query)]


def before_all(session: Session, met: list[Place], beyond: Select[str, int] | None, order: QueueOrder) -> list[Place]:
    """Those of a walk that come before everything it has not looked at.

    A walk goes through an index for each site, status, story and way to be in a language, and ends in each at another
    place. Of what one index gave after the end of another one, nobody knows what comes between.
    """
    ends = places_of(session, beyond) if met and beyond is not None else []
    if not ends:
        return met
    first = in_order(ends, order)[0]
    return [place for place in met if in_order([first, place], order)[0] == place]


def part_of(session: Session, query: Select[int, str, int], most: int | None = None) -> Part:
    """What a select as `queue_gathered` finds; a total beyond `most` is one of at least so many."""
    found = session.execute(query).all()
    total = found[0][0]
    page = [(row[2], row[1]) for row in found if row[1] is not None]
    return Part(page, total) if most is None else Part(page, min(total, most), total > most)


def in_order(places: Sequence[Place], order: QueueOrder) -> list[Place]:
    """Places in a queue's order."""
    if order in ("priority", "nearest"):
        return sorted(places, key=lambda place: (-place[0], place[1]))
    return sorted(places, key=lambda place: place[1], reverse=order != "oldest")
