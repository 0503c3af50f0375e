"""The queue: which comments a moderator asks for, in which order, page by page."""

import re

from sqlalchemy.orm import Session

from models import Comment, Status
from models.database.ids import ID_PATTERN
from models.queries.queue import QueueFilter, in_order, queue, queue_total
from service.accounts.access import Actor
from service.desk.queue.items import Row, items
from service.desk.queue.types import QueueAnswer, QueueNarrowing, QueueQuery
from service.desk.site_access import sites_asked
from service.errors import FieldError, Invalid
from service.wiring import Services

# The order it was made for, the priority and the id of the last comment of a page.
_CURSOR = re.compile(rf"(priority|oldest|newest)\.(-?\d{{1,9}})\.({ID_PATTERN})")


def find_queue(services: Services, actor: Actor, asked: QueueQuery) -> QueueAnswer:
    """One page of the queue with the total of all pages. Raises NotFound for a site out of reach, Invalid."""
    after = read_cursor(asked)
    with services.read() as session:
        sites = sites_asked(session, asked.site, "viewer")
        wanted = narrowed(asked, list(sites))
        query = in_order(queue(wanted), asked.order, after).limit(asked.limit + 1)
        rows: list[Row] = [(row[0], row[1], row[2]) for row in session.execute(query)]
        page = rows[: asked.limit]
        found = items(services, session, page, sites, actor)
        total = session.scalar(queue_total(wanted)) or 0
    more = len(rows) > asked.limit
    return QueueAnswer(found, total, write_cursor(asked, page[-1][0]) if more else None)


def first_ids(session: Session, asked: QueueNarrowing, site_id: str, limit: int) -> list[str]:
    """Ids of the first comments of one site's queue."""
    query = in_order(queue(narrowed(asked, [site_id])).with_only_columns(Comment.id), asked.order).limit(limit)
    return list(session.scalars(query))


def in_backlog_order(asked: QueueNarrowing, site_id: str) -> bool:
    """Whether this is all that waits on the site, most urgent first."""
    everything = QueueFilter(site_ids=[site_id], status=Status.PENDING)
    return asked.order == "priority" and narrowed(asked, [site_id]) == everything


def narrowed(asked: QueueNarrowing, site_ids: list[str]) -> QueueFilter:
    """What is asked for on these sites; what waits for a person where nothing else is said."""
    status = Status(asked.status) if asked.status else None
    if status is None and asked.filter is None and not asked.cluster:
        status = Status.PENDING
    return QueueFilter(
        site_ids=site_ids,
        status=status,
        unreviewed=asked.filter == "unreviewed",
        dead=asked.filter == "dead",
        q=asked.q.strip(),
        rule=asked.rule,
        section=asked.section,
        thread=asked.thread,
        language=asked.language,
        cluster=asked.cluster,
    )


def read_cursor(asked: QueueQuery) -> tuple[int, str] | None:
    if not asked.cursor:
        return None
    found = _CURSOR.fullmatch(asked.cursor)
    if found is None or found[1] != asked.order:
        raise Invalid(
            errors=[FieldError("cursor", "unknown_cursor", "This cursor is not one of ours; start again without it.")]
        )
    return int(found[2]), found[3]


def write_cursor(asked: QueueQuery, last: Comment) -> str:
    return f"{asked.order}.{last.priority}.{last.id}"
