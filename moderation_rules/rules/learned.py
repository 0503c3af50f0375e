from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.learning.model import Model
from moderation_rules.learning.tiny import tiny_model
from moderation_rules.rule import Check, Example, Hit, Reading, Rule, Supplies
from moderation_rules.values import Comment


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    model = tiny_model() if options["example_model"] else supplies.model
    if model is None:
        return lambda reading: ()
    return _Judged(model, float(options["false_alarms"]))


class _Judged:
    def __init__(self, model: Model, false_alarms: float) -> None:
        self._model = model
        # Whatever the rate allows: nothing is held that is more likely published than stopped, or no more suspicious
        # than a text of which the classifier knows nothing.
        self._threshold = max(0.5, model.threshold(false_alarms), model.unknown)
        self._rate = f"{false_alarms:.1%}"

    def __call__(self, reading: Reading) -> Sequence[Hit]:
        text = reading.text
        chance = reading.learned = self._model.probability(text)
        if chance <= self._threshold:
            return ()
        pieces = self._model.explain(text)
        named = ", ".join([f"“{text[piece.start : piece.end].strip()}”" for piece in pieces])
        why = f": {named}" if named else ""
        message = f"{chance:.0%} likely to be stopped, by this site's earlier decisions{why}"
        if not pieces:
            return (Hit(message, code="learned"),)
        first, *others = pieces
        return (
            Hit(message, "text", first.start, first.end, "learned"),
            *[Hit("weighed much too", "text", piece.start, piece.end, "n-gram", weight=0.0) for piece in others],
        )


RULE = Rule(
    name="learned",
    about="The site's own classifier, trained on its moderators' decisions; used to hold, not to refuse.",
    kind="learned",
    prepare=prepare,
    score=5,
    options={
        "false_alarms": {
            "type": "number",
            "minimum": 0.001,
            "maximum": 0.1,
            "default": 0.02,
            "description": "share of good comments that it may hold, as measured on decisions held back",
        },
        "example_model": {"type": "boolean", "default": False, "description": "a toy, for the rule's own examples"},
    },
    examples=(
        Example(Comment("lovely cheap watches"), True, options={"example_model": True}, marks="watches"),
        Example(Comment("the weather is lovely"), False, options={"example_model": True}),
        Example(Comment("lovely cheap watches"), False),
    ),
)
