"""Which page a thread stands under, as readers see it, where the newsroom has not said so."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models import Comment, Thread

_thread: Any = Thread.__table__
_naming = aliased(Comment)


def _told(column: InstrumentedAttribute[str | None]) -> ColumnElement[str]:
    """What the first published comment of a thread says of its page, of those that say anything; an index has them in
    order. Only a post that is published counts: what was refused, or taken down since, names no page."""
    first = (
        select(column)
        .where(
            _naming.thread_id == _thread.c.id,
            _naming.published_version.is_not(None),
            _naming.page_url.is_not(None),
        )
        .order_by(_naming.id)
        .limit(1)
        .correlate(_thread)
        .scalar_subquery()
    )
    return func.coalesce(first, "")


# For an update of threads.
PAGE_URL, PAGE_TITLE = _told(_naming.page_url), _told(_naming.page_title)
