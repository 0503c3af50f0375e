"""What a rule is: one file in `rules/` that makes one `Rule`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, Literal, NamedTuple, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from moderation_rules.language.tags import UNDETERMINED, nearest
from moderation_rules.text.char_table import beyond_ascii
from moderation_rules.text.folding import Folded, fold
from moderation_rules.values import Comment, Facts, Verdict

if TYPE_CHECKING:
    from moderation_rules.language.detection import Detect
    from moderation_rules.learning.classifier import Classifier
    from moderation_rules.lists.word_lists import LayeredLists, WordList


# What of a comment is published as its writer typed it, and so can be read for what it says.
Field = Literal["text", "name", "website"]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
_DIGITS = bytes([ord("0") if chr(byte).isdecimal() else ord(" ") for byte in range(256)])
_KINDS = 1000  # of characters beyond ASCII in what is looked at; few Chinese articles have more
_FRONT = 1000  # characters that are left as they are in a long text that has more kinds
SEARCHED = 8000  # characters of a text that costly patterns look at; by default, the longest comment has 5,000
SEARCHED_OF_LONG = 2000  # the same of a text that is longer, which waits for a person in any case


class Hit(NamedTuple):
    """What a rule noticed, before the policy says what it weighs.

    `field` "text" is the field that was read: where the rule ran on a name, it becomes "name". `start` and `end` are
    code points, half-open, into `field` as typed. `weight` multiplies the rule's score; `score` and `verdict`, where
    given, stand in for the rule's own (a word list may have its own).
    """

    message: str
    field: str | None = None
    start: int | None = None
    end: int | None = None
    code: str = ""
    weight: float = 1.0
    score: float | None = None
    verdict: Verdict | None = None
    observe: bool = False
    doubtful: bool = False  # holds rather than refuses, whatever verdict and score say
    least: float | None = None  # what it weighs at least


class Reading:
    """One field of a comment while it is judged, with what several rules would otherwise work out twice.

    `text` is what the reader typed into `field`, and `searched` how many of its characters costly patterns look at.
    Of another field than the text nothing else is known: `comment` has the field's value as its text, the language
    can't be told, and there are no facts.
    """

    __slots__ = (
        *("_detect", "_digits", "_folded"),
        *("comment", "facts", "field", "learned", "looked_up", "notes", "searched", "strange", "text"),
    )

    def __init__(self, comment: Comment, facts: Facts, detect: Detect | None = None, field: Field = "text") -> None:
        self.field = field
        self.comment = comment
        self.facts = facts
        text = comment.text
        self.searched = searched(len(text))
        self.text = text = text if len(text) <= SEARCHED else _readable(text, self.searched)
        # The kinds of characters beyond ASCII that the text has: most rules look at them first.
        self.strange = beyond_ascii(text)
        self.learned: float | None = None
        self.notes: dict[str, Any] = {}
        self.looked_up = comment.language
        self._detect = detect
        self._folded: Folded | None = None
        self._digits: int | None = None

    @property
    def digits(self) -> int:
        """How many digits, of any script or in any dress, stand in the first `searched` characters."""
        if self._digits is None:
            text = self.text[: self.searched]
            # To make bytes alike is many times faster than to look for a class of characters.
            found = text.encode("utf-8", "surrogatepass").translate(_DIGITS).count(b"0")
            if self.strange:
                found += sum(map(text.count, filter(str.isdigit, self.strange)))
            self._digits = found
        return self._digits

    @property
    def language(self) -> str | None:
        """The text's own language, None where it can't be told; looked up when somebody asks for the first time."""
        found = self.look_up()
        return None if found == UNDETERMINED else found

    def look_up(self) -> str | None:
        """The same, `und` where it can't be told; None where there is nothing to tell it by."""
        if self.looked_up is None and self._detect is not None:
            found = self._detect(self.text)
            self.looked_up = UNDETERMINED if found is None else nearest(found, self.comment.page_language)
        return self.looked_up

    @property
    def folded(self) -> Folded:
        """The text made comparable (`moderation_rules.text.folding.fold`)."""
        if self._folded is None:
            self._folded = fold(self.text, self.strange)
        return self._folded


