"""A writer's receipt, ended by an administrator: for one that has come into other hands."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import Receipt
from service.accounts.actors import Actor, Parts, fresh_actor
from service.accounts.audit import audit
from service.errors import NotFound


def revoke_receipt(parts: Parts, actor: Actor | None, *, comment_id: str, reason: str) -> datetime:
    """From now on nobody comes in with this comment's receipt; when that began. The comment stays as it is.

    It cannot be taken back; a receipt that was revoked before stays as it is. Raises NotFound where there is none;
    SignInNeeded, Forbidden for an actor who doesn't administer its site now.
    """
    now = parts.clock.now()
    with parts.write() as session:
        actor = fresh_actor(session, actor)
        receipt = session.get(Receipt, comment_id, with_for_update={"key_share": True})
        if receipt is None:
            raise NotFound("No receipt is kept for this comment.")
        if actor is not None:
            actor.require("admin", receipt.site_id)
        if receipt.revoked_at is None:
            receipt.revoked_at = now
            details = {"reason": reason}
            audit(
                session,
                actor,
                "receipt.revoke",
                now=now,
                site_id=receipt.site_id,
                target=comment_id,
                details=details,
            )
        return receipt.revoked_at


def revoked_at(session: Session, comment_id: str) -> datetime | None:
    """When the comment's receipt was revoked; None where it was not, and where there is none."""
    receipt = session.get(Receipt, comment_id)
    return None if receipt is None else receipt.revoked_at
