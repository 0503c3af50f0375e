"""A person's decision that also holds for copies still to come, for a day: set, ended, and honoured by the worker.

A refusal holds for near copies, and never softens what the policy refuses by itself. An approval holds for the same
text alone, since a near copy can say something else in a few words, and only against a hold that is about the text:
a name, a website or a banned writer is nothing that the person has looked at.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from models import Action, Comment, Job, Moderator, StandingDecision, Status, new_id
from models.database.prepared import Prepared
from models.queries.conditions import of_site, stretch
from models.queries.queue_filter import in_cluster
from moderation_rules.near_copies.sketch import HASHES, NEAR, alike, unpack
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.moderation.moves import REFUSALS, TO
from service.wiring import Services

RULE = "standing_decision"
LASTS = timedelta(hours=24)
ACTIONS = (Action.REJECT, Action.SPAM, Action.APPROVE)
# Every text that comes in is compared with each of them.
MOST_IN_FORCE = 100

_FEWEST = int(NEAR * HASHES)  # Shared hashes without which two texts cannot be near.
_DONE = {Action.REJECT: "rejected", Action.SPAM: "marked as spam", Action.APPROVE: "approved"}
# Holds that no look at the text can lift.
_NOT_ABOUT_THE_TEXT = frozenset({"banned", "disowned", "held_before", "staff_impersonation", "thread_state"})
_OVER = {"fingerprint": None, "sketch": None}
_IN_FORCE = Prepared(
    select(
        StandingDecision.site_id,
        StandingDecision.id,
        StandingDecision.first_id,
        StandingDecision.fingerprint,
        StandingDecision.sketch,
        StandingDecision.action,
        StandingDecision.reason,
        StandingDecision.actor_id,
        Moderator.name,
        StandingDecision.created_at,
    )
    .outerjoin(Moderator, Moderator.id == StandingDecision.actor_id)
    .where(
        StandingDecision.site_id.in_(bindparam("ids", expanding=True)),
        StandingDecision.ended_at.is_(None),
        StandingDecision.until > bindparam("now"),
    )
    .order_by(StandingDecision.id.desc())
)


class TooManyStanding(Conflict):
    code, title = "too_many_standing", "So many decisions on copies to come are in force already"


class TextChanged(Conflict):
    """Nobody approves in advance what they have not read."""

    code, title = "text_changed", "Its text was changed after it was read"


class NotInForce(NotFound):
    code, title = "not_found", "There is no such decision in force"


class Standing(Struct, frozen=True):
    """A standing decision as the worker knows it. `by`: the name of who made it, at `at`."""

    id: str
    first_id: str
    fingerprint: bytes | None
    hashes: frozenset[int]
    action: Action
    reason: str | None
    actor_id: str | None
    by: str
    at: datetime

    def holds_for(self, fingerprint: bytes, hashes: frozenset[int], cluster: str | None) -> bool:
        """Whether a text is a copy in its sense. `hashes`: of the text's sketch, none of one too short for it."""
        if self.fingerprint == fingerprint:
            return True
        if self.action is Action.APPROVE:
            return False
        if cluster == self.first_id:
            return True
        return len(self.hashes & hashes) >= _FEWEST and alike(set(self.hashes), set(hashes)) >= NEAR

    def decides(self, verdict: Status, findings: Sequence[Mapping[str, Any]]) -> bool:
        """Whether it changes what the policy made of a copy (`verdict`, for these findings as they are stored)."""
        if self.action is not Action.APPROVE:
            return verdict not in REFUSALS
        return verdict is Status.PENDING and not any(map(_not_to_be_lifted, findings))

    @property
    def status(self) -> Status:
        return TO[self.action]

    def finding(self) -> dict[str, Any]:
        """What a copy's decision keeps of it. Times are UTC, and no older than a day."""
        return {
            "rule": RULE,
            "version": 1,
            "score": 0.0,
            "field": None,
            "start": None,
            "end": None,
            "message": f"a copy of what {self.by} {_DONE[self.action]} at {self.at:%H:%M} UTC",
            "code": self.id,
        } | ({} if self.action is Action.APPROVE else {"verdict": self.action.value})


def _not_to_be_lifted(finding: Mapping[str, Any]) -> bool:
    if finding.get("observe") or not (finding.get("verdict") or float(finding.get("score") or 0.0) > 0):
        return False
    return finding["rule"] in _NOT_ABOUT_THE_TEXT or finding.get("field") in ("name", "website")


def in_force(session: Session, site_ids: Collection[str], now: datetime) -> dict[str, list[Standing]]:
    """By site, the newest first; a site without one is missing."""
    found: dict[str, list[Standing]] = {}
    for site_id, id_, first_id, fingerprint, sketch, action, reason, actor_id, name, at in _IN_FORCE.found(
        session, {"ids": site_ids, "now": now}
    ):
        by = name or "a program with a key"
        hashes = hashes_of(sketch)
        found.setdefault(site_id, []).append(
            Standing(id_, first_id, fingerprint, hashes, Action(action), reason, actor_id, by, at)
        )
    return found


def hashes_of(sketch: bytes | None) -> frozenset[int]:
    return frozenset(unpack(sketch)) if sketch is not None else frozenset()


