"""Held for later: out of the list that all share for a while, for somebody, or both."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AsideKind, Comment, SetAside
from models.queries.set_aside import deciding_on, waiting_again
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import FieldError, Invalid, NotFound
from service.moderation.decisions import refuse_leased
from service.moderation.set_aside.rows import end, open_one, put_aside, standing_of
from service.queue import backlog
from service.wiring import Services

# Nobody holds a comment for longer.
LONGEST = timedelta(days=366)


@again_when_contended
def hold(
    services: Services,
    actor: Actor,
    comment_id: str,
    *,
    until: datetime | None = None,
    for_id: str | None = None,
    note: str | None = None,
    expected_revision: int | None = None,
) -> SetAside:
    """Holds the comment until then, for that moderator, or both; anew where it is held already.

    Raises NotFound, Invalid, NotWaiting, IsEscalated, and as decisions do AlreadyDecided and LeasedElsewhere.
    """
    now = services.clock.now()
    check_time("until", until, now)
    if until is None and for_id is None:
        raise Invalid(errors=[FieldError("until", "missing", "Say until when, or for whom.")])
    site_id = site_of(services, comment_id)
    holder = backlog.holders(services.redis, site_id, [comment_id]).get(comment_id)
    with services.write() as session:
        standing = standing_of(session, comment_id, expected_revision)
        actor.require("moderator", standing.site_id)
        refuse_leased(holder, actor, standing.site_id)
        check_moderator(session, for_id, standing.site_id)
        row = put_aside(session, actor, standing, AsideKind.HELD, now=now, due_at=until, for_id=for_id, note=note)
        details = {"until": until and until.isoformat(), "for": for_id}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "comment.hold", now=now, site_id=standing.site_id, target=comment_id, details=details)
    backlog.drop(services.redis, standing.site_id, [comment_id])
    return row


@again_when_contended
def let_go(services: Services, actor: Actor, comment_id: str) -> None:
    """Brings a held comment back to the list that all share. Raises NotFound where it is not held."""
    now = services.clock.now()
    with services.write() as session:
        standing = standing_of(session, comment_id, waits=False)
        actor.require("moderator", standing.site_id)
        row = open_one(session, comment_id)
        if row is None or row.kind is not AsideKind.HELD:
            raise NotFound("This comment is not held.")
        end(row, actor, now)
        refuse_shut_out(session, actor, now)
        audit(session, actor, "comment.let_go", now=now, site_id=standing.site_id, target=comment_id)
    put_back(services, [comment_id])


def put_back(services: Services, comment_ids: list[str]) -> None:
    """Lets Redis know what waits in the list that all share again; without it, the sweep finds out."""
    sites: dict[str, list[backlog.Waiting]] = {}
    with services.read() as session:
        for site_id, comment_id, priority, created_at in session.execute(waiting_again(comment_ids)):
            sites.setdefault(site_id, []).append((comment_id, priority, created_at))
    for site_id, waiting in sites.items():
        backlog.put(services.redis, site_id, waiting)


def site_of(services: Services, comment_id: str) -> str:
    """The comment's site. Raises NotFound."""
    with services.read() as session:
        site_id = session.scalar(select(Comment.site_id).where(Comment.id == comment_id))
    if site_id is None:
        raise NotFound("There is no such comment.")
    return site_id


def check_time(field: str, at: datetime | None, now: datetime) -> None:
    """Raises Invalid for a time that has passed or is further away than `LONGEST`."""
    if at is None:
        return
    if at.tzinfo is None:
        raise Invalid(errors=[FieldError(field, "no_zone", "Say in which time zone, as in 2026-11-27T08:00:00Z.")])
    if not now < at <= now + LONGEST:
        raise Invalid(errors=[FieldError(field, "out_of_range", "This must be in the next 366 days.")])


def check_moderator(session: Session, moderator_id: str | None, site_id: str) -> None:
    """Raises Invalid for somebody who cannot decide on the site, and for nobody at all alike."""
    if moderator_id is None:
        return
    known = {row[0] for row in session.execute(deciding_on(site_id))}
    if moderator_id not in known:
        raise Invalid(errors=[FieldError("moderator", "unknown_moderator", "Nobody of this site can be named so.")])
