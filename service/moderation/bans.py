"""Bans as moderators set and lift them, on a comment: of its writer, its address or its network.

What a ban holds, and whom it never holds, `service.privacy.bans` decides.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import Ban, BanKind, Comment, Site
from models.queries.sites import bans_in_force
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound
from service.privacy.bans import ban_address_of, ban_chain, ban_prefix, lift_ban
from service.privacy.sealing import Keyring
from service.wiring import Services


class AlreadyBanned(Conflict):
    code, title = "already_banned", "This is banned already"


class NothingToBan(Conflict):
    code, title = "nothing_to_ban", "Nothing is kept that could be banned"


@again_when_contended
def set_ban(
    services: Services, actor: Actor, comment_id: str, kind: BanKind, *, days: int | None = None, reason: str = ""
) -> tuple[Ban, Comment]:
    """Sets the ban for that many days, or until it is lifted. Raises NotFound, AlreadyBanned, NothingToBan."""
    now = services.clock.now()
    with services.write() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            raise NotFound("There is no such comment.")
        for known, other in session.execute(bans_in_force(comment.site_id, now)).all():
            same_writer = kind is BanKind.CHAIN and known.chain_id == comment.chain_id
            if known.kind is kind and (same_writer or (other is not None and other.id == comment.id)):
                raise AlreadyBanned("Lift the ban that is in force first, to change it.")
        until = None if days is None else now + timedelta(days=days)
        made = _new_ban(session, services.keyring, comment, kind, actor, now, until, reason)
        made.comment_id = comment.id
        session.flush()
        refuse_shut_out(session, actor, now)
        audit(
            session,
            actor,
            "ban.add",
            target=made.id,
            site_id=comment.site_id,
            details={"kind": made.kind, "comment": comment.id, "reason": reason},
            now=now,
        )
        return made, comment


@again_when_contended
def lift(services: Services, actor: Actor, site: Site, ban_id: str) -> None:
    """Ends a ban of the site; what it held still waits. Raises NotFound, also to a moderator for one of an address."""
    now = services.clock.now()
    of_addresses = actor.can("admin", site.id)
    with services.write() as session:
        if not lift_ban(session, ban_id=ban_id, site_id=site.id, now=now, of_addresses=of_addresses):
            raise NotFound("There is no such ban in force.")
        refuse_shut_out(session, actor, now)
        audit(session, actor, "ban.lift", target=ban_id, site_id=site.id, details={}, now=now)


def _new_ban(
    session: Session,
    keyring: Keyring,
    comment: Comment,
    kind: BanKind,
    actor: Actor,
    now: datetime,
    until: datetime | None,
    reason: str,
) -> Ban:
    if kind is BanKind.ADDRESS:
        try:
            return ban_address_of(
                session, keyring, comment, now=now, reason=reason, created_by=actor.id, expires_at=until
            )
        except LookupError:
            raise NothingToBan("The address was erased. The writer can still be banned.") from None
    if kind is BanKind.CHAIN:
        return ban_chain(
            session,
            site_id=comment.site_id,
            chain_id=comment.chain_id,
            now=now,
            reason=reason,
            created_by=actor.id,
            expires_at=until,
        )
    if comment.prefix_hash is None:
        raise NothingToBan("Where this comment came from is not known any more.")
    return ban_prefix(
        session,
        site_id=comment.site_id,
        prefix_hash=comment.prefix_hash,
        now=now,
        reason=reason,
        created_by=actor.id,
        expires_at=until,
    )
