"""What a job's tally says, in figures that a newsroom can use: shares with their intervals, hours, minutes of work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import sqrt
from statistics import median
from typing import Any

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Decision
from models.decision import PEOPLE

VERDICTS = ("approve", "pending", "reject", "spam")
REFUSALS = ("reject", "spam")

# What a person needs for one comment where the site's own pace is not known yet.
SECONDS_A_DECISION = 20.0
_PACE_ROWS = 500
_PACE_LEAST = 20
_BREAK_SECONDS = 180.0


class Share(Struct, frozen=True):
    """`hits` of `of`, with the interval that holds the true share 95 times of 100; null where there is none."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


class Change(Struct, frozen=True, rename={"from_": "from"}):
    """How many comments went, or would go, from one verdict or status to another."""

    from_: str
    to: str
    count: int


class LabelAgreement(Struct, frozen=True, kw_only=True):
    """One policy set against labels. `let_through`: of what is to be stopped; `stopped`, `held`: of what is fine."""

    let_through: Share
    stopped: Share
    held: Share


class Labelled(Struct, frozen=True, kw_only=True):
    """Where people decided: the old policy and the new one against their word."""

    comments: int
    before: LabelAgreement
    after: LabelAgreement
    table: list[Change]


class Hours(Struct, frozen=True, kw_only=True):
    """Holds in the hour with the most comments, and what all extra holds cost. Negative: fewer than before.

    `extra_at_worst`: in the hour in which the difference is greatest.
    """

    busiest: str | None
    comments: int
    held_before: int
    held_after: int
    extra: int
    extra_at_worst: int
    extra_in_all: int
    seconds_a_decision: float
    extra_minutes: float
    extra_minutes_at_busiest: float


class RuleShare(Struct, frozen=True):
    """`begins`: changed comments in which the rule now counts; `ends`: in which it no longer does."""

    rule: str
    begins: int
    ends: int


class Rehearsed(Struct, frozen=True, kw_only=True):
    """What the rehearsed policy would have done. `changes` has every pair of verdicts, also equal ones."""

    looked_at: int
    replayed: Share
    not_replayed: dict[str, int]
    changed: Share
    changes: list[Change]
    people: Labelled
    machine: list[Change]
    hours: Hours
    rules: list[RuleShare]


class Repaired(Struct, frozen=True, kw_only=True):
    """What a repair did or would do. `touched`: by people since; `leased`: somebody looks at it; `elsewhere`: judged
    anew, edited or withdrawn meanwhile. `still_up`, beside these, of near copies that are refused: those of which
    readers still have an earlier text, because that one is no near copy."""

    changed: int
    unchanged: int
    touched: int
    leased: int
    elsewhere: int
    changes: list[Change]
    still_up: int = 0


def wilson(hits: int, of: int, z: float = 1.959964) -> Share:
    """Wilson's score interval (1927): honest for few and for extreme shares, unlike the textbook one."""
    if of == 0:
        return Share(hits, of, None, None, None)
    p = hits / of
    centre = p + z * z / (2 * of)
    spread = z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    return Share(hits, of, round(p, 4), round(low, 4), round(high, 4))


def rehearsed(tally: Mapping[str, Any], seconds: float = SECONDS_A_DECISION) -> Rehearsed:
    """The result of a rehearsal, complete or so far."""
    moves: Mapping[str, int] = tally.get("moves", {})
    skipped: Mapping[str, int] = tally.get("skipped", {})
    replayed = sum(moves.values())
    looked_at = replayed + sum(skipped.values())
    changed = sum(count for pair, count in moves.items() if len(set(pair.split(">"))) == 2)
    new, old = tally.get("people_new", {}), tally.get("people_old", {})
    return Rehearsed(
        looked_at=looked_at,
        replayed=wilson(replayed, looked_at),
        not_replayed=dict(sorted(skipped.items())),
        changed=wilson(changed, replayed),
        changes=_pairs(moves),
        people=Labelled(comments=sum(new.values()), before=_against(old), after=_against(new), table=_pairs(new)),
        machine=_pairs(tally.get("machine", {})),
        hours=_hours(tally.get("hours", {}), seconds),
        rules=sorted(
            (RuleShare(rule, *counts) for rule, counts in tally.get("rules", {}).items()),
            key=lambda found: (-found.begins - found.ends, found.rule),
        ),
    )


