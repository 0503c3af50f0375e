"""A site's saved replies: words for messages and answers, which its moderators share and change."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import SavedReply, Site, new_id
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.markup.characters import one_line, visible
from service.moderation.editorial.messages import MESSAGE_MAX
from service.moderation.editorial.texts import checked_text
from service.wiring import Services

NAME_MAX = 80
# All of them stand in one menu.
MOST_REPLIES = 100


class TooManyReplies(Conflict):
    code, title = "too_many_replies", f"A site keeps at most {MOST_REPLIES} saved replies"


@again_when_contended
def keep_reply(services: Services, actor: Actor, site: Site, typed_name: str, typed: str) -> tuple[SavedReply, bool]:
    """Keeps the words under that name, in place of those that it had; and whether the name is new.

    Raises Invalid, TooManyReplies.
    """
    now = services.clock.now()
    name = one_line(typed_name)
    if not visible(name, 1) or len(name) > NAME_MAX:
        raise Invalid(errors=[FieldError("name", "required", f"A name has 1 to {NAME_MAX} characters.")])
    text = checked_text(typed, field="text", most=MESSAGE_MAX)
    with services.write() as session:
        reply = session.scalar(
            select(SavedReply)
            .where(SavedReply.site_id == site.id, SavedReply.name == name)
            .with_for_update(key_share=True)
        )
        is_new = reply is None
        if reply is None:
            if (session.scalar(select(func.count()).where(SavedReply.site_id == site.id)) or 0) >= MOST_REPLIES:
                raise TooManyReplies("Delete one first.")
            reply = SavedReply(id=new_id(), site_id=site.id, name=name, text=text, created_at=now, changed_at=now)
            try:
                with session.begin_nested():
                    session.add(reply)
            except IntegrityError:
                raise Conflict("A colleague has just kept a reply of that name: load the list again.") from None
        elif reply.text == text:
            return reply, False
        reply.text, reply.changed_at = text, now
        details = {"name": name}
        refuse_shut_out(session, actor, now)
        audit(session, actor, "saved_reply.put", target=reply.id, site_id=site.id, details=details, now=now)
        return reply, is_new


@again_when_contended
def delete_reply(services: Services, actor: Actor, site: Site, reply_id: str) -> SavedReply:
    """Takes one out of the list; what it was, so that it can be kept again. Raises NotFound."""
    with services.write() as session:
        reply = session.get(SavedReply, reply_id, with_for_update={"key_share": True})
        if reply is None or reply.site_id != site.id:
            raise NotFound("There is no such saved reply.")
        session.delete(reply)
        details = {"name": reply.name}
        now = services.clock.now()
        refuse_shut_out(session, actor, now)
        audit(session, actor, "saved_reply.delete", target=reply.id, site_id=site.id, details=details, now=now)
        return reply


def saved_replies_of(session: Session, site_id: str) -> Sequence[SavedReply]:
    """A site's saved replies by name."""
    return session.scalars(
        select(SavedReply).where(SavedReply.site_id == site_id).order_by(SavedReply.name).limit(MOST_REPLIES)
    ).all()
