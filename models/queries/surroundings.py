"""What stands around one comment: what it answers, what is beside and below it, the same text elsewhere, its trail.

Each is bounded, however many replies a comment has and however often a text came.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, literal, select, union

from models.account import AuditEntry
from models.ban import Ban, BanKind
from models.comment import Comment, CommentVersion, Status
from models.decision import PEOPLE, Action, Decision
from models.queries.conditions import current_version

# A reply is never deeper than a thread is, and a thread is not deeper than its pages show.
MOST_ANCESTORS = 30
# Comments of the thread that are looked at on either side, replies that are looked at below.
WINDOW = 300
# Comments with the same text that are looked at.
MOST_ALIKE = 200
# What the pane of a comment tells of the trail.
TOLD_OF_A_COMMENT = ("comment.reveal_email", "receipt.revoke")


def ancestors(comment: Comment) -> Select[Comment, CommentVersion]:
    """What it answers, and what that answers, and so on; in no order."""
    first = select(Comment.id, Comment.parent_id, literal(1).label("up")).where(Comment.id == comment.parent_id)
    chain = first.cte("chain", recursive=True)
    above = select(Comment.id, Comment.parent_id, chain.c.up + 1).join(chain, Comment.id == chain.c.parent_id)
    chain = chain.union_all(above.where(chain.c.up < MOST_ANCESTORS))
    return _with_text(select(chain.c.id).subquery())


def beside(comment: Comment, limit: int, *, before: bool) -> Select[Comment, CommentVersion]:
    """Those that answer the same as it does, or begin a thread as it does, next before or after it; nearest first."""
    way = Comment.id.desc() if before else Comment.id
    here = Comment.id < comment.id if before else Comment.id > comment.id
    # A window of the thread, whose index has them in order: of the siblings alone none has.
    near = (
        select(Comment.id, Comment.parent_id)
        .where(Comment.thread_id == comment.thread_id, here)
        .order_by(way)
        .limit(WINDOW)
        .subquery()
    )
    same = near.c.parent_id.is_(None) if comment.parent_id is None else near.c.parent_id == comment.parent_id
    order = near.c.id.desc() if before else near.c.id
    found = select(near.c.id).where(same).order_by(order).limit(limit).subquery()
    return _with_text(found).order_by(way)


def replies(comment_id: str, limit: int) -> Select[Comment, CommentVersion]:
    """What answers it, oldest first."""
    near = select(Comment.id).where(Comment.parent_id == comment_id).limit(WINDOW).subquery()
    found = select(near.c.id).order_by(near.c.id).limit(limit).subquery()
    return _with_text(found).order_by(Comment.id)


def answers_with_badge(comment_id: str, badge: str, limit: int) -> Select[str, str, Status, datetime]:
    """(id, name, status, time) of the latest answers to a comment that carry this badge, newest first."""
    return (
        select(Comment.id, Comment.name, Comment.status, Comment.created_at)
        .where(Comment.parent_id == comment_id, Comment.badge == badge)
        .order_by(Comment.id.desc())
        .limit(limit)
    )


def _with_text(found: Any) -> Select[Comment, CommentVersion]:
    return select(Comment, CommentVersion).join(found, found.c.id == Comment.id).join(CommentVersion, current_version())


def decided_alike(comment: Comment, limit: int) -> Select[Decision, bytes]:
    """(decision, fingerprint of its text): what people decided on the same text elsewhere on the site, or nearly the
    same, as far as it still stands; newest first."""
    cluster = comment.copy_of or comment.id
    alike = (
        select(Comment.id)
        .where(Comment.site_id == comment.site_id, Comment.fingerprint == comment.fingerprint)
        .order_by(Comment.id.desc())
        .limit(MOST_ALIKE)
        .subquery()
    )
    copies = select(Comment.id).where(Comment.copy_of == cluster).limit(MOST_ALIKE).subquery()
    found = union(
        select(alike.c.id), select(copies.c.id), select(literal(cluster, Comment.id.type).label("id"))
    ).subquery()
    return (
        select(Decision, Comment.fingerprint)
        .join(found, found.c.id == Decision.comment_id)
        .join(
            Comment,
            and_(
                Comment.id == Decision.comment_id,
                Comment.revision == Decision.revision,
                Comment.current_version == Decision.version_n,
            ),
        )
        .where(
            Comment.site_id == comment.site_id,
            Comment.id != comment.id,
            Decision.actor_kind.in_(PEOPLE),
            Decision.action.in_((Action.APPROVE, Action.REJECT, Action.SPAM)),
        )
        .order_by(Decision.id.desc())
        .limit(limit)
    )


def told_of(comment_id: str, limit: int) -> Select[AuditEntry]:
    """What was done about a comment besides deciding it, newest first."""
    return (
        select(AuditEntry)
        .where(AuditEntry.target == comment_id, AuditEntry.action.in_(TOLD_OF_A_COMMENT))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )


def bans_of_writer(comment: Comment, limit: int) -> Select[Ban]:
    """Bans of a comment's writer that were ever set, newest first."""
    return (
        select(Ban)
        .where(Ban.site_id == comment.site_id, Ban.chain_id == comment.chain_id, Ban.kind == BanKind.CHAIN)
        .order_by(Ban.id.desc())
        .limit(limit)
    )


def versions_before(comment_id: str, before: int | None, limit: int) -> Select[CommentVersion]:
    """The texts of a comment, last to first; `before`: the number of the last one already seen."""
    query = select(CommentVersion).where(CommentVersion.comment_id == comment_id)
    if before is not None:
        query = query.where(CommentVersion.n < before)
    return query.order_by(CommentVersion.n.desc()).limit(limit)
