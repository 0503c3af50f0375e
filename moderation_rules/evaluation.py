"""How well a judge tells what should be stopped from what should be published, on labelled comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

from moderation_rules.engine import Judge
from moderation_rules.values import Comment, Facts, Judgement, Verdict


def roc_auc(scores: Sequence[float], labels: Sequence[int]) -> float | None:
    """Area under the ROC curve, ties counted half (Mann-Whitney); None where one of the two classes is missing."""
    positive = sum(labels)
    negative = len(labels) - positive
    if not positive or not negative:
        return None
    ranked = sorted(zip(scores, labels, strict=True))
    area = below = position = 0
    while position < len(ranked):
        end = position
        ones = 0
        while end < len(ranked) and ranked[end][0] == ranked[position][0]:
            ones += ranked[end][1]
            end += 1
        zeros = end - position - ones
        area += ones * (2 * below + zeros)
        below += zeros
        position = end
    return area / (2 * positive * negative)


def evaluate(
    judge: Judge, rows: Iterable[tuple[Any, Comment, int]]
) -> tuple[dict[str, Any], list[tuple[Any, Judgement]]]:
    """Judges `(id, comment, label)` rows; label 1 should be stopped. Returns the measures and each judgement.

    Anything but approve counts as stopped. `roc_auc` goes by score, where a hard verdict counts as infinite;
    `roc_auc_learned` by the classifier's probability. What can't be measured (a class is missing) is None.
    """
    judged: list[tuple[Any, Judgement]] = []
    labels: list[int] = []
    scores: list[float] = []
    per_rule: dict[str, Counter[str]] = {}
    verdicts: Counter[str] = Counter()
    right = stopped = 0
    for identity, comment, label in rows:
        judgement = judge.judge(comment, Facts())
        judged.append((identity, judgement))
        labels.append(label)
        hard = any(f.verdict is not None and not f.observe for f in judgement.findings)
        scores.append(inf if hard else judgement.score)
        verdicts[judgement.verdict] += 1
        if judgement.verdict is not Verdict.APPROVE:
            stopped += 1
            right += label
        for name in {f.rule for f in judgement.findings if not f.could_not_check}:
            counts = per_rule.setdefault(name, Counter())
            counts["comments"] += 1
            counts["stop" if label else "publish"] += 1
    wanted = sum(labels)
    precision = right / stopped if stopped else 0.0
    recall = right / wanted if wanted else 0.0
    learned = [j.learned for _, j in judged]
    known = [score for score in learned if score is not None]
    report = {
        "rows": len(labels),
        "labelled_stop": wanted,
        "stopped": stopped,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "false_alarms": (stopped - right) / (len(labels) - wanted) if len(labels) > wanted else 0.0,
        "roc_auc": roc_auc(scores, labels),
        "roc_auc_learned": roc_auc(known, labels) if known and len(known) == len(labels) else None,
        "verdicts": dict(sorted(verdicts.items())),
        "rules": {name: dict(per_rule[name]) for name in sorted(per_rule)},
    }
    return report, judged
