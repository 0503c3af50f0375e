"""Reports and appeals: what is open, what it came to, and who is behind it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.comment import Comment, Status
from models.decision import PEOPLE, Action, Decision
from models.queries.queue_filter import ComplaintFilter, complained_of
from models.readers.complaint import REPORTED, Appeal, Report, ReportOutcome
from models.thread import Thread, ThreadState

# So many of a network's last settled reports say whether it is doubted.
LOOKED_AT = 100


def is_readable(site_id: str, comment_id: str) -> Select[str]:
    """The comment's id, if readers of the site can see it."""
    return (
        select(Comment.id)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(
            Comment.id == comment_id,
            Comment.site_id == site_id,
            Comment.published_version.is_not(None),
            Thread.state != ThreadState.HIDDEN,
        )
    )


def open_reports_of(comment_id: str) -> Select[Any, Any]:
    """(reason, network) of what is open of a comment."""
    return select(Report.reason, Report.network).where(Report.comment_id == comment_id, Report.settled_at.is_(None))


def weighing_reports_of(comment_id: str, version: int, since: datetime) -> Select[Any, Any]:
    """(network, weight) of what is open of this text of a comment, came since then and was not taken back."""
    return select(Report.network, Report.weight).where(
        Report.comment_id == comment_id,
        Report.version_n == version,
        Report.settled_at.is_(None),
        Report.taken_back_at.is_(None),
        Report.created_at >= since,
    )


def reports_of_network(comment_id: str, networks: Collection[bytes]) -> Select[Report]:
    """What one network, by all hashes that it has had, ever said of a comment."""
    return select(Report).where(Report.comment_id == comment_id, Report.network.in_(networks))


def report_of_key(comment_id: str, lookups: Collection[bytes]) -> Select[Any, Any, Any]:
    """(id, lookup, key_digest) of the comment's report that came with a key."""
    return select(Report.id, Report.lookup, Report.key_digest).where(
        Report.comment_id == comment_id, Report.key_lookup.in_(lookups)
    )


def outcomes_of_networks(site_id: str, networks: Collection[bytes]) -> Select[str, ReportOutcome | None]:
    """(comment, what it came to) of what one network, by all hashes that it has had, reported last: the newest comes
    last, so that a mapping keeps it."""
    settled = (
        select(Report.id, Report.comment_id, Report.outcome)
        .where(
            Report.site_id == site_id,
            Report.network.in_(networks),
            Report.settled_at.is_not(None),
            # Else a later one, taken back, would be what the comment's reports came to.
            Report.outcome != ReportOutcome.TAKEN_BACK,
        )
        .order_by(Report.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    return select(settled.c.comment_id, settled.c.outcome).order_by(settled.c.id)


def is_left_up(comment_id: str, version_n: int) -> Select[str]:
    """Finds something where a person has looked at this published text and left it up (seen and fine, approved once
    more, a passage cut), and that was not taken back; or where reports have hidden it before: it is up again."""
    undo = aliased(Decision)
    looked = and_(
        Decision.actor_kind.in_(PEOPLE),
        or_(
            Decision.action.in_([Action.KEEP.value, Action.REDACT.value]),
            and_(Decision.action == Action.APPROVE.value, Decision.from_status == Status.APPROVED),
        ),
        ~exists().where(undo.comment_id == comment_id, undo.undoes == Decision.id),
    )
    return (
        select(Decision.id)
        .where(
            Decision.comment_id == comment_id,
            Decision.version_n == version_n,
            or_(looked, Decision.reason == REPORTED),
        )
        .limit(1)
    )


def hidden_by_reports(comment_id: str, version_n: int) -> Select[str]:
    """Finds something where reports have hidden this text."""
    return (
        select(Decision.id)
        .where(Decision.comment_id == comment_id, Decision.version_n == version_n, Decision.reason == REPORTED)
        .limit(1)
    )


def reports_shown(comment_id: str, limit: int) -> Select[Report]:
    """The comment's reports for its moderators: what is open first, then the newest."""
    return (
        select(Report)
        .where(Report.comment_id == comment_id)
        .order_by(Report.settled_at.is_not(None), Report.id.desc())
        .limit(limit)
    )


def reporting_now(comment_ids: Collection[str]) -> Select[str, int, int]:
    """(comment, reports, networks) of what is open."""
    return (
        select(Report.comment_id, func.count(), func.count(Report.network.distinct()))
        .where(Report.comment_id.in_(comment_ids), Report.settled_at.is_(None))
        .group_by(Report.comment_id)
    )


def settled_before(when: datetime, limit: int) -> Select[str]:
    """Reports that were settled before then, the oldest first."""
    return (
        select(Report.id)
        .where(Report.settled_at.is_not(None), Report.settled_at < when)
        .order_by(Report.settled_at, Report.id)
        .limit(limit)
    )


def open_since_before(complaint: ComplaintFilter, row_id: str) -> ColumnElement[bool]:
    """Whether a comment is reported or appealed against, and was before that id was given out."""
    said = Report if complaint == "reported" else Appeal
    before = exists().where(said.comment_id == Comment.id, said.settled_at.is_(None), said.id < row_id)
    return and_(complained_of(complaint), before)


def reported_from(comment_ids: Collection[str], row_id: str) -> Select[str]:
    """Which of these comments have an open report from that id on."""
    anew = (Report.comment_id.in_(comment_ids), Report.settled_at.is_(None), Report.id >= row_id)
    return select(Report.comment_id).where(*anew).distinct()


def appeals_of(comment_id: str) -> Select[Appeal]:
    """All appeals for a comment, oldest first."""
    return select(Appeal).where(Appeal.comment_id == comment_id).order_by(Appeal.id)


def decisions_named(decision_ids: Collection[str]) -> Select[Decision]:
    """These decisions, in no order."""
    return select(Decision).where(Decision.id.in_(decision_ids))


def open_appeals(comment_ids: Sequence[str]) -> Select[Appeal]:
    return select(Appeal).where(Appeal.comment_id.in_(comment_ids), Appeal.settled_at.is_(None))
