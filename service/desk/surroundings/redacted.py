"""Texts that still have a passage which the editors have removed: for those who may decide, and nobody else."""

from collections.abc import Collection

from msgspec import structs
from sqlalchemy.orm import Session

from models.queries.comments import last_redactions
from service.accounts.access import Actor
from service.desk.types import DecisionView


def redacted_since(session: Session, actor: Actor, site_id: str, comment_ids: Collection[str]) -> dict[str, int]:
    """Comment -> its newest redaction, a version: earlier ones are not for this caller. Nothing of it where they
    moderate, and for comments without one."""
    if actor.can("moderator", site_id) or not comment_ids:
        return {}
    return dict(session.execute(last_redactions(comment_ids)).all())


def without_words(decision: DecisionView) -> DecisionView:
    """The decision as it may be shown beside a text that may not: what a rule says, and where, can tell of it, and
    so can a note."""
    findings = [structs.replace(found, message="", start=None, end=None) for found in decision.findings]
    return structs.replace(decision, findings=findings, note=None)
