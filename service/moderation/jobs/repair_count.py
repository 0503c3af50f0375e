"""How many comments a repair would change: the dry run, which is bounded however many there are."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import msgspec

from models import Site, new_id
from moderation_rules import Verdict
from service.accounts.actors import Actor
from service.moderation.jobs.repair_plan import (
    MOST_NAMED,
    Plan,
    Repair,
    RepairOrder,
    Verdicts,
    leased_by_others,
    plan_moves,
)
from service.moderation.jobs.repair_scope import Scope, found_by_rule, walk
from service.moderation.jobs.replay import PastJudgement, judge_lines
from service.moderation.moves import Move
from service.moderation.policies.checking import converse
from service.moderation.policies.in_force import read_in_force
from service.wiring import Services

# A count answers in one request: beyond so many comments or seconds it says "at least".
MOST_COUNTED = 10_000
COUNT_SECONDS = 2.0
# To know how many there are to do is worth less to whoever asks for it to be done.
ESTIMATE_SECONDS = 0.5
# Comments that are counted with one set of queries, and moves that are shown of all that were counted.
COUNTED_AT_ONCE = 1_000
MOST_SHOWN = 10


# What answers in a process of its own.
JUDGING = f"{judge_lines.__module__}:{judge_lines.__name__}"


class _Ended(Exception):
    """The process that judges took too much time or memory, and was ended."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a repair would do. `complete`: whether that is all of it. `as_of`: an id of the moment that it holds for;
    a repair that is told it leaves alone what came or was edited since. `sample`: some of what would move; `decided`:
    ids of the first that people have decided."""

    counts: Mapping[str, int]
    changes: Mapping[str, int]
    complete: bool
    as_of: str
    sample: Sequence[Move]
    decided: Sequence[str] = ()


def count(
    services: Services,
    actor: Actor,
    site: Site,
    scope: Scope,
    action: Repair,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Counted:
    """The dry run: what would be done, exact up to `MOST_COUNTED` comments and `COUNT_SECONDS`. Writes nothing."""
    until = new_id()
    order = RepairOrder(site, scope, action, until, actor.kind, actor.id)
    if action is not Repair.REJUDGE:
        return _counted(services, actor, order, None, monotonic)
    with _judging(services, actor, site.id) as verdicts:
        return _counted(services, actor, order, verdicts, monotonic)


@contextmanager
def _judging(services: Services, actor: Actor, site_id: str) -> Iterator[Verdicts]:
    """A process that judges by the policy in force: to compile it takes seconds, which no request has.

    Raises TooMany, Unavailable.
    """
    with services.read() as session:
        found = read_in_force(session, site_id, services.clock.now().date())
    with converse(site_id, JUDGING, msgspec.json.encode(found), person=actor.id or "") as say:

        def verdicts(past: Sequence[PastJudgement]) -> Mapping[str, Verdict]:
            # What was found then need not be told.
            said = say(msgspec.json.encode([replace(one, findings=[]) for one in past])) if past else b"{}"
            if not said:
                raise _Ended
            return msgspec.json.decode(said, type=dict[str, Verdict])

        # Once it has compiled the policy; the time of the count begins then.
        say(b"[]")
        yield verdicts


def _counted(
    services: Services, actor: Actor, order: RepairOrder, verdicts: Verdicts | None, monotonic: Callable[[], float]
) -> Counted:
    site, until = order.site, order.until
    whole, give_up = Plan(), monotonic() + COUNT_SECONDS
    seen, complete = 0, True
    for ids in _candidates(services, site.id, order.scope, until):
        if ids is None or seen + len(ids) > MOST_COUNTED or monotonic() > give_up:
            complete = False
            break
        if not ids:
            continue
        held = leased_by_others(services, site.id, ids, actor.id, through=actor.can("admin", site.id))
        try:
            with services.read() as session:
                plan = plan_moves(services, session, order, ids, held, verdicts=verdicts)
        except _Ended:
            complete = False
            break
        whole.moves = (whole.moves + plan.moves)[:MOST_SHOWN]
        whole.counts += plan.counts
        whole.changes += plan.changes
        whole.decided = (whole.decided + plan.decided)[:MOST_NAMED]
        seen += len(ids)
    return Counted(whole.counts, whole.changes, complete, until, whole.moves, whole.decided)


def _candidates(services: Services, site_id: str, scope: Scope, until: str) -> Iterator[list[str] | None]:
    """The comments that the scope may be about, some at a time, none where a step found none; at last None where there
    are more than can be counted."""
    if scope.rule is not None and scope.thread is None and scope.cluster is None and scope.complaint is None:
        # What a rule found may be rare, and stand anywhere.
        with services.read() as session:
            ids, complete = found_by_rule(session, site_id, scope, until, MOST_COUNTED)
        for start in range(0, len(ids), COUNTED_AT_ONCE):
            yield ids[start : start + COUNTED_AT_ONCE]
        if not complete:
            yield None
        return
    cursor, last = "", False
    while not last:
        with services.read() as session:
            step = walk(session, site_id, scope, until, cursor, COUNTED_AT_ONCE)
        cursor, last = step.cursor, step.last
        yield step.ids


def estimate(services: Services, site_id: str, scope: Scope, until: str) -> tuple[int, bool]:
    """How many comments a repair has to look at, and whether it knows: as bounded as `count` is."""
    seen, give_up = 0, time.monotonic() + ESTIMATE_SECONDS
    for ids in _candidates(services, site_id, scope, until):
        if ids is None or seen + len(ids) > MOST_COUNTED or time.monotonic() > give_up:
            return seen, False
        seen += len(ids)
    return seen, True
