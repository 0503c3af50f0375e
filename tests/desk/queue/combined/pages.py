"""What a filled site has, read row by row, and what the queue gives of it, page by page: these are to be the same."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.scale import Newsroom
from benchmarks.scale_fill import BIG
from models import Comment, CommentRule, SearchEntry, Thread
from models.queries.queue_filter import QueueFilter, QueueOrder
from service.desk.queue.listing import Found, find_ids

PAGE = 7


def rows_of(room: Newsroom) -> list[dict[str, Any]]:
    """Every comment of the big site with all that it can be asked for by."""
    with room.services.read() as session:
        rules: dict[str, set[str]] = {}
        for comment_id, rule in session.execute(select(CommentRule.comment_id, CommentRule.rule)):
            rules.setdefault(comment_id, set()).add(rule)
        words = {row[0]: _words(row[1]) for row in session.execute(select(SearchEntry.comment_id, SearchEntry.words))}
        found = session.execute(
            select(Comment, Thread.key, Thread.section, Thread.language)
            .join(Thread, Thread.id == Comment.thread_id)
            .where(Comment.site_id == room.filled.sites[BIG])
        )
        return [
            {
                "id": comment.id, "thread_id": comment.thread_id, "thread": key,
                "status": comment.status.value, "priority": comment.priority,
                "section": section, "language": comment.language or language, "at": comment.created_at,
                "rules": rules.get(comment.id, set()), "words": words.get(comment.id, []),
                "unreviewed": comment.reviewed_at is None,
            }
            for comment, key, section, language in found
        ]  # fmt: skip


def fits(row: dict[str, Any], asked: dict[str, str], room: Newsroom) -> bool:
    """Whether one of these rows has all that is asked for."""
    if "younger" in asked and (room.services.clock.now() - row["at"]).days >= int(asked["younger"][:-1]):
        return False
    if "q" in asked and not any(word.startswith(asked["q"]) for word in row["words"]):
        return False
    if "rule" in asked and asked["rule"] not in row["rules"]:
        return False
    if "filter" in asked and not row[asked["filter"]]:
        return False
    return all(row[name] == asked[name] for name in ("language", "section", "thread") if name in asked)


def pages_of(room: Newsroom, asked: dict[str, str]) -> tuple[list[str], int, str]:
    """All ids, page by page, and the total that the first page says."""
    found: list[str] = []
    first: Any = None
    cursor = ""
    while True:
        answer = room.queue(**asked, site=BIG, limit=str(PAGE), cursor=cursor)
        first = first or answer
        found += [comment["id"] for comment in answer["comments"]]
        cursor = answer["next_cursor"] or ""
        if not cursor:
            return found, first["total"], first["total_is"]


def _words(said: str) -> list[str]:
    # PostgreSQL says where each stands: 'word':3.
    return [word.partition(":")[0].strip("'") for word in said.split()]


def ids_of(session: Session, wanted: QueueFilter, order: QueueOrder) -> tuple[list[str], int | None]:
    """The same without HTTP; the total where it is exact."""
    seen: list[str] = []
    first: Found | None = None
    after = None
    while True:
        found = find_ids(session, wanted, order, PAGE + 1, after)
        first = first or found
        seen += found.ids[:PAGE]
        if len(found.ids) <= PAGE:
            return seen, None if first.at_least else first.total
        after = found.places[PAGE - 1]


def in_order(rows: list[dict[str, Any]], order: str) -> list[str]:
    """The ids of these rows in an order of the queue."""
    found = sorted(rows, key=lambda row: (-row["priority"], row["id"]) if order == "priority" else row["id"])
    return [row["id"] for row in (reversed(found) if order == "newest" else found)]
