"""The things that a queue is asked for, its facets, and looking through one of them.

Each has an index of its own, and how much of it there is can be counted there, up to a bound. Where the narrowest is
short, all of it is looked through: then total and page are exact, in every order, and what that costs is known
beforehand, whatever else is asked for and however little of it fits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import Select, select

from models.comment import Comment, SearchEntry
from models.queries.lists.orders import looked_up
from models.queries.queue_filter import QueueFilter, QueueOrder
from models.queries.search import Search

Facet = Literal["cluster", "dead", "complaint", "chain", "threads", "rule", "language", "section", "unreviewed", "aged"]
# Those that an index has in the order of priority, and so that a walk can go by.
IN_ORDER = frozenset[Facet]({"chain", "threads", "rule", "language", "unreviewed"})
# The fields that say so.
_FIELDS: dict[Facet, Sequence[str]] = {
    "cluster": ("cluster",),
    "dead": ("dead",),
    "complaint": ("complaint",),
    "chain": ("chain",),
    "threads": ("threads",),
    "rule": ("rule",),
    "language": ("language",),
    "section": ("section",),
    "unreviewed": ("unreviewed",),
    "aged": ("since", "until"),
}


def facets_of(wanted: QueueFilter) -> list[Facet]:
    """What is asked for besides words. Of a cluster, of dead letters and of complaints there is little: these alone."""
    found = [facet for facet, names in _FIELDS.items() if any(getattr(wanted, name) for name in names)]
    if found and found[0] in ("cluster", "dead", "complaint"):
        return found[:1]
    return found


def only(wanted: QueueFilter, facet: Facet | None, *, aged: bool = False) -> QueueFilter:
    """The filter with this facet alone, or besides with the ages that it asks for."""
    blank = QueueFilter(site_ids=wanted.site_ids, status=wanted.status, of_all=wanted.of_all)
    names = [*(_FIELDS[facet] if facet else ()), *(_FIELDS["aged"] if aged else ())]
    return replace(blank, **{name: getattr(wanted, name) for name in names})


def without(wanted: QueueFilter, facet: Facet | None) -> QueueFilter:
    """The filter without this facet, and without words."""
    plain = QueueFilter(site_ids=wanted.site_ids)
    return replace(wanted, q="", **{name: getattr(plain, name) for name in (_FIELDS[facet] if facet else ())})


def looked_through(
    arm: Select[str, int], rest: QueueFilter, search: Search | None, order: QueueOrder, most: int
) -> Select[str, int]:
    """(id, priority) of what fits among the first `most` and one of the arm, which gives comments of one site and
    status.

    Each is looked up by its id for all that `rest` asks for; nothing is joined, so that nothing else is read. In the
    order `decided` ids are those of decisions; in the order `nearest` nearness stands for priority.
    """
    rows = arm.limit(most + 1).subquery()
    tests = looked_up(rest, rest.site_ids, rest.status, rows.c.id, rows)
    if search is not None:
        tests.append(search.says(rows.c.id))
    row_id: Any = rows.c.id
    by: Any = rows.c.priority
    if order == "decided":
        entry = select(SearchEntry.decision_id).where(SearchEntry.comment_id == rows.c.id)
        row_id = entry.correlate(rows).scalar_subquery()
    if order == "nearest":
        by = select(Comment.nearness).where(Comment.id == rows.c.id).correlate(rows).scalar_subquery()
    return select(row_id.label("id"), by.label("priority")).where(*tests)


def by_site_and_status(wanted: QueueFilter) -> Iterator[QueueFilter]:
    """The filter of each site and status by itself."""
    for site_id in wanted.site_ids:
        for status in wanted.statuses():
            yield replace(wanted, site_ids=[site_id], status=status, of_all=wanted.status is None)
