"""Which comments a repair is about, and which of them stand as the machine left them: pure but for two selects."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Select, Text, cast, or_, select
from sqlalchemy.orm import Session

from models import Action, ActorKind, Comment, Decision, Status, Thread
from models.comment import JUDGED
from models.queries.queue import in_cluster

# What no person has weighed: policies, and workers that gave up.
MACHINE = frozenset({ActorKind.POLICY, ActorKind.SYSTEM})


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Comments of one site that a policy has judged; what is left out does not narrow.

    `policy_version` and `rule`: whose work it is. `status`: as the comment stands now. `since`, `until`: when the
    policy judged it. `cluster`: near copies of each other.
    """

    policy_version: str | None = None
    rule: str | None = None
    status: Status | None = None
    section: str | None = None
    thread: str | None = None
    cluster: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, decision: Decision) -> bool:
        """Whether this is one of the decisions that the scope names."""
        return (
            self.policy_version in (None, decision.policy_version)
            and (self.rule is None or any(found.get("rule") == self.rule for found in decision.findings))
            and (self.since is None or decision.created_at >= self.since)
            and (self.until is None or decision.created_at < self.until)
        )


def candidates(site_id: str, scope: Scope, before: str, after: str = "") -> Select[str]:
    """Ids of comments that the scope may be about, in id order: what became of them since is looked at later."""
    query = select(Comment.id).where(
        Comment.site_id == site_id, Comment.id > after, Comment.id < before, Comment.status.in_(JUDGED)
    )
    if scope.status is not None:
        query = query.where(Comment.status == scope.status)
    if scope.cluster is not None:
        query = query.where(in_cluster(scope.cluster))
    if scope.section is not None or scope.thread is not None:
        query = query.join(Thread, Thread.id == Comment.thread_id)
        if scope.section is not None:
            query = query.where(Thread.section == scope.section)
        if scope.thread is not None:
            query = query.where(Thread.key == scope.thread)
    conditions: list[ColumnElement[bool]] = [
        Decision.comment_id == Comment.id,
        Decision.actor_kind.in_(MACHINE),
    ]
    if scope.policy_version is not None:
        conditions.append(Decision.policy_version == scope.policy_version)
    if scope.since is not None:
        conditions.append(Decision.created_at >= scope.since)
    if scope.until is not None:
        conditions.append(Decision.created_at < scope.until)
    if scope.rule is not None:
        # As text, in both ways that databases write it; `holds` looks closely.
        findings = cast(Decision.findings, Text)
        conditions.append(
            or_(
                *(findings.contains(f'"rule":{gap}"{scope.rule}"', autoescape=True) for gap in ("", " ")),
            )
        )
    return query.where(select(Decision.id).where(*conditions).correlate(Comment).exists()).order_by(Comment.id)


def histories(session: Session, comment_ids: Collection[str]) -> dict[str, list[Decision]]:
    """Every decision on these comments, first to last."""
    found: defaultdict[str, list[Decision]] = defaultdict(list)
    rows = session.scalars(
        select(Decision).where(Decision.comment_id.in_(comment_ids)).order_by(Decision.comment_id, Decision.revision)
    )
    for decision in rows:
        found[decision.comment_id].append(decision)
    return found


def stands_by(history: Sequence[Decision]) -> Decision | None:
    """The decision by which the text stands: the last one, past all that was taken back. None: its first one was."""
    at = len(history) - 1
    places = {decision.id: n for n, decision in enumerate(history)}
    while at >= 0 and history[at].undoes is not None:
        if history[at].job_id is None:
            return history[at]  # A person took it back with open eyes.
        at = places.get(history[at].undoes or "", 0) - 1
    # An edit decides nothing, and what came before it was about another text.
    return history[at] if at >= 0 and history[at].action != Action.EDIT else None


def by_machine(decision: Decision) -> bool:
    """Whether nobody has read the comment for this decision."""
    return decision.actor_kind in MACHINE or decision.job_id is not None
