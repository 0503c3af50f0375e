"""A ban or hold applied to what is there already: counted first, then done chunk by chunk, and undone as one.

Of a writer: the comments of all their chains, whoever decided on them. Of a network: what came unproven from it, as the
ban itself holds nothing else. An address meets its writer only where the comment is proven to be theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

import msgspec
from sqlalchemy import Select, desc, func, select, union_all
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Job, JobKind, Site, Status, new_id
from models.database.ids import first_id
from models.queries.conditions import current_version
from service.accounts.actors import Actor
from service.errors import FieldError, Invalid, NotFound
from service.moderation.jobs.job import Chunk, create_job
from service.moderation.jobs.repair import carry_out
from service.moderation.jobs.repair_plan import Plan, leased_by_others
from service.moderation.jobs.repair_scope import Step
from service.moderation.moves import TO, Action, After, Cause, Move, Standing, after
from service.moderation.reasons import check_reason
from service.moderation.record import standings
from service.privacy.chains import families
from service.wiring import Services

CHUNK = 100
# Of a network: there is no index of networks, and who asks waits for the answer.
MOST_LOOKED_AT = 5_000
EXAMPLES = 5
EXCERPT = 160

Measure = Literal["chain", "address", "prefix", "hold", "trust"]
# Only these refuse; the others hold.
_REFUSING = ("chain", "address")


class Sweep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of what is there. `published` goes for what was written in the last `published_days` days."""

    waiting: Literal["leave", "reject", "spam"] = "leave"
    published: Literal["leave", "pending", "reject", "spam"] = "leave"
    published_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    reason: Annotated[str, msgspec.Meta(max_length=40)] | None = None

    @property
    def does_nothing(self) -> bool:
        return self.waiting == "leave" and self.published == "leave"


@dataclass(frozen=True, slots=True)
class Example:
    comment_id: str
    name: str
    text: str
    status: Status


@dataclass(frozen=True, slots=True)
class Effect:
    """What a measure would meet of what is there. `complete`: whether the counts are exact, or at least so many."""

    waiting: int
    published: int
    complete: bool
    examples: Sequence[Example]


def effect_of(services: Services, comment_id: str, measure: Measure, published_days: int) -> Effect:
    """The dry run; writes nothing. Raises NotFound."""
    now = services.clock.now()
    with services.read() as session:
        met = _met(session, _comment(session, comment_id), measure)
        if met is None:
            return Effect(0, 0, True, ())
        low, before = first_id(now - timedelta(days=published_days)), new_id()
        lines = [met.ids(status, since, before) for status, since in ((Status.PENDING, ""), (Status.APPROVED, low))]
        complete = all(
            met.looks_at_all(session, status, since) for status, since in ((Status.PENDING, ""), (Status.APPROVED, low))
        )
        waiting, published = (session.scalar(select(func.count()).select_from(ids.subquery())) or 0 for ids in lines)
        examples: list[Example] = []
        for ids in lines:
            newest = session.scalars(ids.order_by(desc("id")).limit(EXAMPLES)).all()
            rows = session.execute(
                select(Comment.id, Comment.name, CommentVersion.text, Comment.status)
                .join(CommentVersion, current_version())
                .where(Comment.id.in_(newest))
                .order_by(Comment.id.desc())
            )
            examples += [Example(row[0], row[1], _excerpt(row[2]), row[3]) for row in rows]
        return Effect(waiting, published, complete, examples)


def _excerpt(text: str) -> str:
    """The beginning of a text on one line, cut after a word where there is one near the end."""
    line = " ".join(text[: 2 * EXCERPT].split())
    if len(line) <= EXCERPT and len(text) <= 2 * EXCERPT:
        return line
    cut = line[:EXCERPT]
    words = cut.rpartition(" ")[0]
    return (words if 2 * len(words) > EXCERPT else cut) + "…"


def check_sweep(site: Site, measure: Measure, sweep: Sweep) -> None:
    """Raises Invalid for what the measure itself does not do, and for a reason that is no known code."""
    check_reason(site.settings, sweep.reason)
    refuses = sweep.waiting != "leave" or sweep.published in ("reject", "spam")
    if measure == "trust" and not sweep.does_nothing:
        raise Invalid(errors=[FieldError("apply", "unknown_value", "Trust changes nothing that was decided.")])
    if refuses and measure not in _REFUSING:
        said = "Who is held, or comes from a held network, is not refused: their comments can be held again."
        raise Invalid(errors=[FieldError("apply", "unknown_value", said)])


def begin_sweep(services: Services, actor: Actor, comment_id: str, measure: Measure, sweep: Sweep) -> Job | None:
    """Asks for it; a worker does it. None where there is nothing to do. Raises NotFound, Invalid, TooManyJobs."""
    if sweep.does_nothing:
        return None
    now = services.clock.now()
    with services.write() as session:
        comment = _comment(session, comment_id)
        check_sweep(session.get_one(Site, comment.site_id), measure, sweep)
        met = _met(session, comment, measure)
        if met is None:
            return None
        before = new_id()
        # Where it meets anything, an address is its writer; that it was the address is for administrators.
        measure = "chain" if measure == "address" else measure
        asked = {
            "comment": comment.id,
            "measure": measure,
            "sweep": msgspec.to_builtins(sweep),
            "before": before,
            "low": first_id(now - timedelta(days=sweep.published_days)),
            "through_leases": actor.can("admin", comment.site_id),
        }
        total = sum(
            session.scalar(select(func.count()).select_from(met.ids(status, low, before).subquery())) or 0
            for status, low in _wanted(sweep, asked["low"])
        )
        if not total:
            return None
        said = {"comment": comment.id, "measure": measure, **msgspec.to_builtins(sweep)}
        return create_job(
            session, actor, JobKind.WRITER, site_id=comment.site_id, asked=asked, total=total, now=now, details=said
        )