def copies_of(
    standing: Sequence[Standing], fingerprint: bytes, sketch: bytes | None, cluster: str | None
) -> Standing | None:
    """The newest of these decisions that holds for the text."""
    if not standing:
        return None
    hashes = hashes_of(sketch)
    return next((made for made in standing if made.holds_for(fingerprint, hashes, cluster)), None)


def standing_of_site(site_id: str, now: datetime, before: str = "") -> Select[StandingDecision]:
    """Those in force, newest first; `before`: the last one already seen."""
    return (
        select(StandingDecision)
        .where(
            stretch(StandingDecision.site_id, site_id, StandingDecision.id, before=before),
            StandingDecision.ended_at.is_(None),
            StandingDecision.until > now,
        )
        .order_by(StandingDecision.site_id.desc(), StandingDecision.id.desc())
    )


def standing_for(site_id: str, first_id: str, now: datetime) -> Select[StandingDecision]:
    """The one in force on copies of the cluster."""
    return standing_of_site(site_id, now).where(StandingDecision.first_id == first_id).limit(1)


def let_stand(
    session: Session,
    actor: Actor,
    *,
    site_id: str,
    first_id: str,
    comment_id: str,
    action: str,
    reason: str | None,
    now: datetime,
    version: int | None = None,
    job: Job | None = None,
) -> StandingDecision:
    """From now on, for a day, copies are decided like this; one on the same cluster ends. In the caller's transaction.

    `comment_id`: the copy that the actor has read, `version`: the number of its text then; `job`: what decides the
    copies there are. Raises Invalid for an action that cannot stand, NotFound for comments of elsewhere and for what is
    no copy, TextChanged, TooManyStanding.
    """
    if action not in ACTIONS:
        raise Invalid(errors=[FieldError("action", "unknown_value", "Copies are approved, rejected or spam.")])
    comments = {
        row.id: row
        for row in session.execute(
            select(Comment.id, Comment.fingerprint, Comment.sketch, Comment.current_version).where(
                Comment.id.in_({first_id, comment_id}), of_site(Comment.site_id, site_id), in_cluster(first_id)
            )
        )
    }
    if {first_id, comment_id} != comments.keys():
        raise NotFound("There is no such comment.")
    if version not in (None, comments[comment_id].current_version):
        raise TextChanged("Read it again first.")
    _forget_past(session, site_id, now)
    unended = (StandingDecision.site_id == site_id, StandingDecision.ended_at.is_(None))
    others = session.scalars(select(StandingDecision.first_id).where(*unended)).all()
    if first_id not in others and len(others) >= MOST_IN_FORCE:
        raise TooManyStanding("End one of them first.")
    again = (*unended, StandingDecision.first_id == first_id)
    session.execute(update(StandingDecision).where(*again).values(ended_at=now, ended_by=actor.id, **_OVER))
    made = StandingDecision(
        id=new_id(),
        site_id=site_id,
        first_id=first_id,
        fingerprint=comments[comment_id].fingerprint,
        sketch=comments[first_id].sketch or comments[comment_id].sketch,
        action=action,
        reason=reason,
        actor_kind=actor.kind,
        actor_id=actor.id,
        job_id=None if job is None else job.id,
        created_at=now,
        until=now + LASTS,
    )
    session.add(made)
    said = {"cluster": first_id, "action": action, "reason": reason, "hours": LASTS // timedelta(hours=1)}
    refuse_shut_out(session, actor, now)
    audit(session, actor, "standing_decision.set", target=made.id, site_id=site_id, details=said, now=now)
    session.flush()
    return made


@again_when_contended
def end(services: Services, actor: Actor, site_id: str, standing_id: str) -> None:
    """Ends it now; what it has decided stays. Raises NotInForce, also for one of another site."""
    now = services.clock.now()
    with services.write() as session:
        ended = session.execute(
            update(StandingDecision)
            .where(
                StandingDecision.id == standing_id,
                StandingDecision.site_id == site_id,
                StandingDecision.ended_at.is_(None),
                StandingDecision.until > now,
            )
            .values(ended_at=now, ended_by=actor.id, **_OVER)
            .returning(StandingDecision.id)
        ).first()
        if ended is None:
            raise NotInForce()
        refuse_shut_out(session, actor, now)
        audit(session, actor, "standing_decision.end", target=standing_id, site_id=site_id, now=now)


def end_with_job(session: Session, actor: Actor, job_id: str, now: datetime) -> bool:
    """What came with a job's decision goes when that is taken back; whether there was any. In the caller's
    transaction."""
    ended = session.execute(
        update(StandingDecision)
        .where(StandingDecision.job_id == job_id, StandingDecision.ended_at.is_(None))
        .values(ended_at=now, ended_by=actor.id, **_OVER)
        .returning(StandingDecision.id, StandingDecision.site_id)
    ).all()
    if ended:
        refuse_shut_out(session, actor, now)
    for standing_id, site_id in ended:
        audit(session, actor, "standing_decision.end", target=standing_id, site_id=site_id, now=now)
    return bool(ended)


def _forget_past(session: Session, site_id: str, now: datetime) -> None:
    """Ends what is over by itself, and drops what was made from a text."""
    past = (StandingDecision.site_id == site_id, StandingDecision.ended_at.is_(None), StandingDecision.until <= now)
    session.execute(update(StandingDecision).where(*past).values(ended_at=StandingDecision.until, **_OVER))
