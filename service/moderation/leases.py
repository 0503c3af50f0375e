"""Leases for moderators: from the backlog in Redis, put right by the database, and given out without Redis too."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import ApiKey, DeskSession, Membership, Moderator, Site
from models.queries.waiting import first_pending, still_waiting
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.accounts.moderators import ALL_SITES
from service.queue import backlog
from service.queue.backlog import Lease
from service.queue.redis_guard import RedisUnavailable
from service.wiring import Services

# How many more than asked for are looked at in the database when the backlog has too few.
MARGIN = 200

# A comment and its site.
Place = tuple[str, str]
# Of these comments those that a list still has.
Still = Callable[[Sequence[str]], Select[str]]


def take_leases(
    services: Services, site_id: str, moderator_id: str, limit: int, comment_ids: Sequence[str] | None = None
) -> list[Lease]:
    """Up to `limit` pending comments for this moderator, in the queue's order: of `comment_ids`, or the first.

    Two moderators never get the same one while Redis answers. Without it everybody gets what they ask for: the
    revision still is the fence.
    """
    redis = services.patient_redis
    try:
        if comment_ids is not None:
            return backlog.lease(redis, site_id, moderator_id, comment_ids, limit)
        leases = backlog.lease(redis, site_id, moderator_id, None, limit)
        waiting_now = _found(services, still_waiting([lease.comment_id for lease in leases]))
        stale = [lease.comment_id for lease in leases if lease.comment_id not in waiting_now]
        if stale:
            backlog.drop(redis, site_id, stale)
        if not stale and len(leases) >= limit:
            return leases
        # The backlog is short or was out of date: the database knows what waits.
        waiting = _first_pending(services, site_id, limit + MARGIN)
        backlog.put(redis, site_id, waiting)
        return backlog.lease(redis, site_id, moderator_id, [comment_id for comment_id, _, _ in waiting], limit)
    except RedisUnavailable:
        if comment_ids is None:
            comment_ids = [comment_id for comment_id, _, _ in _first_pending(services, site_id, limit)]
        until = services.clock.now() + timedelta(seconds=backlog.LEASE_SECONDS)
        return [Lease(comment_id, until, kept=False) for comment_id in comment_ids[:limit]]


def take_leases_across(
    services: Services,
    moderator_id: str,
    limit: int,
    places: Sequence[Place],
    still: Still | None = None,
    *,
    seconds: float = backlog.LEASE_SECONDS,
) -> list[Lease]:
    """Up to `limit` of these comments, of several sites, for this moderator, in the order given.

    As `take_leases` of one site. With `still` only those that it finds: looked at once they are leased, so that what a
    colleague has decided or set aside a moment ago is not handed out again.
    """
    leases: list[Lease] = []
    redis = services.patient_redis
    try:
        rest = _not_held_by_others(services, moderator_id, places)
        while rest and len(leases) < limit:
            some, rest = rest[: limit - len(leases)], rest[limit - len(leases) :]
            found = {
                lease.comment_id: lease
                for site_id, ids in _by_site(some).items()
                for lease in backlog.lease(redis, site_id, moderator_id, ids, len(ids), seconds=seconds)
            }
            good = set(found) if still is None else _found(services, still(list(found)))
            let_go_of(services, moderator_id, [place for place in some if place[0] in found and place[0] not in good])
            leases += [found[comment_id] for comment_id, _ in some if comment_id in good]
        return leases
    except RedisUnavailable:
        until = services.clock.now() + timedelta(seconds=seconds)
        return [Lease(comment_id, until, kept=False) for comment_id, _ in places[:limit]]


def let_go_of(services: Services, holder_id: str, places: Sequence[Place]) -> int:
    """Ends the holder's own leases among these comments; how many there were."""
    redis = services.patient_redis
    return sum(backlog.release(redis, site_id, holder_id, ids) for site_id, ids in _by_site(places).items())


def _not_held_by_others(services: Services, moderator_id: str, places: Sequence[Place]) -> list[Place]:
    held: dict[str, backlog.Holder] = {}
    for site_id, ids in _by_site(places).items():
        held |= backlog.holders(services.patient_redis, site_id, ids)
    return [place for place in places if place[0] not in held or held[place[0]].moderator_id == moderator_id]


def _by_site(places: Sequence[Place]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for comment_id, site_id in places:
        found.setdefault(site_id, []).append(comment_id)
    return found


def let_go(services: Services, actor: Actor, *, site_id: str, comment_id: str, own_only: bool = False) -> None:
    """Ends the actor's lease on the comment; an administrator's call ends anybody's, unless `own_only`.

    That somebody else's was broken stands in the trail.
    """
    if own_only or not actor.can("admin", site_id):
        backlog.release(services.patient_redis, site_id, actor.id, [comment_id])
        return
    # Before the lease is broken, which nothing brings back: no network inside a transaction.
    with services.read() as session:
        refuse_shut_out(session, actor, services.clock.now())
    holder = backlog.break_leases(services.patient_redis, site_id, [comment_id]).get(comment_id)
    if holder is None or holder == actor.id:
        return
    with services.write() as session:
        told = {"holder": holder}
        now = services.clock.now()
        audit(session, actor, "lease.break", now=now, site_id=site_id, target=comment_id, details=told)


def end_leases(services: Services, holder_id: str) -> None:
    """Ends the leases of an account or key where it may not decide any more, or is signed in nowhere.

    To be called after whatever took that from it: a role, a session, the account, the key.
    """
    with services.read() as session:
        sites = set(session.scalars(select(Site.id)))
        key = session.scalar(select(ApiKey).where(ApiKey.id == holder_id))
        if key is not None:
            kept = set() if key.revoked_at is not None else {key.site_id}
        else:
            kept = _deciding_on(session, holder_id, sites)
    backlog.release_all(services.patient_redis, sorted(sites - kept), holder_id)


def _deciding_on(session: Session, moderator_id: str, sites: set[str]) -> set[str]:
    """The sites where the account decides now; none without a browser that is signed in."""
    roles = session.scalars(
        select(Membership.site_id)
        .join(Moderator, Moderator.id == Membership.moderator_id)
        .where(
            Membership.moderator_id == moderator_id,
            Membership.role.in_(("moderator", "admin")),
            Moderator.disabled_at.is_(None),
            select(DeskSession.lookup).where(DeskSession.moderator_id == moderator_id).exists(),
        )
    ).all()
    return sites if ALL_SITES in roles else set(roles)


def _found(services: Services, query: Select[str]) -> set[str]:
    with services.read() as session:
        return set(session.scalars(query))


def _first_pending(services: Services, site_id: str, limit: int) -> list[backlog.Waiting]:
    with services.read() as session:
        rows = session.execute(first_pending(site_id, limit))
        return [(row[0], row[1], row[2]) for row in rows]
