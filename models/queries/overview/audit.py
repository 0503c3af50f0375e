"""The audit trail by what it is asked for."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models.account import AuditEntry, Membership, Moderator
from models.ban import Ban, BanKind
from models.queries.arms import together
from models.queries.conditions import on_sites, stretch
from models.queries.threads import title_for_moderators
from models.thread import Thread


def entries_about(
    target: str, site_ids: Collection[str] | None, administered: Collection[str] | None, before: str, limit: int
) -> Select[str]:
    """Ids of the entries about one thing, newest first; `before`: the last one seen. `administered`: see `told`."""
    part = stretch(AuditEntry.target, target, AuditEntry.id, before=before)
    query = select(AuditEntry.id).where(part, *on_sites(AuditEntry.site_id, site_ids), *told(administered))
    return query.order_by(AuditEntry.target.desc(), AuditEntry.id.desc()).limit(limit)


def entries_of(
    pairs: Sequence[tuple[str | None, str]],
    site_ids: Collection[str] | None,
    administered: Collection[str] | None,
    before: str,
    limit: int,
) -> Select[str]:
    """Ids of the entries of these (actor, action), newest first: each pair is a stretch of an index.

    `administered`: see `told`.
    """
    arms = []
    for actor_id, action in pairs:
        who = AuditEntry.actor_id.is_(None) if actor_id is None else AuditEntry.actor_id == actor_id
        part = select(AuditEntry.id).where(who, AuditEntry.action == action, *on_sites(AuditEntry.site_id, site_ids))
        part = part.where(*told(administered))
        if before:
            part = part.where(AuditEntry.id < before)
        arms.append(part.order_by(AuditEntry.id.desc()).limit(limit))
    found = together(arms)
    return select(found.c.id).order_by(found.c.id.desc()).limit(limit)


def actors_seen() -> Select[str]:
    """Every actor who stands in the trail: a step in an index each."""
    return _steps(AuditEntry.actor_id, [AuditEntry.actor_id.is_not(None)])


def actions_of(actor_id: str) -> Select[str]:
    """Every kind of thing that this actor did: a step in an index each."""
    return _steps(AuditEntry.action, [AuditEntry.actor_id == actor_id])


def entries(ids: Collection[str]) -> Select[AuditEntry]:
    """These entries, newest first."""
    return select(AuditEntry).where(AuditEntry.id.in_(ids)).order_by(AuditEntry.id.desc())


def changes_of(targets: Collection[str], action: str) -> Select[str, dict[str, Any]]:
    """(target, details) of what was done to these things, oldest first."""
    return (
        select(AuditEntry.target, AuditEntry.details)
        .where(AuditEntry.target.in_(targets), AuditEntry.action == action)
        .order_by(AuditEntry.id)
    )


def told(administered: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Whether an entry is for somebody who administers only these sites (None: all): not on others' bans of addresses.

    It stands before every limit: what is left out behind one would be told by a page that is too short.
    """
    if administered is None:
        return []
    # Asked for each entry that is shown: joined, a database would read all bans.
    of_others = (Ban.id == AuditEntry.target, Ban.site_id.not_in(administered))
    kind = select(Ban.kind).where(*of_others).scalar_subquery()
    return [or_(kind.is_(None), kind != BanKind.ADDRESS)]


def people_on(site_ids: Collection[str] | None) -> Select[str, str]:
    """(id, name) of those who have a role on one of these sites or on all of them, by name."""
    roles = select(Membership.moderator_id)
    if site_ids is not None:
        roles = roles.where(Membership.site_id.in_([*site_ids, ""]))
    return select(Moderator.id, Moderator.name).where(Moderator.id.in_(roles)).order_by(Moderator.name, Moderator.id)


def _steps(column: Any, where: Sequence[ColumnElement[bool]]) -> Select[str]:
    first = select(func.min(column).label("found")).where(*where).cte("steps", recursive=True)
    following = select(func.min(column)).where(*where, column > first.c.found).correlate(first).scalar_subquery()
    steps = first.union_all(select(following).where(first.c.found.is_not(None)))
    return select(steps.c.found).where(steps.c.found.is_not(None))


def things_named(name: InstrumentedAttribute[Any], ids: Collection[str]) -> Select[str, str, str]:
    """(id, what this column calls it, what its page goes by) of these things, which is the id."""
    id_: InstrumentedAttribute[str] = name.class_.id
    return select(id_, cast(name, String), id_).where(id_.in_(ids))


def stories_named(thread_ids: Collection[str]) -> Select[str, str, str]:
    """As `things_named`: threads by their titles, whose pages go by their keys."""
    title = title_for_moderators()
    return select(Thread.id, case((title != "", title), else_=Thread.key), Thread.key).where(Thread.id.in_(thread_ids))
