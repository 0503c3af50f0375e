"""What belongs to sites and their people: names, trail, bans, policies."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, or_, select

from models.account import ApiKey, AuditEntry, Moderator
from models.ban import Ban, BanKind
from models.chain import WriterMark
from models.classifier import ClassifierVersion
from models.comment import Comment
from models.policy import PolicyVersion
from models.queries.conditions import on_sites, stretch
from models.queries.overview.audit import told
from models.site import Site


def moderators_named(ids: Collection[str]) -> Select[str, str]:
    """(id, name) of these moderators."""
    return select(Moderator.id, Moderator.name).where(Moderator.id.in_(ids))


def keys_named(ids: Collection[str]) -> Select[str, str]:
    """(id, scope) of these API keys."""
    return select(ApiKey.id, ApiKey.scope).where(ApiKey.id.in_(ids))


def sites_reached(site_ids: Collection[str] | None) -> Select[Site]:
    """These sites (None: all), by slug."""
    return select(Site).where(*on_sites(Site.id, site_ids)).order_by(Site.slug)


def audit_trail(
    site_ids: Collection[str] | None, before: str = "", *, administered: Collection[str] | None = None
) -> Select[AuditEntry]:
    """The trail, newest first; `before` is the id of the last entry already seen.

    Entries on bans of addresses only of the sites `administered` (None: all).
    """
    if site_ids is not None and len(site_ids) == 1:
        (site_id,) = site_ids
        part = stretch(AuditEntry.site_id, site_id, AuditEntry.id, before=before)
        query = select(AuditEntry).where(part).order_by(AuditEntry.site_id.desc(), AuditEntry.id.desc())
    else:
        query = select(AuditEntry).where(*on_sites(AuditEntry.site_id, site_ids)).order_by(AuditEntry.id.desc())
        query = query.where(AuditEntry.id < before) if before else query
    return query.where(*told(administered))


def bans_in_force(
    site_id: str, now: datetime, before: str = "", *, with_addresses: bool = True
) -> Select[Ban, Comment | None]:
    """Bans with the comment beside which each was set, newest first; `before`: the last one already seen."""
    query = (
        select(Ban, Comment)
        .outerjoin(Comment, Comment.id == Ban.comment_id)
        .where(
            stretch(Ban.site_id, site_id, Ban.id, before=before),
            Ban.lifted_at.is_(None),
            or_(Ban.expires_at.is_(None), Ban.expires_at > now),
        )
        .order_by(Ban.site_id.desc(), Ban.id.desc())
    )
    return query if with_addresses else query.where(Ban.kind != BanKind.ADDRESS)


def marks_of_site(site_id: str, now: datetime, before: str = "") -> Select[WriterMark, Comment | None]:
    """Marks of writers in force with the comment beside which each was set, newest first; `before`: the last one
    already seen."""
    return (
        select(WriterMark, Comment)
        .outerjoin(Comment, Comment.id == WriterMark.comment_id)
        .where(
            stretch(WriterMark.site_id, site_id, WriterMark.id, before=before),
            WriterMark.lifted_at.is_(None),
            or_(WriterMark.expires_at.is_(None), WriterMark.expires_at > now),
        )
        .order_by(WriterMark.site_id.desc(), WriterMark.id.desc())
    )


def policies_of(site_id: str, before: int | None = None) -> Select[PolicyVersion]:
    """A site's policies, newest first; `before`: older than that version."""
    query = select(PolicyVersion).where(PolicyVersion.site_id == site_id).order_by(PolicyVersion.n.desc())
    return query if before is None else query.where(PolicyVersion.n < before)


def classifiers_of(site_id: str) -> Select[ClassifierVersion]:
    """A site's classifiers, newest first."""
    return select(ClassifierVersion).where(ClassifierVersion.site_id == site_id).order_by(ClassifierVersion.n.desc())


def newest_policy(site_id: str) -> Select[PolicyVersion]:
    """The policy in force."""
    return select(PolicyVersion).where(PolicyVersion.site_id == site_id).order_by(PolicyVersion.n.desc()).limit(1)
