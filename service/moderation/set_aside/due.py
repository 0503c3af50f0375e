"""What was held comes back: its time is up, or whom it was held for is not there any more. Part of the sweep."""

from typing import Any

from sqlalchemy import update

from models import ActorKind, SetAside
from models.queries.set_aside import due_back, held_for_nobody
from service.moderation.set_aside.hold import put_back
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

AT_ONCE = 500
_aside: Any = SetAside.__table__


def bring_back(services: Services) -> int:
    """Lets go of what is due, at most `AT_ONCE`; how many. Several workers at once do it once.

    A worker that is lost after the transaction leaves the backlog to `reconcile_backlogs`.
    """
    now = services.clock.now()
    with services.read() as session:
        # Looked at before anything is locked: mostly nothing is due.
        found = {row[0]: row[1] for row in session.execute(due_back(now, AT_ONCE))}
        found |= {row[0]: row[1] for row in session.execute(held_for_nobody(AT_ONCE))}
    if not found:
        return 0
    with services.write() as session:
        ended = session.execute(
            update(_aside)
            .where(_aside.c.id.in_(found), _aside.c.ended_at.is_(None))
            .values(ended_at=now, ended_kind=ActorKind.SYSTEM)
            .returning(_aside.c.comment_id)
        ).scalars()
        comment_ids = list(ended)
    put_back(services, comment_ids)
    if comment_ids:
        log.info("brought_back", comments=len(comment_ids))
    return len(comment_ids)
