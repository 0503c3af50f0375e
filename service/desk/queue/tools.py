"""What the tools beside a comment are filled with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Comment, SavedReply, Site, Status
from service.accounts.access import Actor
from service.desk.queue.types import Case
from service.desk.set_aside.views import may_be_named
from service.desk.types import Person
from service.moderation.editorial.saved_replies import saved_replies_of
from service.moderation.editorial.staff_replies import BADGE, names_for

# Of the newsroom's answers to one comment the latest are named.
MOST_ANSWERS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the newsroom has answered already."""

    id: str
    name: str
    status: Status
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tools:
    """`names`: under which the viewer may answer. `has_receipt`: whether its writer can be written to."""

    names: Sequence[str]
    answers: Sequence[Answer]
    saved_replies: Sequence[SavedReply]
    has_receipt: bool
    # Who may be named where it is set aside; nobody where it cannot be.
    colleagues: Sequence[Person] = ()


def find_tools(session: Session, site: Site, actor: Actor, case: Case) -> Tools:
    """What a moderator of the comment's site may choose from."""
    answers = session.execute(
        select(Comment.id, Comment.name, Comment.status, Comment.created_at)
        .where(Comment.parent_id == case.id, Comment.badge == BADGE)
        .order_by(Comment.id.desc())
        .limit(MOST_ANSWERS)
    )
    return Tools(
        names=names_for(site, actor),
        answers=[Answer(*row) for row in answers],
        saved_replies=saved_replies_of(session, site.id),
        has_receipt=case.author.badge != BADGE and case.receipt_revoked_at is None,
        colleagues=may_be_named(session, site.id) if case.status is Status.PENDING else (),
    )
