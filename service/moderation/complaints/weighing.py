"""What reports weigh: pure. One network counts once a comment, and no comment gets more than `PRIORITY_MOST`."""

from collections.abc import Iterable, Mapping

from models import ReportOutcome, ReportReason

# What one network's report adds to a comment's priority: most things, and what breaks the law.
WEIGHT, LEGAL_WEIGHT = 10, 30
LEGAL = frozenset({ReportReason.ILLEGAL, ReportReason.CHILD_ABUSE})
# A network whose reports are mostly unfounded has a fifth of that, and is not counted towards hiding.
DOUBTED = 5
# So many networks count, those of most weight.
NETWORKS_MOST = 10
PRIORITY_MOST = NETWORKS_MOST * LEGAL_WEIGHT
# Nobody is doubted before so many comments that they reported were found to be fine.
UNFOUNDED_LEAST = 4


def is_doubted(outcomes: Mapping[str, ReportOutcome | None]) -> bool:
    """Whether three in four of what a network reported, comment -> what it came to, were fine."""
    counted = [outcome for outcome in outcomes.values() if outcome in (ReportOutcome.FOUNDED, ReportOutcome.UNFOUNDED)]
    unfounded = counted.count(ReportOutcome.UNFOUNDED)
    return unfounded >= UNFOUNDED_LEAST and unfounded * 4 >= len(counted) * 3


def weight_of(reason: ReportReason, *, doubted: bool) -> int:
    """What a report adds, if nothing else came from its network."""
    weight = LEGAL_WEIGHT if reason in LEGAL else WEIGHT
    return weight // DOUBTED if doubted else weight


def priority_of(weights: Iterable[int]) -> int:
    """The priority of a comment: `weights` are those of its networks, each the heaviest of what came from it."""
    return sum(sorted(weights, reverse=True)[:NETWORKS_MOST])


def counts_in_full(weight: int) -> bool:
    """Whether a report of this weight came from a network that was not doubted then."""
    return weight >= WEIGHT
