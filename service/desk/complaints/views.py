"""Reports and appeals as a moderator sees them: what was said of which text, and nothing of who said it."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy.orm import Session

from models import Appeal, Comment, Decision, Report, ReportOutcome
from models.queries.complaints import appeals_of, decisions_named, reporting_now, reports_shown
from service.accounts.access import Actor
from service.desk.actor_names import names_of_moderators
from service.desk.types import AppealView, By, ReportedNow, ReportSeen
from service.moderation.complaints.own_decisions import hands_of, own_appeals, same_person
from service.moderation.complaints.weighing import LEGAL, counts_in_full

# Of one comment, open ones first.
REPORTS_SHOWN = 100


def reported_now(session: Session, comments: Sequence[Comment]) -> dict[str, ReportedNow]:
    """How many readers of how many networks have reported each of these, as far as nobody has decided since."""
    ids = [comment.id for comment in comments if comment.open_reports]
    if not ids:
        return {}
    return {row[0]: ReportedNow(reports=row[1], networks=row[2]) for row in session.execute(reporting_now(ids))}


def reports_of(session: Session, comment: Comment, since: int) -> list[ReportSeen]:
    """The comment's reports, what is open first, then the newest; of those that were taken back, what waits for a
    verdict or had one. `since`: the version before which texts are not for the caller, nor what was said of them."""
    if not comment.complained:
        return []
    rows = session.scalars(reports_shown(comment.id, REPORTS_SHOWN)).all()
    networks = {network: n for n, network in enumerate(dict.fromkeys(row.network for row in rows), 1)}
    return [
        _report(row, networks, _is_withheld(comment, row, since))
        for row in rows
        if row.outcome is not ReportOutcome.TAKEN_BACK
    ]


def _is_withheld(comment: Comment, row: Report | Appeal, since: int) -> bool:
    """As the text that it is about; what is up is everybody's."""
    return row.version_n < since and row.version_n != comment.published_version


def _report(row: Report, networks: Mapping[bytes, int], withheld: bool) -> ReportSeen:
    return ReportSeen(
        id=row.id,
        reason=row.reason,
        text=None if withheld else row.text,
        law=None if withheld else row.law,
        version=row.version_n,
        network=networks[row.network],
        counts_less=not counts_in_full(row.weight),
        signed=row.reason in LEGAL and row.name is not None,
        created_at=row.created_at,
        outcome=row.outcome if row.settled_at is not None else None,
        settled_at=row.settled_at,
        taken_back=row.taken_back_at is not None,
        withheld=withheld,
    )


def appeal_views(session: Session, comment: Comment, actor: Actor, since: int) -> list[AppealView]:
    """The comment's appeals, oldest first. `since`: as of reports."""
    if not comment.complained:
        return []
    rows = session.scalars(appeals_of(comment.id)).all()
    settled = {row.decision_id or "" for row in rows if row.settled_at is not None}
    decisions = {decision.id: decision for decision in session.scalars(decisions_named(settled))} if settled else {}
    who = {row.decider_id or "" for row in rows} | {decision.actor_id or "" for decision in decisions.values()}
    names = names_of_moderators(session, who)
    kept_from = comment.id in own_appeals(session, actor.id, [comment.id])
    hands = hands_of(session, actor.id)
    views = [_appeal(row, decisions.get(row.decision_id or ""), names, hands, kept_from) for row in rows]
    views = [
        replace(view, text="", withheld=True) if _is_withheld(comment, row, since) else view
        for row, view in zip(rows, views, strict=True)
    ]
    return [
        replace(view, same_person=same_person(session, decisions[row.decision_id or ""].actor_id, row.decider_id))
        if row.decision_id in decisions
        else view
        for row, view in zip(rows, views, strict=True)
    ]


def _appeal(
    row: Appeal, decision: Decision | None, names: Mapping[str, str], hands: Collection[str], kept_from: bool
) -> AppealView:
    is_open = row.settled_at is None
    own = row.decider_id in hands
    return AppealView(
        id=row.id,
        text=row.text,
        version=row.version_n,
        against=row.against,
        decided_by=By(row.decider_kind, names.get(row.decider_id or "")),
        own=own,
        may_settle=is_open and not (own and kept_from),
        created_at=row.created_at,
        outcome=None if is_open else row.outcome,
        settled_at=row.settled_at,
        settled_by=None if decision is None else By(decision.actor_kind, names.get(decision.actor_id or "")),
        same_person=False,
        withheld=False,
    )
