"""How the parts of a select, one for each site and status, are put together: each is read off an index by itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, Subquery, func, select, union_all

# Totals are exact up to this many; what is more is one more.
TOTAL_MOST = 10_000
# A list that is not the open one is counted up to here.
COUNTED_BESIDE = 1_000
# The same where rows have to be looked up to count them: what no index has by itself.
LOOKED_UP_MOST = 1_000
# Of the narrowest of several things that are asked for at once, so many are looked at one by one.
LOOKED_THROUGH_MOST = 4_000
# The same where a walk in order has met too little.
LOOKED_THROUGH_AFTER_ALL = 10_000
# Rows that a walk in order looks at before what fits is rather gathered and sorted.
WALK_MOST = 4_000
# The same on SQLite, which reads each of them by itself. Where an index has no more than this, a walk has met it all.
SQLITE_WALK_MOST = 1_000
# As `WALK_MOST`, where the index that is walked through says of most rows that they do not fit.
SKIMMED_MOST = 30_000
# So many with the words that are asked for SQLite gathers at once: of more, a walk soon meets a page.
WORDED_MOST = 2_000


def together(arms: Sequence[Select[*tuple[Any, ...]]]) -> Subquery:
    """The rows of all arms. SQLite takes an order and a limit only inside of a subquery."""
    if len(arms) == 1:
        return arms[0].subquery("rows")
    return union_all(*(select(arm.subquery()) for arm in arms)).subquery("rows")


def of_ids(arm: Select[str, int]) -> Select[str]:
    """The arm without what it is ordered by, which may stand in no index beside the ids."""
    return arm.with_only_columns(arm.selected_columns.id)


def beyond_each(arms: Sequence[Select[str, int]], walk: int) -> Select[str, int] | None:
    """What each arm has next after the first `walk`; None of a single arm, which nothing else could come between."""
    if len(arms) == 1:
        return None
    found = together([arm.offset(walk).limit(1) for arm in arms])
    return select(found.c.id, found.c.priority)


def gathered(arms: Sequence[Select[*tuple[Any, ...]]], most: int) -> CTE:
    """All rows of the arms, at most `most` and one.

    They are gathered before anything is sorted, whatever PostgreSQL believes to be faster.
    """
    return select(together(arms)).limit(most + 1).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")


def counted(found: CTE) -> Subquery:
    """One row, `total`: how many were gathered."""
    return select(func.count().label("total")).select_from(found).subquery("counted")


def total_of(rows: Subquery, most: int) -> Select[int]:
    """How many rows there are, at most `most` and one."""
    return select(func.count()).select_from(select(rows.c.id).limit(most + 1).subquery("counted"))