def repaired(counts: Mapping[str, int], changes: Mapping[str, int]) -> Repaired:
    names = ("changed", "unchanged", "touched", "leased", "elsewhere", "still_up")
    return Repaired(changes=_pairs(changes), **{name: counts.get(name, 0) for name in names})


def pace(session: Session, site_id: str) -> float:
    """Seconds that a person takes for a comment here: the median between two decisions without a break; or 20."""
    rows = session.execute(
        select(Decision.actor_id, Decision.created_at)
        .where(
            Decision.site_id == site_id,
            Decision.actor_kind.in_(PEOPLE),
            Decision.job_id.is_(None),
        )
        .order_by(Decision.id.desc())
        .limit(_PACE_ROWS)
    )
    last: dict[str | None, datetime] = {}
    gaps: list[float] = []
    for actor_id, at in rows:
        if actor_id in last:
            gaps.append((last[actor_id] - at).total_seconds())
        last[actor_id] = at
    # Nothing between two of them: decided in one batch, and nobody reads that fast.
    steady = [gap for gap in gaps if 1.0 <= gap <= _BREAK_SECONDS]
    return round(median(steady), 1) if len(steady) >= _PACE_LEAST else SECONDS_A_DECISION


def _pairs(counts: Mapping[str, int]) -> list[Change]:
    found = [Change(pair.partition(">")[0], pair.partition(">")[2], count) for pair, count in counts.items()]
    return sorted(found, key=lambda change: (-change.count, change.from_, change.to))


def _against(labels: Mapping[str, int]) -> LabelAgreement:
    def of(people: Sequence[str], verdicts: Sequence[str]) -> int:
        return sum(labels.get(f"{said}>{verdict}", 0) for said in people for verdict in verdicts)

    fine, bad = of(("approve",), VERDICTS), of(REFUSALS, VERDICTS)
    return LabelAgreement(
        let_through=wilson(of(REFUSALS, ("approve",)), bad),
        stopped=wilson(of(("approve",), REFUSALS), fine),
        held=wilson(of(("approve",), ("pending",)), fine),
    )


def _hours(hours: Mapping[str, Sequence[int]], seconds: float) -> Hours:
    busiest = max(hours, key=lambda hour: (hours[hour][0], hour), default=None)
    comments, before, after = hours[busiest] if busiest is not None else (0, 0, 0)
    extra_in_all = sum(counts[2] - counts[1] for counts in hours.values())
    return Hours(
        busiest=busiest,
        comments=comments,
        held_before=before,
        held_after=after,
        extra=after - before,
        extra_at_worst=max((counts[2] - counts[1] for counts in hours.values()), default=0),
        extra_in_all=extra_in_all,
        seconds_a_decision=seconds,
        extra_minutes=round(extra_in_all * seconds / 60, 1),
        extra_minutes_at_busiest=round((after - before) * seconds / 60, 1),
    )


class LabelScore(Struct, frozen=True, kw_only=True):
    """What was said of the changed cases that somebody has read: how often each policy, where it decided, was right."""

    labelled: int
    right_before: Share
    right_after: Share


def read(tally: Mapping[str, Any], labels: Mapping[str, str]) -> LabelScore:
    """Labels are `publish` or `stop`, by comment; a policy that asks a person is neither right nor wrong."""
    cases = [(case, labels[case["comment_id"]]) for case in tally.get("cases", ()) if case["comment_id"] in labels]

    def right(when: str) -> Share:
        decided = [(case[when] == "approve", said == "publish") for case, said in cases if case[when] != "pending"]
        return wilson(sum(verdict == said for verdict, said in decided), len(decided))

    return LabelScore(labelled=len(cases), right_before=right("before"), right_after=right("after"))
