"""What moderators are called beside what they did."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from models.queries.sites import moderators_named


def names_of(session: Session, moderator_ids: Collection[str]) -> dict[str, str]:
    """Moderators' names by id; others are missing."""
    wanted = {found for found in moderator_ids if found}
    return dict(session.execute(moderators_named(wanted)).all()) if wanted else {}
