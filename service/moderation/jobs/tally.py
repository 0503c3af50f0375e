"""What a rehearsal has counted so far: plain values, stored with each chunk, so that a restart goes on."""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from moderation_rules import Judgement
from service.moderation.jobs.replay import PastJudgement

MOST_CHANGED_KEPT = 50


class Tally:
    """What has been counted so far; plain values, so that it is stored with each chunk and a restart goes on."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.skipped = Counter(stored.get("skipped", {}))
        # "approve>pending": from what, to what. Of all, of those that people decided, and of the others.
        self.moves = Counter(stored.get("moves", {}))
        self.people_new = Counter(stored.get("people_new", {}))
        self.people_old = Counter(stored.get("people_old", {}))
        self.machine = Counter(stored.get("machine", {}))
        # Hour -> comments, held before, held by the new policy.
        self.hours: dict[str, list[int]] = {hour: list(counts) for hour, counts in stored.get("hours", {}).items()}
        # Rule -> changed comments in which it now finds something, or no longer does.
        self.rules: dict[str, list[int]] = {rule: list(counts) for rule, counts in stored.get("rules", {}).items()}
        self.cases: list[dict[str, Any]] = list(stored.get("cases", []))

    def stored(self) -> dict[str, Any]:
        counters = ("skipped", "moves", "people_new", "people_old", "machine")
        return {name: dict(getattr(self, name)) for name in counters} | {
            "hours": self.hours,
            "rules": self.rules,
            "cases": self.cases,
        }

    def skip(self, why: str) -> None:
        self.skipped[why] += 1

    def add(self, past: PastJudgement, judgement: Judgement) -> None:
        """One comment that was truly replayed."""
        old, new = past.action, judgement.verdict.value
        self.moves[f"{old}>{new}"] += 1
        if past.people is None:
            self.machine[f"{old}>{new}"] += 1
        else:
            self.people_new[f"{past.people}>{new}"] += 1
            self.people_old[f"{past.people}>{old}"] += 1
        hour = self.hours.setdefault(past.created_at.strftime("%Y-%m-%dT%H:00Z"), [0, 0, 0])
        hour[0] += 1
        hour[1] += old == "pending"
        hour[2] += new == "pending"
        if old != new:
            self._changed(past, judgement)

    def _changed(self, past: PastJudgement, judgement: Judgement) -> None:
        # What weighs nothing and asks for nothing has moved nothing, such as a name server that did not answer.
        before = {
            str(found["rule"])
            for found in past.findings
            if not found.get("observe") and (found.get("score") or found.get("verdict"))
        }
        after = {found.rule for found in judgement.findings if not found.observe and (found.score or found.verdict)}
        # Where the same rules spoke, they weigh otherwise, or the thresholds do.
        for rule in (after - before) or (set() if before - after else after):
            self.rules.setdefault(rule, [0, 0])[0] += 1
        for rule in before - after:
            self.rules.setdefault(rule, [0, 0])[1] += 1
        self.cases.append(
            {
                # A fixed lot for each comment: any 50 of all changed ones, and the same ones after a restart.
                "lot": blake2b(past.comment_id.encode(), digest_size=6).hexdigest(),
                "comment_id": past.comment_id,
                "version": past.version_n,
                "before": past.action,
                "after": judgement.verdict.value,
                "people": past.people,
                "findings": [
                    {"rule": found.rule, "score": found.score, "field": found.field, "message": found.message}
                    for found in [found for found in judgement.findings if not found.could_not_check][:8]
                ],
            }
        )
        self.cases.sort(key=lambda case: str(case["lot"]))
        del self.cases[MOST_CHANGED_KEPT:]
