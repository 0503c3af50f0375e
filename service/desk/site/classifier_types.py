"""What is asked and answered about a site's own classifiers."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from models import ClassifierState


class Measured(Struct, frozen=True, kw_only=True):
    """What a classifier did with decisions that it had not learned from.

    `published`, `stopped`: how many of them, by what people decided. `recall`: the share of the stopped that it would
    hold; `false_alarms`: the share of the published. `roc_auc`: how well it sorts, 0.5 by chance, 1 at best. `brier`
    and `calibration_error`: how far its probabilities are off, 0 at best.
    """

    published: int
    stopped: int
    roc_auc: float
    recall: float
    false_alarms: float
    brier: float | None
    calibration_error: float | None


class ClassifierLine(Struct, frozen=True, kw_only=True):
    """`published` and `stopped`: decisions that it learned from. `threshold`: the probability from which it holds,
    for the stated share of `false_alarms`. `compared`: the one then in force, on the same decisions as `measured`.

    `candidate`: was not better than the one in force; `off`: switched off by hand, and no other comes in force by
    itself.
    """

    n: int
    state: ClassifierState
    trained_at: datetime
    published: int
    stopped: int
    false_alarms: float
    threshold: float
    measured: Measured | None
    compared: Measured | None
    checksum: str


class ClassifiersAnswer(Struct, frozen=True, kw_only=True):
    """Newest first. `needed`: decisions of each kind before one is trained.

    `last_outcome`: `in_force`, `candidate`, `nothing_new` (since the newest), `too_few` (decisions), `too_few_fresh`
    (to measure it by), `superseded` (another came in force meanwhile), `stopped` (with its worker) or `failed`.
    """

    site: str
    needed: int
    models: list[ClassifierLine]
    next_training_at: datetime | None
    last_training_at: datetime | None
    last_outcome: str | None


class ClassifierBody(Struct, frozen=True, forbid_unknown_fields=True):
    state: Literal["in_force", "off"]
