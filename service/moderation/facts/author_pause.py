"""How long ago a writer's last comment in the thread was: what slow mode asks for."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Comment
from models.database.ids import first_id
from models.database.prepared import Prepared
from service.moderation.facts.received_rows import ReceivedRow
from service.privacy.chains import families

# The longest pause that slow mode may ask for.
WINDOW = timedelta(days=1)

_IDS: Any = bindparam("ids", expanding=True)
_WRITTEN = Prepared(
    select(Comment.chain_id, Comment.thread_id, Comment.id, Comment.created_at).where(
        Comment.chain_id.in_(_IDS), Comment.id >= bindparam("first_id"), Comment.id < bindparam("before_id")
    ),
    # Else PostgreSQL takes a day of a busy site for as few comments as a writer has.
    replan=True,
)


def since_last(session: Session, rows: Sequence[ReceivedRow]) -> dict[str, float]:
    """Comment id -> seconds since its writer's last comment in the thread, within the last day.

    An edit is no new comment. A writer whom nobody knows yet has no last comment, and costs no query.
    """
    asked = [row for row in rows if not row.first_in_chain and row.current_version == 1]
    if not asked:
        return {}
    related = families(session, {row.chain_id for row in asked})
    written: defaultdict[tuple[str, str], list[tuple[str, datetime]]] = defaultdict(list)
    for chain_id, thread_id, comment_id, created_at in _WRITTEN.found(
        session,
        {
            "ids": list(frozenset[str]().union(*related.values())),
            "first_id": first_id(min(row.created_at for row in asked) - WINDOW),
            "before_id": max(row.id for row in asked),
        },
    ):
        written[chain_id, thread_id].append((comment_id, created_at))
    found: dict[str, float] = {}
    for row in asked:
        earlier = [
            created_at
            for member in related[row.chain_id]
            for comment_id, created_at in written[member, row.thread_id]
            if comment_id < row.id
        ]
        if earlier:
            pause = row.created_at - max(earlier)
            if pause <= WINDOW:
                found[row.id] = max(0.0, pause.total_seconds())
    return found
