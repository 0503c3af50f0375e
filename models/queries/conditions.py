"""Conditions that several selects share."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

from models.comment import Comment, CommentVersion


def current_version() -> ColumnElement[bool]:
    """Joins a comment to the version that stands to be judged."""
    return and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version)


def on_sites(column: InstrumentedAttribute[str], site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Narrows to these sites; None: every site."""
    return [] if site_ids is None else [column.in_(site_ids)]
