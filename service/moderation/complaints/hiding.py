"""Whether readers' reports hide a comment until a person has looked at it: only where its site chose that."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import ActorKind, SiteSettings, new_id
from models.queries.complaints import is_left_up, weighing_reports_of
from models.readers.complaint import REPORTED
from models.site import HIDING_LEAST
from service.moderation.complaints.weighing import counts_in_full
from service.moderation.holds.unsaid import finding_of
from service.moderation.moves import Action, Cause, Move, Standing, hidden
from service.privacy.prefixes import recognised_since

RULE = "reports"


def hides(session: Session, settings: SiteSettings, standing: Standing, now: datetime) -> bool:
    """Whether enough networks have reported the text that is up, and no person has looked at it and left it up."""
    if not settings.reports_hide or standing.published_version is None:
        return False
    if len(_networks(session, standing, now)) < max(HIDING_LEAST, settings.reports_hide):
        return False
    return session.scalar(is_left_up(standing.id, standing.published_version)) is None


def move(session: Session, standing: Standing, now: datetime) -> Move:
    """The move that hides it: it waits for a person, and says why."""
    networks = len(_networks(session, standing, now))
    why = finding_of(RULE, f"readers of {networks} networks reported it: the site hides it until a person decides")
    cause = Cause(Action.PENDING, ActorKind.SYSTEM, reason=REPORTED, findings=[why])
    return Move(new_id(), standing, hidden(standing), cause)


def _networks(session: Session, standing: Standing, now: datetime) -> set[bytes]:
    """Those that reported what is up now: an earlier text is no reason to hide a later one. What is so old that its
    network could not be told again, so that it would count twice, counts no more."""
    version = standing.published_version
    rows = () if version is None else session.execute(weighing_reports_of(standing.id, version, recognised_since(now)))
    return {network for network, weight in rows if counts_in_full(weight)}