def searched(length: int) -> int:
    """How many characters of a text of this length costly patterns look at."""
    return SEARCHED if length <= SEARCHED else SEARCHED_OF_LONG


def _readable(text: str, end: int) -> str:
    """A text longer than `SEARCHED`, of which only ASCII is left beyond `end`: a person looks at it in any case.

    Every other character there becomes a space, so that all places stay the same. Where more kinds of characters
    stand than languages write, less is kept: tables would fill up with them.
    """
    front = text[:end]
    if len(beyond_ascii(front)) > _KINDS:
        front = text[:_FRONT]
    return front + text[len(front) :].encode("ascii", "replace").replace(b"?", b" ").decode("ascii")


_NO_FACTS = Facts()


def read_field(field: Field, value: str) -> Reading:
    """A name or website to be judged by itself: names belong to no language, and say the same under every comment."""
    return Reading(Comment(value, language=UNDETERMINED), _NO_FACTS, field=field)


Score = Annotated[float, Meta(ge=-100, le=100)]
HardVerdict = Literal["pending", "reject", "spam", None]


class Noted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What everything in a policy may have beside what it does: rules, lists, words, patterns, domains, composites."""

    observe: Annotated[bool, Meta(description="log findings, without effect")] = False
    owner: Annotated[str, Meta(max_length=200, description="who answers for it")] | UnsetType = UNSET
    note: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
    until: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="last day on which it counts")] | UnsetType = (
        UNSET
    )


class Weighed(Noted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may weigh something else than the rule that it belongs to: a word, a pattern, a domain."""

    score: Score | UnsetType = UNSET
    verdict: HardVerdict | UnsetType = UNSET

    @property
    def own_score(self) -> float | None:
        """Its score, None where it has none of its own."""
        return None if self.score is UNSET else self.score

    @property
    def own_verdict(self) -> Verdict | None:
        """Its verdict, None where it has none of its own."""
        return Verdict(self.verdict) if self.verdict else None


