from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from moderation_rules.matching.stretched import collapse
from moderation_rules.rule import Check, Example, Hit, NoOptions, Reading, Rule, Supplies
from moderation_rules.text.folding import fold
from moderation_rules.values import Comment, Facts, Verdict

_ALIKE = str.maketrans("013457", "oieast")


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        name, staff = reading.comment.name, reading.facts.staff_names
        if not staff or not name:
            return ()
        shape = _shape(name)
        if shape and shape in _shapes(staff):
            return (Hit("the name looks like that of a member of staff", "name", 0, len(name)),)
        return ()

    return check


@lru_cache(maxsize=4096)
def _shape(name: str) -> str:
    """What is left of a name when look-alikes, signs and the order of its words are put aside."""
    words = fold(name).text.translate(_ALIKE)
    spaced = "".join([char if char.isalpha() else " " for char in words])
    return " ".join(sorted(map(collapse, spaced.split())))


@lru_cache(maxsize=256)
def _shapes(staff: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_shape, staff))


_STAFF = Facts(staff_names=("Ada Lovelace", "The Moderators"))
RULE = Rule(
    name="staff_impersonation",
    title="Looks like staff",
    about="The name looks like that of a member of staff.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    verdict=Verdict.PENDING,
    score=5,
    needs=("staff_names",),
    examples=(
        Example(Comment("Hello", name="Ada Lovelace"), True, _STAFF, marks="Ada Lovelace"),
        Example(Comment("Hello", name="Аda L0velасe"), True, _STAFF),
        Example(Comment("Hello", name="lovelace, ada"), True, _STAFF),
        Example(Comment("Hello", name="Adam Love"), False, _STAFF),
        Example(Comment("Hello", name="Ada Lovelace"), False),
    ),
)
