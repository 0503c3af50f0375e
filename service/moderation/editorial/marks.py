"""Featured and pinned: what the editors think worth reading, and what stands first below an article."""

from dataclasses import dataclass

from sqlalchemy import func, select, text

from models import Comment, Thread
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound
from service.moderation.moved_threads import renew
from service.queue.wakes import wake_threads
from service.wiring import Services

# More would push what readers write out of sight.
MOST_PINNED = 3


class NotPublished(Conflict):
    """Readers do not see the comment: it can neither be marked for them nor answered before them."""

    code, title = "not_published", "Readers do not see this comment"


class AnswersAnother(Conflict):
    """Pinned, it would stand apart from what it answers."""

    code, title = "answers_another", "Only a comment that answers no other can be pinned"


class TooManyPinned(Conflict):
    code, title = "too_many_pinned", f"A thread has at most {MOST_PINNED} pinned comments"


@dataclass(frozen=True, slots=True)
class Marks:
    """How the comment is marked now, and how it was before."""

    comment_id: str
    featured: bool
    pinned: bool
    featured_before: bool
    pinned_before: bool


@again_when_contended
def set_marks(
    services: Services, actor: Actor, comment_id: str, *, featured: bool | None = None, pinned: bool | None = None
) -> Marks:
    """Marks a published comment or takes marks away; None leaves one as it is. Setting them back undoes it.

    A comment that is taken down keeps its marks, unseen, and has them again when that is undone. Raises NotFound,
    NotPublished, AnswersAnother, TooManyPinned.
    """
    now = services.clock.now()
    with services.write() as session:
        comment = session.get(Comment, comment_id, with_for_update={"key_share": True})
        if comment is None:
            raise NotFound("There is no such comment.")
        actor.require("moderator", comment.site_id)
        before = comment.featured, comment.pinned
        wanted = {
            name: value
            for name, value, was in (("featured", featured, before[0]), ("pinned", pinned, before[1]))
            if value is not None and value is not was
        }
        if any(wanted.values()) and comment.published_version is None:
            raise NotPublished("Approve it first.")
        # Two that are pinned at once wait for each other here.
        thread = session.get_one(Thread, comment.thread_id, with_for_update={"key_share": True}) if wanted else None
        if wanted.get("pinned"):
            if comment.parent_id is not None:
                raise AnswersAnother()
            there = session.scalar(
                select(func.count()).where(
                    Comment.thread_id == comment.thread_id,
                    # Word for word the condition of the index, and what is looked for in it.
                    text("comment.pinned"),
                    Comment.pinned,
                    Comment.published_version.is_not(None),
                )
            )
            if (there or 0) >= MOST_PINNED:
                raise TooManyPinned("Take the pin from another one first.")
        if wanted:
            refuse_shut_out(session, actor, now)
        for name, value in wanted.items():
            setattr(comment, name, value)
            verb = {"featured": "feature", "pinned": "pin"}[name]
            audit(
                session,
                actor,
                f"comment.{verb if value else 'un' + verb}",
                target=comment.id,
                site_id=comment.site_id,
                now=now,
            )
        if thread is not None:
            renew(thread)
        marks = Marks(comment.id, comment.featured, comment.pinned, *before)
        thread_id = comment.thread_id
    if wanted:
        wake_threads(services.redis, [thread_id])
    return marks
