"""How the parts of a select, one for each site and status, are put together: each is read off an index by itself."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, Subquery, func, select, union_all

# Totals are exact up to this many; what is more is one more.
TOTAL_MOST = 10_000


def together(arms: Sequence[Select[*tuple[Any, ...]]]) -> Subquery:
    """The rows of all arms. SQLite takes an order and a limit only inside of a subquery."""
    if len(arms) == 1:
        return arms[0].subquery("rows")
    return union_all(*(select(arm.subquery()) for arm in arms)).subquery("rows")


def gathered(arms: Sequence[Select[*tuple[Any, ...]]]) -> CTE:
    """All rows of the arms, up to one more than are counted.

    They are gathered before anything is sorted, whatever PostgreSQL believes to be faster.
    """
    return select(together(arms)).limit(TOTAL_MOST + 1).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")


def counted(found: CTE) -> Subquery:
    """One row, `total`: how many were gathered."""
    return select(func.count().label("total")).select_from(found).subquery("counted")


def total_of(rows: Subquery) -> Select[int]:
    """How many rows there are, at most `TOTAL_MOST` and one."""
    return select(func.count()).select_from(select(rows.c.id).limit(TOTAL_MOST + 1).subquery("counted"))
