"""The conversation around one comment, in brief."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Status
from models.queries.surroundings import ancestors, beside, replies
from service.desk.surroundings.types import Conversation, NearbyView

BESIDE = 2
REPLIES = 5
# Characters of each text.
BRIEF = 280


def conversation_of(session: Session, comment: Comment) -> Conversation:
    """What stands above, beside and below the comment, with how each of them stands."""
    above = [] if comment.parent_id is None else _views(session.execute(ancestors(comment)))
    below = _views(session.execute(replies(comment.id, REPLIES + 1)))
    return Conversation(
        above=sorted(above, key=lambda view: view.id),
        before=_views(session.execute(beside(comment, BESIDE, before=True)))[::-1],
        after=_views(session.execute(beside(comment, BESIDE, before=False))),
        replies=below[:REPLIES],
        more_replies=len(below) > REPLIES,
    )


def brief(text: str) -> str:
    """The beginning of a text on one line, cut at a word where there is one."""
    line = " ".join(text[: 2 * BRIEF].split())
    if len(line) <= BRIEF and len(text) <= 2 * BRIEF:
        return line
    cut = line[:BRIEF]
    return (cut.rpartition(" ")[0] or cut) + "…"


def _views(rows: Iterable[tuple[Comment, CommentVersion]]) -> list[NearbyView]:
    return [
        NearbyView(
            comment.id,
            "" if comment.status is Status.ERASED else comment.name,
            "" if comment.status is Status.ERASED else brief(version.text),
            comment.status,
            comment.created_at,
        )
        for comment, version in rows
    ]
