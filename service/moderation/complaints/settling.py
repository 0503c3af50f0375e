"""What a move makes of the reports and the appeal of its comment: part of the move's transaction.

A decision settles what is open; taking it back opens that again, and taking that back settles it anew. The comment's
row says how many reports are open and since when an appeal is, counted anew each time under the row's lock, so that the
queue's filters are right whoever is at work beside it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection, case, func, literal, or_, select, update

from models import Appeal, AppealOutcome, Comment, CommentRule, Report, ReportOutcome, SearchEntry, Status
from models.decision import PEOPLE
from service.moderation.complaints.weighing import priority_of
from service.moderation.moves import REFUSALS, Action, Move

_report: Any = Report.__table__
_appeal: Any = Appeal.__table__
_comment: Any = Comment.__table__
# What was taken back weighs nothing, though it waits for a verdict.
_WEIGHT = case((_report.c.taken_back_at.is_(None), _report.c.weight), else_=0)
# Where a comment's priority is kept besides its row.
_LISTED: tuple[Any, ...] = (CommentRule.__table__, SearchEntry.__table__)
_GONE = frozenset({Status.WITHDRAWN, Status.ERASED})
_SHOWING = frozenset({Action.APPROVE, Action.UNDO})
_REFUSING = frozenset({Action.REJECT, Action.SPAM, Action.KEEP})


class Verdict(NamedTuple):
    """What open reports come to: those of the text `version_n`, and those of any other."""

    version_n: int
    outcome: ReportOutcome
    otherwise: ReportOutcome


def verdict_of(move: Move) -> Verdict | None:
    """What the move says of reports; None where it leaves them open.

    Whoever looks at a text that stands and leaves it up says that they were unfounded; whatever takes it from readers,
    that they were right. Another text than the one that stands then was its writer's to change.
    """
    after, action = move.after, move.cause.action
    if action is Action.UNDO:
        return None
    if after.status in _GONE:
        return Verdict(after.version_n, ReportOutcome.MOOT, ReportOutcome.MOOT)
    if after.published_version is None:
        if after.status not in REFUSALS:
            return None
        return Verdict(after.version_n, ReportOutcome.FOUNDED, ReportOutcome.FOUNDED)
    if move.cause.kind not in PEOPLE:
        return None
    if action in (Action.APPROVE, Action.KEEP):
        return Verdict(after.published_version, ReportOutcome.UNFOUNDED, ReportOutcome.MOOT)
    if action is Action.REDACT and move.visible and move.standing.published_version is not None:
        return Verdict(move.standing.published_version, ReportOutcome.FOUNDED, ReportOutcome.MOOT)
    return None


def appeal_outcome(move: Move) -> AppealOutcome | None:
    """What the move says of an appeal; None where it leaves it open."""
    if move.visible and move.after.published_version is not None and move.cause.action in _SHOWING:
        return AppealOutcome.REVERSED
    if move.after.status in _GONE or move.cause.action is Action.EDIT:
        return AppealOutcome.MOOT
    if move.cause.kind in PEOPLE and move.cause.action in _REFUSING and move.after.status is not Status.PENDING:
        return AppealOutcome.UPHELD
    return None


def follow(connection: Connection, moves: Sequence[Move], now: datetime) -> list[Move]:
    """Settles and opens again what the moves do, their rows locked and written; the moves, with the priority that their
    comments have after it."""
    touched: set[str] = set()
    for move in moves:
        if not move.standing.complained:
            continue
        if move.cause.undoes is not None:
            touched |= _taken_back(connection, move, now)
        elif move.standing.open_reports and (verdict := verdict_of(move)) is not None:
            _settle_reports(connection, move, verdict, now)
            touched.add(move.standing.id)
        if (move.standing.appealed or move.standing.id in touched) and _settle_appeal(connection, move, now):
            touched.add(move.standing.id)
    if not touched:
        return list(moves)
    counted = recount(connection, touched)
    return [
        replace(move, standing=replace(move.standing, priority=counted[move.standing.id]))
        if move.standing.id in counted
        else move
        for move in moves
    ]


def _settle_reports(connection: Connection, move: Move, verdict: Verdict, now: datetime) -> None:
    outcome = case(
        (_report.c.version_n == verdict.version_n, literal(verdict.outcome, _report.c.outcome.type)),
        else_=literal(verdict.otherwise, _report.c.outcome.type),
    )
    connection.execute(
        update(_report)
        .where(_report.c.comment_id == move.standing.id, _report.c.settled_at.is_(None))
        .values(outcome=outcome, settled_at=now, decision_id=move.decision_id, reopened_by=None)
    )


def _settle_appeal(connection: Connection, move: Move, now: datetime) -> bool:
    """Whether there was one to be settled."""
    outcome = appeal_outcome(move)
    if outcome is None:
        return False
    mine = [_appeal.c.comment_id == move.standing.id, _appeal.c.settled_at.is_(None)]
    if move.cause.job_id is not None:
        # Among many a job would settle them that whoever began it has decided: people are refused that one by one.
        mine.append(or_(_appeal.c.decider_id.is_(None), _appeal.c.decider_id != move.cause.actor_id))
    settled = connection.execute(
        update(_appeal)
        .where(*mine)
        .values(outcome=outcome, settled_at=now, decision_id=move.decision_id, reopened_by=None)
    )
    return settled.rowcount > 0


def _taken_back(connection: Connection, move: Move, now: datetime) -> set[str]:
    """Opens what the decision settled that this move takes back, and settles what had been opened by it; the comments
    of which anything was changed."""
    found: set[str] = set()
    for table in (_report, _appeal):
        of_mine = table.c.comment_id == move.standing.id
        opened = connection.execute(
            update(table)
            .where(of_mine, table.c.decision_id == move.cause.undoes, table.c.settled_at.is_not(None))
            .values(settled_at=None, reopened_by=move.decision_id)
        )
        anew = connection.execute(
            update(table)
            .where(of_mine, table.c.reopened_by == move.cause.undoes, table.c.settled_at.is_(None))
            .values(settled_at=now, decision_id=move.decision_id, reopened_by=None)
        )
        if opened.rowcount or anew.rowcount:
            found.add(move.standing.id)
    return found


def recount(connection: Connection, comment_ids: Collection[str]) -> dict[str, int]:
    """Writes what is open of these comments, whose rows are locked, and the priority that reports give them; those
    priorities."""
    ids = sorted(comment_ids)
    weights: dict[str, list[int]] = {comment_id: [] for comment_id in ids}
    reports = dict.fromkeys(ids, 0)
    networks = (
        select(_report.c.comment_id, func.max(_WEIGHT), func.count())
        .where(_report.c.comment_id.in_(ids), _report.c.settled_at.is_(None))
        .group_by(_report.c.comment_id, _report.c.network)
    )
    for comment_id, weight, count in connection.execute(networks):
        weights[comment_id].append(weight)
        reports[comment_id] += count
    since = (
        select(_appeal.c.comment_id, func.min(_appeal.c.created_at))
        .where(_appeal.c.comment_id.in_(ids), _appeal.c.settled_at.is_(None))
        .group_by(_appeal.c.comment_id)
    )
    appeals: dict[str, datetime] = dict(connection.execute(since).all())
    priorities = {comment_id: priority_of(weights[comment_id]) for comment_id in ids}
    for comment_id in ids:
        priority = priorities[comment_id]
        connection.execute(
            update(_comment)
            .where(_comment.c.id == comment_id)
            .values(
                complained=True,
                open_reports=reports[comment_id],
                appealed_at=appeals.get(comment_id),
                priority=priority,
            )
        )
        for table in _LISTED:
            connection.execute(
                update(table)
                .where(table.c.comment_id == comment_id, table.c.priority != priority)
                .values(priority=priority)
            )
    return priorities
