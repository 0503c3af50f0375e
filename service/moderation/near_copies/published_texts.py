"""Which comments of a cluster show readers another of its near copies, while the text that counts is an edit of it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Comment, CommentVersion
from models.queries.conditions import of_site
from models.queries.queue_filter import in_cluster
from moderation_rules import fold, sketch
from moderation_rules.near_copies.sketch import NEAR, alike, unpack
from service.moderation.moves import Standing

# Texts of a cluster that a published one is compared with. They differ little: the first ones stand for all.
MOST_COMPARED = 1_000


def published_copies(session: Session, site_id: str, first_id: str, comments: Collection[Standing]) -> frozenset[str]:
    """The ids of those of these comments, all of the cluster, whose published text is an earlier one and is near a text
    of the cluster too: with an edit of it refused, readers would still have it before them."""
    earlier = [
        standing.id for standing in comments if standing.published_version not in (None, standing.current_version)
    ]
    if not earlier:
        return frozenset()
    kept = (
        select(Comment.sketch)
        .where(of_site(Comment.site_id, site_id), in_cluster(first_id), Comment.sketch.is_not(None))
        .order_by(Comment.id)
        .limit(MOST_COMPARED)
    )
    texts = [set(unpack(found)) for found in set(session.scalars(kept)) if found is not None]
    published = session.execute(
        select(Comment.id, CommentVersion.text)
        .join(
            CommentVersion,
            (CommentVersion.comment_id == Comment.id) & (CommentVersion.n == Comment.published_version),
        )
        .where(Comment.id.in_(earlier))
    ).all()
    return frozenset(comment_id for comment_id, text in published if _near(text, texts))


def _near(text: str, others: Collection[set[int]]) -> bool:
    made = sketch(fold(text))
    if made is None:
        return False
    mine = set(unpack(made))
    return any(alike(mine, other) >= NEAR for other in others)
