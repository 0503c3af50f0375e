"""One run: a load that never stops, causes one after another, and a recount at the end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.soak import recount
from tests.soak.causes import Cause, Run
from tests.soak.load import Heard, Load, Record

# Whatever happened to Redis, a comment is judged after half a minute; what came in during that time takes a while.
JUDGED_WITHIN = 90.0
# The moderators' backlog in Redis is compared with the database each minute, and filled anew where they differ.
RIGHT_WITHIN = 150.0


@dataclass
class Happened:
    """A cause, when it began and ended (monotonic seconds), and what could not be answered meanwhile."""

    cause: Cause
    began: float
    ended: float
    failed: list[Heard] = field(default_factory=list)

    def excuses(self, heard: Heard) -> bool:
        """Whether it was on its way while this cause may fail answers."""
        return (
            bool(self.cause.fails_for) and self.began <= heard.came and heard.asked <= self.began + self.cause.fails_for
        )


@dataclass
class Result:
    record: Record
    happened: list[Happened]
    seconds: float
    judged_after: float
    right_after: float
    problems: list[str]

    @property
    def lines(self) -> list[str]:
        """The report, for people."""
        record = self.record
        times = sorted(one.came - one.asked for one in record.heard if one.who == "sender" and not one.failed)
        at = [times[int(len(times) * part)] * 1000 for part in (0.5, 0.99)] if times else [0.0, 0.0]
        lines = [
            f"{len(record.accepted)} comments accepted in {self.seconds:.0f} s, {record.decided} decided by hand, "
            f"{sum(one.who == 'reader' for one in record.heard)} threads read",
            f"a comment was accepted after {at[0]:.0f} ms (median), {at[1]:.0f} ms (99 of 100)",
            f"the last one was judged {self.judged_after:.1f} s after it, every count right "
            f"{self.right_after:.1f} s after it",
        ]
        start = self.happened[0].began if self.happened else 0.0
        for one in self.happened:
            lasted = (
                f"for {max(h.came for h in one.failed) - min(h.asked for h in one.failed):.1f} s"
                if one.failed
                else "none"
            )
            lines.append(
                f"{one.began - start:6.0f} s  {one.cause.name} ({one.ended - one.began:.1f} s): "
                f"{len(one.failed)} answers failed, {lasted}"
            )
        return [*lines, *(f"PROBLEM: {problem}" for problem in self.problems)]


def soak(
    run: Run, load: Load, causes: Sequence[Cause], seconds: float, tell: Callable[[str], None] = lambda line: None
) -> Result:
    """Runs the load for so long, the causes spread over it, and counts anew. The installation goes on running."""
    began = time.monotonic()
    load.start()
    happened = []
    between = seconds / (len(causes) + 1)
    for turn, cause in enumerate(causes, start=1):
        time.sleep(max(0.0, began + turn * between - time.monotonic()))
        tell(cause.name)
        start = time.monotonic()
        cause.act(run)
        happened.append(Happened(cause, start, time.monotonic()))
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    load.stop()
    ended = time.monotonic()
    services = run.installation.services()
    try:
        while recount.unjudged(services) and time.monotonic() < ended + JUDGED_WITHIN:
            time.sleep(0.2)
        judged_after = time.monotonic() - ended
        # What Redis lost with a master is put right once a minute.
        while (found := recount.problems(services, load.record.accepted)) and time.monotonic() < ended + RIGHT_WITHIN:
            time.sleep(1.0)
        right_after = time.monotonic() - ended
    finally:
        services.close()
    return Result(
        load.record, happened, ended - began, judged_after, right_after, [*found, *_unexcused(load.record, happened)]
    )


def _unexcused(record: Record, happened: Sequence[Happened]) -> list[str]:
    """What failed without a cause; what has one is put down to it."""
    found: dict[str, int] = {}
    for heard in record.heard:
        if not heard.failed:
            continue
        cause = next((one for one in happened if one.excuses(heard)), None)
        if cause is not None:
            cause.failed.append(heard)
            continue
        last = next((one.cause.name for one in reversed(happened) if one.began <= heard.came), "nothing")
        what = f"{heard.who} got {heard.status or 'a broken connection'} {heard.code}".strip() + f", after: {last}"
        found[what] = found.get(what, 0) + 1
    for heard in record.wrong():
        what = f"{heard.who} got {heard.status} {heard.code}".strip()
        found[what] = found.get(what, 0) + 1
    lines = [f"{what} ({times} times)" for what, times in found.items()]
    return lines + [f"a comment was never taken: {said}" for said in record.given_up[:5]]
