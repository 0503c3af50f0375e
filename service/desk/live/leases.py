"""Which comments a moderator is handed: those of a queue, or of a list of ids, that nobody else holds."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from models import Site, Status
from models.queries.comments import sites_of
from models.queries.waiting import standing_so, still_waiting
from service.accounts.actors import Actor, refuse_shut_out
from service.desk.live.types import LeaseBody
from service.desk.queue.listing import check_order, find_ids, in_backlog_order, narrowed
from service.desk.site_access import sites_asked
from service.errors import NotFound, Refused
from service.moderation.complaints.own_decisions import own_appeals
from service.moderation.leases import Place, Still, let_go_of, take_leases, take_leases_across
from service.queue.backlog import Lease
from service.wiring import Services

# How far down the queue a lease looks for comments that nobody holds.
LEASE_DEPTH = 1000


def lease_comments(services: Services, actor: Actor, asked: LeaseBody) -> list[Lease]:
    """Leases what is asked for, in the order of the queue or of the ids.

    Raises NotFound for a site out of reach, and for ids that are not all of comments the caller moderates there;
    Invalid for an order that what is asked for does not have.
    """
    check_order(asked)
    now = services.clock.now()
    with services.read() as session:
        sites = sites_asked(session, asked.site, "moderator")
        if asked.comment_ids is not None:
            ids = list(dict.fromkeys(asked.comment_ids))
            places = _places(session, ids, sites)
            if len(places) != len(ids):
                raise NotFound(
                    "Not all of these are comments of this site." if asked.site else "There is no such comment."
                )
        elif len(sites) == 1 and in_backlog_order(asked, next(iter(sites)), now):
            # The whole queue in its own order is what the backlog holds.
            places = None
        else:
            found = find_ids(session, narrowed(asked, list(sites), now, actor.id), asked.order, LEASE_DEPTH)
            kept_from = own_appeals(session, actor.id, found.ids) if asked.filter == "appealed" else ()
            places = _places(session, [found_id for found_id in found.ids if found_id not in kept_from], sites)
    if places is None:
        site_id = next(iter(sites))
        leases = take_leases(services, site_id, actor.id, asked.limit)
        taken = [(lease.comment_id, site_id) for lease in leases]
    else:
        leases = take_leases_across(services, actor.id, asked.limit, places, _still(asked))
        of_site = dict(places)
        taken = [(lease.comment_id, of_site[lease.comment_id]) for lease in leases]
    try:
        # Behind the leases: whoever shuts somebody out ends theirs afterwards, and that may have been a moment ago.
        with services.read() as session:
            refuse_shut_out(session, actor, now)
    except Refused:
        let_go_of(services, actor.id, taken)
        raise
    return leases


def _still(asked: LeaseBody) -> Still | None:
    """What a comment that is handed out still has to be: of the list that all share, or of the status asked for."""
    if asked.status in (None, "any"):
        return None
    status = Status(asked.status)
    common = status is Status.PENDING and asked.filter is None and not asked.cluster
    return still_waiting if common else partial(standing_so, status=status)


def release_comments(services: Services, actor: Actor, comment_ids: Sequence[str]) -> None:
    """Ends the caller's own leases among these; what is elsewhere, or not there, nobody holds here."""
    with services.read() as session:
        places = _places(session, list(dict.fromkeys(comment_ids)), sites_asked(session, "", "moderator"))
    let_go_of(services, actor.id, places)


def _places(session: Session, comment_ids: Sequence[str], sites: dict[str, Site]) -> list[Place]:
    """These comments with their sites, in their order, as far as they are on one of `sites`."""
    found = {row[0]: row[1] for row in session.execute(sites_of(comment_ids))}
    return [(comment_id, found[comment_id]) for comment_id in comment_ids if found.get(comment_id) in sites]
