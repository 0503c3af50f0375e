"""A toy classifier that knows one word, so that the rule's examples need no training."""

from __future__ import annotations

from array import array
from functools import cache

from moderation_rules.learning import features
from moderation_rules.learning.model import Model


@cache
def tiny_model() -> Model:
    """Stops texts with the word `watches` in them."""
    size = 1 << features.BITS
    weights = array("f", bytes(4 * size))
    weights[features.bucket("wwatches")] = 100.0
    squares = array("f", [1.0]) * size
    return Model(weights, squares, bias=-2.0, slope=1.0, offset=0.0, thresholds={0.001: 0.5}, about={"toy": True})
