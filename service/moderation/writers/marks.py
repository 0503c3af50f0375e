"""Marks that moderators set on a writer beside a comment: hold, trust, a note.

A mark goes by the writer's chain, and by chains that are one with it: those are proven, so that nobody comes under a
mark, or out of one, by typing an address.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from models import Comment, MarkKind, Site, WriterMark, new_id
from models.database.prepared import Prepared
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.privacy.chains import families
from service.wiring import Services

# Of one writer: nobody reads more, and each is a row of every look at them.
MOST_NOTES = 50

# What rules look at; the stricter first.
_JUDGED_BY = (MarkKind.HOLD, MarkKind.TRUST)


class TooManyNotes(Conflict):
    code, title = "too_many_notes", "This writer has as many notes as there may be"


def in_force(now: Any) -> ColumnElement[bool]:
    """Whether a mark is neither lifted nor over."""
    return and_(WriterMark.lifted_at.is_(None), or_(WriterMark.expires_at.is_(None), WriterMark.expires_at > now))


_IDS: Any = bindparam("ids", expanding=True)
_ANY = Prepared(select(WriterMark.id).where(WriterMark.site_id.in_(_IDS), in_force(bindparam("now"))).limit(1))
_MARKS = Prepared(
    select(WriterMark.chain_id, WriterMark.kind).where(
        WriterMark.chain_id.in_(_IDS), WriterMark.kind.in_(_JUDGED_BY), in_force(bindparam("now"))
    )
)


def marks_of(session: Session, site_ids: Collection[str], chain_ids: Collection[str], now: datetime) -> dict[str, str]:
    """Chain id -> "hold" or "trust", of those that have such a mark. One query where no writer of the sites has any."""
    if not _ANY.found(session, {"ids": site_ids, "now": now}):
        return {}
    related = families(session, chain_ids)
    everyone = list(frozenset[str]().union(*related.values()))
    found: dict[str, set[MarkKind]] = {}
    for chain_id, kind in _MARKS.found(session, {"ids": everyone, "now": now}):
        found.setdefault(chain_id, set()).add(kind)
    answer: dict[str, str] = {}
    for chain_id, members in related.items():
        kinds = set[MarkKind]().union(*(found.get(member, ()) for member in members))
        if kinds:
            answer[chain_id] = next(kind.value for kind in _JUDGED_BY if kind in kinds)
    return answer


def marks_on(chain_ids: Collection[str], now: datetime) -> Select[WriterMark]:
    """Every mark in force on these chains, newest first."""
    return select(WriterMark).where(WriterMark.chain_id.in_(chain_ids), in_force(now)).order_by(WriterMark.id.desc())


@again_when_contended
def set_mark(
    services: Services, actor: Actor, comment_id: str, kind: MarkKind, *, days: int | None = None, reason: str = ""
) -> WriterMark:
    """Marks the comment's writer for that many days, or until it is lifted; a hold ends a trust and the other way.

    `reason`: of a note, the note. Raises NotFound, TooManyNotes, and Invalid for a note that says nothing.
    """
    reason = reason.strip()
    if kind is MarkKind.NOTE and not reason:
        raise Invalid(errors=[FieldError("reason", "missing", "Write what the others should know.")])
    now = services.clock.now()
    with services.write() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            raise NotFound("There is no such comment.")
        chains = families(session, [comment.chain_id])[comment.chain_id]
        known = list(session.scalars(marks_on(chains, now).with_for_update(key_share=True)))
        if kind is MarkKind.NOTE:
            if sum(mark.kind is kind for mark in known) >= MOST_NOTES:
                raise TooManyNotes("Remove some that say nothing any more.")
        else:
            _end(session, [mark for mark in known if mark.kind in _JUDGED_BY], now)
        made = WriterMark(
            id=new_id(),
            site_id=comment.site_id,
            chain_id=comment.chain_id,
            kind=kind,
            comment_id=comment.id,
            reason=reason,
            created_by=actor.id,
            created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        session.add(made)
        details = {"kind": kind.value, "comment": comment.id, "reason": reason, "days": days}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "writer.mark", target=made.id, site_id=comment.site_id, details=details, now=now)
        session.flush()
        return made


@again_when_contended
def lift_mark(services: Services, actor: Actor, site: Site, mark_id: str) -> WriterMark:
    """Ends a mark of the site; what it held still waits. Raises NotFound."""
    now = services.clock.now()
    with services.write() as session:
        lifted = session.scalar(
            update(WriterMark)
            .where(WriterMark.id == mark_id, WriterMark.site_id == site.id, in_force(now))
            .values(lifted_at=now)
            .returning(WriterMark)
            .execution_options(synchronize_session=False)
        )
        if lifted is None:
            raise NotFound("There is no such mark in force.")
        details = {"kind": lifted.kind.value}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "writer.unmark", target=mark_id, site_id=site.id, details=details, now=now)
        return lifted


def _end(session: Session, marks: Sequence[WriterMark], now: datetime) -> None:
    for mark in marks:
        mark.lifted_at = now
    session.flush()
