"""The site's classifier that judges: which number is in force, and loading it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion
from moderation_rules.learning.classifier import Classifier, ClassifierError, load_classifier
from service.telemetry import logger

log = logger(__name__)


def classifier_at(session: Session, site_id: str, n: int | None) -> Classifier | None:
    """A site's classifier by number. None where there is no such number, or a newer release cannot read it:
    comments are then judged as before there was one, until the next night trains another."""
    return read_classifier(site_id, n, classifier_document(session, site_id, n))


def classifier_document(session: Session, site_id: str, n: int | None) -> bytes | None:
    """A site's classifier by number, as it is stored; None where there is no such number."""
    if n is None:
        return None
    return session.scalar(
        select(ClassifierVersion.document).where(ClassifierVersion.site_id == site_id, ClassifierVersion.n == n)
    )


def read_classifier(site_id: str, n: int | None, document: bytes | None) -> Classifier | None:
    """The classifier of this document; None as `classifier_at` answers."""
    try:
        return None if document is None else load_classifier(document)
    except ClassifierError as error:
        log.error("classifier_not_understood", site=site_id, n=n, problem=str(error))
        return None


def number_in_force(session: Session, site_id: str) -> int | None:
    """The number of the site's classifier in force."""
    return session.scalar(
        select(ClassifierVersion.n).where(
            ClassifierVersion.site_id == site_id, ClassifierVersion.state == ClassifierState.IN_FORCE
        )
    )