def sweep_chunk(services: Services, job: Job) -> Callable[[Session], Chunk]:
    """Does the next chunk of comments."""
    sweep = msgspec.convert(job.asked["sweep"], Sweep)
    with services.read() as session:
        comment = session.get_one(Comment, job.asked["comment"])
        met = _met(session, comment, job.asked["measure"])
        ids: list[str] = []
        if met is not None:
            parts = [met.ids(status, low, job.asked["before"]) for status, low in _wanted(sweep, job.asked["low"])]
            every = union_all(*(select(part.subquery()) for part in parts)).subquery()
            query = select(every.c.id).where(every.c.id > job.cursor).order_by(every.c.id).limit(CHUNK)
            ids = list(session.scalars(query))
    held = leased_by_others(services, job.site_id, ids, job.actor_id, through=bool(job.asked.get("through_leases")))
    step = Step(ids, ids[-1] if ids else job.cursor, last=len(ids) < CHUNK)
    return partial(carry_out, services, job, step, lambda session: _plan(session, job, sweep, ids, held))


def _plan(session: Session, job: Job, sweep: Sweep, ids: Sequence[str], held: Mapping[str, str]) -> Plan:
    plan = Plan()
    for comment_id, standing in sorted(standings(session, ids, lock=True).items()):
        asked = {Status.PENDING: sweep.waiting, Status.APPROVED: sweep.published}.get(standing.status, "leave")
        if asked == "leave":
            plan.counts["elsewhere"] += 1  # Somebody has moved it meanwhile.
        elif comment_id in held:
            plan.counts["leased"] += 1
        else:
            action = Action(asked)
            cause = Cause(action, job.actor_kind, job.actor_id, sweep.reason, job_id=job.id)
            lately = sweep.published != "leave" and comment_id >= job.asked["low"]
            plan.add(Move(new_id(), standing, _after(standing, action, lately), cause))
    return plan


def _after(standing: Standing, action: Action, takes_down: bool) -> After:
    """As any decision, but that the text which is up does not outlive its refused edit where it was to go as well."""
    to = TO[action]
    if standing.edit and takes_down:
        return After(to, None, standing.current_version, to)
    return after(standing, to)


def _comment(session: Session, comment_id: str) -> Comment:
    comment = session.get(Comment, comment_id)
    if comment is None:
        raise NotFound("There is no such comment.")
    return comment


@dataclass(frozen=True, slots=True)
class _Met:
    """What a measure is about: the comments of these chains, or what came unproven from a network."""

    site_id: str
    chains: frozenset[str] = frozenset()
    prefix_hash: bytes | None = None

    def ids(self, status: Status, low: str, before: str) -> Select[str]:
        """The ids in this status, between these two."""
        within = (Comment.status == status, Comment.id >= low, Comment.id < before)
        if self.prefix_hash is None:
            return select(Comment.id.label("id")).where(Comment.chain_id.in_(self.chains), *within)
        newest = (
            select(Comment.id, Comment.prefix_hash, Comment.proven)
            .where(Comment.site_id == self.site_id, *within)
            .order_by(Comment.id.desc())
            .limit(MOST_LOOKED_AT)
            .subquery()
        )
        return select(newest.c.id.label("id")).where(
            newest.c.prefix_hash == self.prefix_hash, newest.c.proven.is_(None)
        )

    def looks_at_all(self, session: Session, status: Status, low: str) -> bool:
        """Whether `ids` leaves out nothing that is older."""
        if self.prefix_hash is None:
            return True
        some = (
            select(Comment.id)
            .where(Comment.site_id == self.site_id, Comment.status == status, Comment.id >= low)
            .limit(MOST_LOOKED_AT + 1)
        )
        return (session.scalar(select(func.count()).select_from(some.subquery())) or 0) <= MOST_LOOKED_AT


def _met(session: Session, comment: Comment, measure: Measure) -> _Met | None:
    """Which comments the measure is about; None for none. It asks for no address."""
    if measure == "prefix":
        if comment.prefix_hash is None:
            return None
        return _Met(comment.site_id, prefix_hash=comment.prefix_hash)
    if measure == "address" and comment.proven is None:
        return None
    return _Met(comment.site_id, families(session, [comment.chain_id])[comment.chain_id])


def _wanted(sweep: Sweep, low: str) -> list[tuple[Status, str]]:
    """Status and least id of what is swept."""
    found = [(Status.PENDING, "")] if sweep.waiting != "leave" else []
    return found + ([(Status.APPROVED, low)] if sweep.published != "leave" else [])
