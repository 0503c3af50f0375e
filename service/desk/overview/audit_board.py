"""The audit trail's page: who did what, narrowed by person, action and thing, page by page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import AuditEntry
from models.queries.overview.audit import actions_of, actors_seen, entries, entries_about, entries_of
from models.queries.sites import audit_trail

PAGE_SIZE = 50
# Parts of one select: SQLite takes 500.
PAIRS_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailQuestion:
    """`site_ids`: of which sites; None: of all, and what belongs to none. What is empty does not narrow.

    `administered`: see `audit_trail`.
    """

    site_ids: Collection[str] | None
    administered: Collection[str] | None
    person: str = ""
    action: str = ""
    target: str = ""
    before: str = ""


def find_trail(session: Session, asked: TrailQuestion) -> tuple[list[AuditEntry], str]:
    """A page of entries, newest first, and the cursor of the next one: "" where there is none."""
    if not (asked.person or asked.action or asked.target):
        found = session.scalars(
            audit_trail(asked.site_ids, asked.before, administered=asked.administered).limit(PAGE_SIZE + 1)
        ).all()
        page = list(found[:PAGE_SIZE])
        return page, page[-1].id if len(found) > PAGE_SIZE else ""
    ids = _ids(session, asked)
    page = list(session.scalars(entries(ids[:PAGE_SIZE])))
    if asked.target:
        page = [entry for entry in page if _fits(entry, asked)]
    return page, ids[PAGE_SIZE - 1] if len(ids) > PAGE_SIZE else ""


def _ids(session: Session, asked: TrailQuestion) -> Sequence[str]:
    if asked.target:
        return session.scalars(
            entries_about(asked.target, asked.site_ids, asked.administered, asked.before, PAGE_SIZE + 1)
        ).all()
    pairs: list[tuple[str | None, str]] = []
    if asked.person:
        actions = [asked.action] if asked.action else session.scalars(actions_of(asked.person)).all()
        pairs += [(asked.person, action) for action in actions]
    else:
        pairs += [(actor, asked.action) for actor in [None, *session.scalars(actors_seen())]]
    found: list[str] = []
    for start in range(0, len(pairs), PAIRS_MOST):
        some = pairs[start : start + PAIRS_MOST]
        found += session.scalars(entries_of(some, asked.site_ids, asked.administered, asked.before, PAGE_SIZE + 1))
    return sorted(found, reverse=True)[: PAGE_SIZE + 1]


def _fits(entry: AuditEntry, asked: TrailQuestion) -> bool:
    """What is asked of the few entries about one thing besides."""
    return asked.person in ("", entry.actor_id) and asked.action in ("", entry.action)
