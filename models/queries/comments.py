"""Comments with what belongs to them: versions, decisions, copies, the writer's others."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select

from models.chain import WriterChain
from models.comment import JUDGED, Comment, CommentVersion, Status
from models.decision import Action, ActorKind, Decision
from models.queries.conditions import current_version, is_judged, of_site, stretch
from models.queries.threads import title_for_moderators
from models.thread import Thread


def known_among(comment_ids: Collection[str]) -> Select[str]:
    """The ids among these that are comments."""
    return select(Comment.id).where(Comment.id.in_(comment_ids))


def one_comment(comment_id: str) -> Select[Comment, CommentVersion, Thread]:
    """A comment with its current version and its thread."""
    return (
        select(Comment, CommentVersion, Thread)
        .join(CommentVersion, current_version())
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Comment.id == comment_id)
    )


def chain_behind(comment_id: str, site_ids: Collection[str]) -> Select[str, str]:
    """(writer chain, site) of a comment of these sites."""
    return select(Comment.chain_id, Comment.site_id).where(Comment.id == comment_id, Comment.site_id.in_(site_ids))


def writer_named(comment_id: str, site_ids: Collection[str]) -> Select[str]:
    """The name under a comment of these sites."""
    return select(Comment.name).where(Comment.id == comment_id, Comment.site_id.in_(site_ids))


def sites_of(comment_ids: Collection[str]) -> Select[str, str]:
    """(comment, its site)."""
    return select(Comment.id, Comment.site_id).where(Comment.id.in_(comment_ids))


def revisions_of(comment_ids: Collection[str]) -> Select[str, int, str]:
    """(comment, its revision, its site)."""
    return select(Comment.id, Comment.revision, Comment.site_id).where(Comment.id.in_(comment_ids))


def times_of(comment_ids: Collection[str]) -> Select[str, datetime]:
    """(comment, when it came in)."""
    return select(Comment.id, Comment.created_at).where(Comment.id.in_(comment_ids))


def comments_named(site_id: str, comment_ids: Collection[str]) -> Select[Comment]:
    """Those of these comments that are on the site, oldest first."""
    return select(Comment).where(of_site(Comment.site_id, site_id), Comment.id.in_(comment_ids)).order_by(Comment.id)


def dead_letters(site_id: str, passing: Collection[str] = ()) -> Select[str]:
    """The ids of what no worker could judge and nobody has decided, the most urgent first, but those in `passing`."""
    found = select(Comment.id).where(
        Comment.site_id == site_id, Comment.dead_at.is_not(None), Comment.status == Status.PENDING
    )
    if passing:
        found = found.where(Comment.id.not_in(passing))
    return found.order_by(Comment.priority.desc(), Comment.id)


def versions_of(comment: Comment, limit: int) -> Select[CommentVersion]:
    """The newest texts of a comment and the one that is up, first to last."""
    shown = or_(
        CommentVersion.n > comment.current_version - limit,
        CommentVersion.n == comment.published_version,
    )
    return select(CommentVersion).where(CommentVersion.comment_id == comment.id, shown).order_by(CommentVersion.n)


def every_text_of(comment_ids: Collection[str]) -> Select[str, str, int, str, str]:
    """(comment, name, version, text, story) of every version of these comments, but of those that were erased."""
    return (
        select(Comment.id, Comment.name, CommentVersion.n, CommentVersion.text, title_for_moderators())
        .join(CommentVersion, CommentVersion.comment_id == Comment.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(Comment.id.in_(comment_ids), Comment.status != Status.ERASED)
    )


def last_redactions(comment_ids: Collection[str]) -> Select[str, int]:
    """(comment, newest version in which the editors have removed a passage) of those that have one."""
    return (
        select(CommentVersion.comment_id, func.max(CommentVersion.n))
        .where(CommentVersion.comment_id.in_(comment_ids), CommentVersion.redacts.is_not(None))
        .group_by(CommentVersion.comment_id)
    )


def decisions_of(comment_id: str) -> Select[Decision]:
    """Every move of a comment, first to last."""
    return select(Decision).where(Decision.comment_id == comment_id).order_by(Decision.revision)


def latest_decisions_of(comment_id: str, limit: int) -> Select[Decision]:
    """The last moves of a comment, last to first."""
    return decisions_of(comment_id).order_by(None).order_by(Decision.revision.desc()).limit(limit)


def judgements_of(comment_ids: Collection[str]) -> Select[Decision]:
    """What policies found in these comments, oldest first, and what may have taken it over to another version:
    `service.moderation.moves.last_judgement` says which of them counts."""
    return (
        select(Decision)
        .where(
            Decision.comment_id.in_(comment_ids),
            or_(Decision.actor_kind == ActorKind.POLICY, Decision.action.in_((Action.REDACT, Action.UNDO))),
        )
        .order_by(Decision.revision)
    )


def holds_of(comment_ids: Collection[str]) -> Select[Decision]:
    """As `judgements_of`, and what else has put these comments back to wait for a person; oldest first."""
    judging = or_(Decision.actor_kind == ActorKind.POLICY, Decision.action.in_((Action.REDACT, Action.UNDO)))
    back = and_(Decision.to_status == Status.PENDING, Decision.from_status != Status.PENDING)
    return select(Decision).where(Decision.comment_id.in_(comment_ids), or_(judging, back)).order_by(Decision.revision)


def cluster_sizes(first_ids: Collection[str]) -> Select[str | None, int]:
    """(first comment, how many near copies of it there are); where there are none it is missing."""
    return (
        select(Comment.copy_of, func.count())
        .where(Comment.copy_of.in_(first_ids), Comment.status.in_(JUDGED))
        .group_by(Comment.copy_of)
    )


def chain_counts(chain_ids: Collection[str]) -> Select[str, Status, int]:
    """(chain, status, how many) of these writers' comments."""
    return (
        select(Comment.chain_id, Comment.status, func.count())
        .where(Comment.chain_id.in_(chain_ids))
        .group_by(Comment.chain_id, Comment.status)
    )


def seeds_of(chain_ids: Collection[str]) -> Select[str, str]:
    """(chain, its avatar's seed)."""
    return select(WriterChain.id, WriterChain.avatar_seed).where(WriterChain.id.in_(chain_ids))


def texts_of_chain(chain_id: str, but: str, limit: int) -> Select[Comment, CommentVersion]:
    """The writer's latest other comments that were judged, newest first."""
    return (
        select(Comment, CommentVersion)
        .join(CommentVersion, current_version())
        .where(stretch(Comment.chain_id, chain_id, Comment.id), Comment.id != but, is_judged())
        .order_by(Comment.chain_id.desc(), Comment.id.desc())
        .limit(limit)
    )
