"""Trains a classifier in a process of its own: what training needs is larger than a worker, and ends with it."""

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any

from moderation_rules.evaluation import roc_auc

LONGEST_SECONDS = 1800.0
# A lower priority than judging: there is the whole night for it.
NICE = 10

# A text, and whether people stopped it (1) or published it (0).
Sample = tuple[str, int]


class TrainingFailed(Exception):
    """The process that trained ended without a classifier, or took too long."""


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What to learn from, and on what to measure: `holdout` is in neither classifier's samples.

    `old`: the document of the classifier in force. `false_alarms`: the share of good comments it may hold.
    """

    samples: Sequence[Sample]
    holdout: Sequence[Sample]
    false_alarms: float
    old: bytes | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """A classifier as data, the probability it holds from, and what it and the old one did with the fresh texts."""

    document: bytes
    threshold: float
    measured: dict[str, float]
    measured_old: dict[str, float] | None


def train_in_subprocess(
    order: TrainingOrder, stop: threading.Event, longest: float = LONGEST_SECONDS
) -> Trained | None:
    """The trained classifier; None when `stop` was set before it was ready. Raises TrainingFailed."""
    # Never a fork: this process has threads, and connections that are its own.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs,), daemon=True, name="training")
    process.start()
    theirs.close()
    deadline = time.monotonic() + longest
    try:
        ours.send(order)
        while not ours.poll(0.2):
            if stop.is_set():
                return None
            if time.monotonic() > deadline:
                raise TrainingFailed("took too long")
        found: Trained | str = ours.recv()
    except (EOFError, OSError) as error:
        raise TrainingFailed("its process was lost") from error
    finally:
        ours.close()
        process.kill()
        process.join()
    if isinstance(found, str):
        raise TrainingFailed(found)
    return found


def train_in_process(order: TrainingOrder) -> Trained:
    """Trains and measures in this process. Raises ImportError without scikit-learn, TooFew."""
    from moderation_rules.learning.classifier import ClassifierError, dump_classifier, load_classifier
    from moderation_rules.learning.train import train

    classifier = train([text for text, _ in order.samples], [label for _, label in order.samples])
    old = None
    if order.old is not None:
        try:
            old = measure(load_classifier(order.old), order.holdout, order.false_alarms)
        except ClassifierError:
            old = None  # It judges nothing any more, so there is nothing to be better than.
    return Trained(
        document=dump_classifier(classifier),
        threshold=threshold_for(classifier, order.false_alarms),
        measured=measure(classifier, order.holdout, order.false_alarms),
        measured_old=old,
    )


def threshold_for(classifier: Any, false_alarms: float) -> float:
    """The probability above which the rule `learned` speaks: never for what is more likely published, nor for what
    it knows nothing of."""
    return max(0.5, float(classifier.threshold(false_alarms)), float(classifier.unknown))


def measure(classifier: Any, holdout: Sequence[Sample], false_alarms: float) -> dict[str, float]:
    """How the classifier does on texts it has not seen: `roc_auc`, and at its threshold `recall` and `false_alarms`.

    How far its probabilities can be believed: `brier` is the mean square of what they are off (Brier 1950), and
    `calibration_error` how far, in the mean over ten steps, the share of texts that were stopped lies from what was
    said (expected calibration error, Naeini et al. 2015). Both are 0 at best.
    """
    chances = [classifier.probability(text) for text, _ in holdout]
    labels = [label for _, label in holdout]
    held = [chance > threshold_for(classifier, false_alarms) for chance in chances]
    stopped = sum(labels)
    caught = sum(1 for seen, label in zip(held, labels, strict=True) if seen and label)
    alarms = sum(1 for seen, label in zip(held, labels, strict=True) if seen and not label)
    return {
        "roc_auc": round(roc_auc(chances, labels) or 0.0, 4),
        "recall": round(caught / max(1, stopped), 4),
        "false_alarms": round(alarms / max(1, len(labels) - stopped), 4),
        "brier": round(fsum([(c - y) ** 2 for c, y in zip(chances, labels, strict=True)]) / max(1, len(labels)), 4),
        "calibration_error": round(_off(chances, labels), 4),
        "published": len(labels) - stopped,
        "stopped": stopped,
    }


def _off(chances: Sequence[float], labels: Sequence[int]) -> float:
    steps: list[float] = [0.0] * 10
    for chance, label in zip(chances, labels, strict=True):
        steps[min(9, int(chance * 10))] += chance - label
    return sum(map(abs, steps)) / max(1, len(labels))


def _answer(connection: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICE)
    order: TrainingOrder = connection.recv()
    try:
        answer: Trained | str = train_in_process(order)
    except Exception as error:
        # No more than the kind: a message could quote what somebody wrote.
        answer = type(error).__name__
    connection.send(answer)


def _end_with_parent() -> None:
    """A worker that was killed leaves nothing behind that computes for nobody."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
