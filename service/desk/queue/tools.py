"""What the tools beside a comment are filled with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from models import Receipt, SavedReply, Site, Status
from models.comment import STAFF
from models.queries.surroundings import answers_with_badge
from service.accounts.access import Actor
from service.desk.queue.types import Case
from service.desk.set_aside.views import may_be_named
from service.desk.types import Person
from service.localization import gettext
from service.moderation.editorial.saved_replies import saved_replies_of
from service.moderation.editorial.staff_replies import names_for

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
    """`names`: under which the viewer may answer. `unreachable`: why its writer cannot be written to, or empty."""

    names: Sequence[str]
    answers: Sequence[Answer]
    saved_replies: Sequence[SavedReply]
    unreachable: str
    # Who may be named where it is set aside; nobody where it cannot be.
    colleagues: Sequence[Person] = ()


def find_tools(session: Session, site: Site, actor: Actor, case: Case) -> Tools:
    """What a moderator of the comment's site may choose from."""
    answers = session.execute(answers_with_badge(case.id, STAFF, MOST_ANSWERS))
    return Tools(
        names=names_for(site, actor),
        answers=[Answer(*row) for row in answers],
        saved_replies=saved_replies_of(session, site.id),
        unreachable=_unreachable(session, case),
        colleagues=may_be_named(session, site.id) if case.status is Status.PENDING else (),
    )


def _unreachable(session: Session, case: Case) -> str:
    """As `message_writer` would refuse it."""
    if case.author.badge == STAFF:
        return gettext("Nobody can be written to: this is the newsroom’s own answer.")
    receipt = session.get(Receipt, case.id)
    if receipt is None:
        return gettext("Its writer cannot be written to: it came without a receipt, as what was imported does.")
    if receipt.revoked_at is not None:
        return gettext("Its writer cannot be written to: the receipt was revoked.")
    return ""
