"""What moderators are called beside what they did."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from models.queries.sites import keys_named, moderators_named
from service.localization import gettext


def names_of_moderators(session: Session, moderator_ids: Collection[str]) -> dict[str, str]:
    """Moderators' names by id; others are missing."""
    wanted = {found for found in moderator_ids if found}
    return dict(session.execute(moderators_named(wanted)).all()) if wanted else {}


def names_of_actors(session: Session, actor_ids: Collection[str]) -> dict[str, str]:
    """Names of moderators and of API keys by id; others are missing."""
    wanted = {found for found in actor_ids if found}
    keys = session.execute(keys_named(wanted))
    return {id_: gettext("%(scope)s key", scope=scope) for id_, scope in keys} | names_of_moderators(session, wanted)
