"""A toy classifier that knows one word, so that the rule's examples need no training."""

from __future__ import annotations

from array import array
from functools import cache

from moderation_rules.learning import features
from moderation_rules.learning.classifier import Classifier


@cache
def toy_classifier() -> Classifier:
    """Stops texts with the word `watches` in them."""
    weights = array("h", bytes(2 << features.BITS))
    weights[features.word_bucket("watches")] = 30_000
    return Classifier(weights, words=0.001, letters=0.0, bias=-2.0, thresholds={0.001: 0.5}, about={"toy": True})
