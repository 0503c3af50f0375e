"""Which page a thread stands under, as readers see it, where the newsroom has not said so."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.orm import aliased

from models import Comment, Thread

_thread = cast(Table, Thread.__table__)
_naming = aliased(Comment)
# The first published comment of a thread, of those that name their page: an index has them in order.
_FIRST_PUBLISHED = (
    select(_naming.id)
    .where(
        _naming.thread_id == Thread.id,
        _naming.published_version.is_not(None),
        _naming.page_url.is_not(None),
    )
    .order_by(_naming.id)
    .limit(1)
    .correlate(Thread)
    .scalar_subquery()
)
_PAGES = (
    select(Thread.id, Comment.page_url, Comment.page_title)
    .join(Comment, Comment.id == _FIRST_PUBLISHED)
    .where(Thread.id.in_(bindparam("ids", expanding=True)))
)
_NAME_PAGE = (
    update(_thread).where(_thread.c.id == bindparam("named")).values(url=bindparam("to"), title=bindparam("called"))
)


def name_pages(connection: Connection, threads: Sequence[str]) -> None:
    """Says anew what readers see of the pages of threads of which the newsroom has not spoken.

    Only the post of a comment that is published counts: what was refused, or taken down since, names no page.

    The caller holds the threads' rows.
    """
    if not threads:
        return
    told = {row[0]: (row[1], row[2]) for row in connection.execute(_PAGES, {"ids": threads})}
    pages = ((thread_id, *told.get(thread_id, ("", ""))) for thread_id in threads)
    connection.execute(
        _NAME_PAGE, [{"named": thread_id, "to": url, "called": title or ""} for thread_id, url, title in pages]
    )
