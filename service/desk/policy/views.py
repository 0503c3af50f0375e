"""Versions of a site's policy in the shape that the desk answers with."""

from sqlalchemy.orm import Session

from models import PolicyVersion, Site
from models.queries.sites import policies_of
from moderation_rules.lists.shipped import default_policy_text
from service.desk.actor_names import names_of_moderators
from service.desk.policy.types import Offer, PolicyAnswer, RollbackAnswer, VersionLine
from service.moderation.policies.versions import RolledBack


def view(session: Session, site: Site, version: PolicyVersion | None) -> PolicyAnswer:
    """A version; None stands for the shipped default."""
    if version is None:
        return PolicyAnswer(
            site=site.slug, version=0, yaml=default_policy_text(), note="", author=None, created_at=None
        )
    return PolicyAnswer(
        site=site.slug,
        version=version.n,
        yaml=version.document,
        lists=version.lists,
        note=version.note,
        author=names_of_moderators(session, {version.author_id or ""}).get(version.author_id or ""),
        created_at=version.created_at,
    )


def lines_of(
    session: Session, site: Site, limit: int, before: int | None = None
) -> tuple[list[VersionLine], int | None]:
    """Versions newest first, and from where to go on."""
    found = list(session.scalars(policies_of(site.id, before).limit(limit + 1)))
    names = names_of_moderators(session, {version.author_id or "" for version in found})
    shown = [
        VersionLine(version.n, version.note, names.get(version.author_id or ""), version.created_at)
        for version in found[:limit]
    ]
    return shown, shown[-1].version if len(found) > limit else None


def rollback_view(session: Session, site: Site, done: RolledBack) -> RollbackAnswer:
    """The new version, and a repair offered for each version before it that has decided anything."""
    offers = [
        Offer({"site": site.slug, "policy_version": str(number)}, ["rejudge", "revert"], decisions)
        for number, decisions in done.decided.items()
    ]
    return RollbackAnswer(view(session, site, done.version), offers)
