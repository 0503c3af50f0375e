from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.learning.classifier import Classifier
from moderation_rules.learning.toy import toy_classifier
from moderation_rules.rule import Check, Code, Example, Hit, Reading, Rule, RuleOptions, Supplies
from moderation_rules.values import Comment

_LEARNED = Code("learned", "likely to be stopped, by this site's earlier decisions")
_PIECE = Code("n-gram", "weighed much too", weight=0.0)


class Options(RuleOptions, frozen=True):
    false_alarms: Annotated[
        float,
        Meta(
            ge=0.001,
            le=0.1,
            description="share of good comments that it may hold, as measured on decisions held back",
        ),
    ] = 0.02
    example_model: Annotated[bool, Meta(description="a toy, for the rule's own examples")] = False


def prepare(options: Options, supplies: Supplies) -> Check:
    classifier = toy_classifier() if options.example_model else supplies.classifier
    if classifier is None:
        return lambda reading: ()
    return _Judged(classifier, options.false_alarms)


class _Judged:
    def __init__(self, classifier: Classifier, false_alarms: float) -> None:
        self._classifier = classifier
        # Whatever the rate allows: nothing is held that is more likely published than stopped, or no more suspicious
        # than a text of which the classifier knows nothing.
        self._threshold = max(0.5, classifier.threshold(false_alarms), classifier.unknown)
        self._rate = f"{false_alarms:.1%}"

    def __call__(self, reading: Reading) -> Sequence[Hit]:
        text = reading.text
        chance = reading.learned = self._classifier.probability(text)
        if chance <= self._threshold:
            return ()
        pieces = self._classifier.explain(text)
        named = ", ".join([f"“{text[piece.start : piece.end].strip()}”" for piece in pieces])
        why = f": {named}" if named else ""
        message = f"{chance:.0%} likely to be stopped, by this site's earlier decisions{why}"
        if not pieces:
            return (_LEARNED.hit(says=message),)
        first, *others = pieces
        return (
            _LEARNED.hit("text", first.start, first.end, says=message),
            *[_PIECE.hit("text", piece.start, piece.end) for piece in others],
        )


RULE = Rule(
    name="learned",
    title="Like what was refused before",
    about="The site's own classifier, trained on its moderators' decisions; used to hold, not to refuse.",
    kind="learned",
    options=Options,
    prepare=prepare,
    score=5,
    codes=(_LEARNED, _PIECE),
    examples=(
        Example(Comment("lovely cheap watches"), True, options={"example_model": True}, marks="watches"),
        Example(Comment("the weather is lovely"), False, options={"example_model": True}),
        Example(Comment("lovely cheap watches"), False),
    ),
)