class RuleSettings(Weighed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy may say of every rule, beside the rule's own options."""

    enabled: bool | UnsetType = UNSET
    cannot: Annotated[HardVerdict, Meta(description="what it asks for when it can't run")] | UnsetType = UNSET


class RuleOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy may say of one rule alone: each rule names its own, with limits and a default for each."""


class NoOptions(RuleOptions, frozen=True, forbid_unknown_fields=True):
    """Of a rule that has none."""


OwnOptions = TypeVar("OwnOptions", bound=RuleOptions)
OF_EVERY_RULE: Final = frozenset(RuleSettings.__struct_fields__)


def options_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's own options among what a policy says of it."""
    return {name: value for name, value in settings.items() if name not in OF_EVERY_RULE}


class OptionError(ValueError):
    """An option that makes no sense; `path` leads to it from the rule's settings."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


Check = Callable[[Reading], Sequence[Hit]]


class PatternBudget:
    """What all patterns of one policy may take together, in every layer where it is checked.

    `instructions`: of RE2's programs, each 16 bytes twice and about a microsecond to make. `memory`: bytes that the
    automata may take in all while texts are searched. `is_late`, where given, is asked before and after each pattern
    whether the time is over.
    """

    def __init__(
        self,
        instructions: int = 1_000_000,
        memory: int = 128 << 20,
        is_late: Callable[[], bool] | None = None,
    ) -> None:
        self.instructions, self.memory = instructions, memory
        self._most = f"{instructions:,} instructions of RE2, {memory >> 20} MiB to search with"
        self._is_late = is_late

    def refusal(self) -> str | None:
        """Why there is no room for one more pattern; None where there is."""
        if self.instructions < 0 or self.memory < 0:
            return (
                f"with this pattern all patterns of the policy are too large together (at most {self._most}); "
                "any letter is about 1,000 instructions, and {1,30} makes it 30 times that"
            )
        if self._is_late is not None and self._is_late():
            return "with this pattern all patterns of the policy take too long to compile"
        return None

    def spend(self, instructions: int, memory: int) -> None:
        """Takes what one pattern needs; `refusal` then says whether it was too much."""
        self.instructions -= instructions
        self.memory -= memory


@dataclass(frozen=True)
class Supplies:
    """What a policy hands to its rules when it is compiled, besides their options. `layers`: the lists of all layers,
    where some have others."""

    lists: tuple[WordList, ...] = ()
    layers: LayeredLists | None = None
    classifier: Classifier | None = None
    site_languages: tuple[str, ...] = ()
    patterns: PatternBudget = field(default_factory=PatternBudget)


REMARK: Final = "A remark."  # the text of examples that are about something else


@dataclass(frozen=True)
class Example:
    """A comment that the rule catches (`caught`) or lets pass; `marks` is the piece that its span must cover.

    With a name or website, that is what the example is about.
    """

    comment: Comment
    caught: bool
    facts: Facts = field(default_factory=Facts)
    options: Mapping[str, Any] = field(default_factory=dict)
    marks: str | None = None


def catches(
    text: str = REMARK, *, name: str = "", website: str | None = None, marks: str | None = None, **options: Any
) -> Example:
    """An example of a text, name or website that must be caught."""
    return Example(Comment(text, name, website), True, options=options, marks=marks)


def passes(text: str = REMARK, *, name: str = "", website: str | None = None, **options: Any) -> Example:
    """An example of a text, name or website that must pass."""
    return Example(Comment(text, name, website), False, options=options)


def given(caught: bool, /, text: str = REMARK, **facts: Any) -> Example:
    """An example by facts."""
    return Example(Comment(text), caught, facts=Facts(**facts))


@dataclass(frozen=True)
class Code:
    """One of the names that tell a rule's findings apart, with what such a finding says, weighs and asks for.

    `weight` multiplies the rule's score; `verdict`, where given, stands in for the rule's own.
    """

    name: str
    says: str
    weight: float = 1.0
    verdict: Verdict | None = None

    def hit(self, field: str | None = None, start: int | None = None, end: int | None = None, *, says: str = "") -> Hit:
        """A hit of this code; `says`: in words that fit this comment."""
        return Hit(says or self.says, field, start, end, self.name, self.weight, verdict=self.verdict)


# What a rule looks at. Caps hold back what one kind adds up to, and kinds tell spam from abuse.
Kind = Literal["abuse", "spam", "shape", "person", "form", "thread", "learned"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True)
class Rule(Generic[OwnOptions]):
    """A rule: what it looks at, what it weighs by default, and what happens when it can't run.

    `title` is what a moderator calls it. `options` is the type of what a policy may say of it, every field with a
    default; `prepare` gets one and returns the check: it is called when a policy is compiled, never for a comment, and
    may raise ValueError (best OptionError) for options that make no sense. `needs` names the facts without which it
    cannot run; `cannot` is what it then asks for (None: nothing). `codes` are those that its findings may have; where
    they are names that no rule can know, `code_is` says of what. `fields` are those that the check is run on, each by
    itself; a rule that needs facts reads the text alone. A place that two rules with the same `looks_for` found weighs
    once.
    """

    name: str
    title: str
    about: str
    kind: Kind
    options: type[OwnOptions]
    prepare: Callable[[OwnOptions, Supplies], Check]
    version: int = 1
    score: float = 0.0
    verdict: Verdict | None = None
    cannot: Verdict | None = Verdict.PENDING
    needs: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ("text",)
    looks_for: str = ""
    enabled: bool = True
    codes: tuple[Code, ...] = ()
    code_is: str = ""
    examples: tuple[Example, ...] = ()

    def read(self, said: Mapping[str, Any]) -> OwnOptions:
        """The options where a policy says this of them, the defaults for the rest. Raises OptionError."""
        try:
            # Not strict: 2.0 is a whole number, to JSON Schema as well.
            return msgspec.convert(said, self.options, strict=False)
        except msgspec.ValidationError as error:
            raise OptionError(str(error)) from None
