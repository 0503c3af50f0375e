"""Every rule runs, every finding is kept, then the policy decides: hard verdicts first, then the sum of scores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from typing import TYPE_CHECKING

from moderation_rules.language.tags import main
from moderation_rules.rule import FIELDS, SEARCHED, SEARCHED_OF_LONG, Check, Field, Hit, Reading, read_field
from moderation_rules.unsaid_holds import explained, held_by_mode, held_by_people, held_by_sum
from moderation_rules.values import Comment, Facts, Finding, Judgement, Verdict

if TYPE_CHECKING:
    from moderation_rules.language.detection import Detect

_MOST_FINDINGS = 20  # of one rule in one field; a wall of banned words needs no thousand marks
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_REMEMBERED, _LONGEST = 10_000, 100  # names and websites in which no rule found anything, and characters of each


class CutOff(Exception):
    """What a watchdog throws into a thread whose rule does not come to an end.

    The rules have no clock and no thread of their own; `Judge.judge` turns this into a finding that says so.
    """


@dataclass(frozen=True, slots=True)
class ConfiguredRule:
    """A rule as a policy has set it."""

    name: str
    version: int
    kind: str
    check: Check
    score: float
    verdict: Verdict | None
    cannot: Verdict | None
    needs: frozenset[str]
    observe: bool
    fields: tuple[Field, ...] = ("text",)
    looks_for: str = ""


@dataclass(frozen=True, slots=True)
class Composite:
    """A finding made of findings: all of `all`, one of `any` (if there are some), none of `none`."""

    name: str
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]
    score: float
    verdict: Verdict | None
    observe: bool
    message: str
    kind: str = "person"

    def holds(self, names: frozenset[str]) -> bool:
        """Whether it applies where rules of these names found something."""
        return self.rests_on(names) and self.none.isdisjoint(names)

    def rests_on(self, names: frozenset[str]) -> bool:
        """Whether findings of these rules are enough for it."""
        return self.all <= names and (not self.any or not self.any.isdisjoint(names))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Sums of scores from which a comment waits for a person (`hold`) or is refused (`refuse`); None: never."""

    hold: float | None
    refuse: float | None


@dataclass(frozen=True, slots=True)
class Judge:
    """A compiled policy. Any number of threads may judge with it at once.

    It remembers names and websites in which nothing was found; only time depends on that, no judgement.
    `mode_said_by`: whose setting the mode is, in words; `mode_of_preset`: that of a preset laid over the rest, which
    may have been switched on. `to_people`: why people decide everything, where that is nobody's setting.
    """

    rules: tuple[ConfiguredRule, ...]
    thresholds: Thresholds
    mode: str = "automatic"
    mode_said_by: str = "the policy’s mode"
    mode_of_preset: bool = False
    to_people: str = ""
    composites: tuple[Composite, ...] = ()
    caps: Mapping[str, float] = field(default_factory=dict)  # by rule name or kind
    languages: Mapping[str, Thresholds] = field(default_factory=dict)  # by `languages.main`
    detect: Detect | None = None  # None: a text's language is what the comment says it is
    _kinds: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _sought: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _readers: Mapping[Field, tuple[tuple[Check, ConfiguredRule], ...]] = field(init=False, repr=False, compare=False)
    _cleared: Mapping[Field, set[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        readers = {
            field: tuple([(rule.check, rule) for rule in self.rules if field in rule.fields]) for field in FIELDS
        }
        object.__setattr__(self, "_kinds", {rule.name: rule.kind for rule in self.rules})
        object.__setattr__(self, "_sought", {rule.name: rule.looks_for for rule in self.rules if rule.looks_for})
        object.__setattr__(self, "_readers", readers)
        object.__setattr__(self, "_cleared", {"name": set(), "website": set()})

    def judge(self, comment: Comment, facts: Facts, late: Callable[[], bool] | None = None) -> Judgement:
        """Runs all rules and decides. Never raises for what a rule does: that becomes a finding.

        `late` is asked before each rule; once it says yes, the rules that are left are not run and say so. A rule
        that never ends can only be stopped from outside, by throwing `CutOff` into the thread.
        """
        reading = Reading(comment, facts, self.detect)
        findings: list[Finding] = []
        self.run_rules(reading, findings, late)
        if comment.name and comment.name not in self._cleared["name"]:
            self._read_beside("name", comment.name, findings, late)
        if comment.website and comment.website not in self._cleared["website"]:
            self._read_beside("website", comment.website, findings, late)
        if len(comment.text) > SEARCHED:
            findings.append(_not_all_read(len(comment.text)))
        if self.composites:
            findings.extend(self._composed(findings))
        language = reading.language if self.languages else None
        verdict, score = self.decide(findings, language)
        if verdict is Verdict.PENDING and (why := self._unsaid(findings, score, language, facts)) is not None:
            findings.append(why)
        # Whoever looks at it may look for what is in their language.
        told = reading.looked_up if verdict is Verdict.APPROVE else reading.look_up()
        return Judgement(verdict, score, tuple(findings), reading.learned, told)

    def run_rules(self, reading: Reading, findings: list[Finding], late: Callable[[], bool] | None = None) -> None:
        """Runs the rules that read this field, and adds what they find. What could not run before is not tried again.

        A watchdog sees by the frame of this function which `rule` is running.
        """
        could_not = reading.facts.could_not
        left_out = {finding.rule for finding in findings if finding.could_not_check} if findings else ()
        all_run = not could_not and not left_out and late is None  # Asked once: there are dozens of rules.
        for check, rule in self._readers[reading.field]:
            try:
                if all_run:
                    if hits := check(reading):
                        findings.extend(_findings(rule, hits, reading.field))
                    continue
                if rule.name in left_out:
                    continue
                if could_not and not rule.needs.isdisjoint(could_not):
                    missing = ", ".join(sorted(rule.needs & could_not))
                    findings.append(_could_not(rule, f"could not find out: {missing}", "fact"))
                elif late is not None and late():
                    findings.append(_could_not(rule, "there was no time left for this rule", "late"))
                elif hits := check(reading):
                    findings.extend(_findings(rule, hits, reading.field))
            except CutOff:
                findings.append(_could_not(rule, "the rule took too long and was cut off", "cut_off"))
            except Exception as error:
                # Whatever it is, the comment must go where the rule says; the type names the fault for operators.
                findings.append(_could_not(rule, "the rule failed", type(error).__name__))

    def _read_beside(self, field: Field, value: str, findings: list[Finding], late: Callable[[], bool] | None) -> None:
        """The same for what stands beside the text; most names have been there before."""
        before = len(findings)
        self.run_rules(read_field(field, value), findings, late)
        cleared = self._cleared[field]
        if len(findings) == before and len(value) <= _LONGEST and not any(f.could_not_check for f in findings):
            if len(cleared) >= _REMEMBERED:
                cleared.clear()
            cleared.add(value)

    def _composed(self, findings: Sequence[Finding]) -> list[Finding]:
        found = [f for f in findings if not f.observe and not f.could_not_check]
        names = frozenset([f.rule for f in found])
        sure = frozenset([f.rule for f in found if not f.doubtful])
        return [_composite(c, doubtful=not c.rests_on(sure)) for c in self.composites if c.holds(names)]

    def decide(self, findings: Iterable[Finding], language: str | None = None) -> tuple[Verdict, float]:
        """The verdict and the sum of scores. The order of findings does not matter."""
        counted = [finding for finding in findings if not finding.observe]
        verdict, score = self._ruled(counted, language)
        if self.mode == "manual" or (self.mode == "assisted" and verdict is Verdict.APPROVE and not _trusted(counted)):
            verdict = Verdict.PENDING
        return verdict, score

    def _ruled(self, findings: Iterable[Finding], language: str | None) -> tuple[Verdict, float]:
        """What the rules come to, whatever the mode."""
        counted = [finding for finding in findings if not finding.observe]
        return self._weigh(counted, language) if counted else (Verdict.APPROVE, 0.0)

    def _unsaid(self, findings: Sequence[Finding], score: float, language: str | None, facts: Facts) -> Finding | None:
        """Why the comment is held, where its findings do not say so."""
        if self.mode != "automatic" and self._ruled(findings, language)[0] is not Verdict.PENDING:
            if self.to_people:
                return held_by_people(self.to_people)
            return held_by_mode(self.mode, self.mode_said_by, facts.thread_switch if self.mode_of_preset else None)
        if explained([finding for finding in findings if not finding.observe]):
            return None
        return held_by_sum(score, self._thresholds(language).hold)

    def nearness(self, judgement: Judgement) -> int:
        """How near a judgement came to holding the comment: its score in thousandths of the sum that holds, 0-1000.

        0 where nothing speaks against it, or no sum holds; what was held for its score has 1000.
        """
        hold = self._thresholds(judgement.language if self.languages else None).hold
        if hold is None or judgement.score <= 0:
            return 0
        return 1000 if judgement.score >= hold else int(judgement.score * 1000 / hold)

    def _weigh(self, counted: Sequence[Finding], language: str | None) -> tuple[Verdict, float]:
        spam, score = self._sum(counted)
        asked = {_allowed(finding.verdict, finding.doubtful) for finding in counted}
        for hard in (Verdict.REJECT, Verdict.SPAM):
            if hard in asked:
                return hard, score
        thresholds = self._thresholds(language)
        if thresholds.refuse is not None and min(score, self._sure(counted, score)) >= thresholds.refuse:
            return (Verdict.SPAM if spam * 2 >= score else Verdict.REJECT), score
        if Verdict.PENDING in asked or (thresholds.hold is not None and score >= thresholds.hold):
            return Verdict.PENDING, score
        return Verdict.APPROVE, score

    def _thresholds(self, language: str | None) -> Thresholds:
        """Those of the language; where it is not known, nothing is refused that one of the languages would hold."""
        if not self.languages:
            return self.thresholds
        if language is not None:
            return self.languages.get(main(language), self.thresholds)
        refusing = [thresholds.refuse for thresholds in (self.thresholds, *self.languages.values())]
        known = [refuse for refuse in refusing if refuse is not None]
        return replace(self.thresholds, refuse=max(known) if len(known) == len(refusing) else None)

    def _sure(self, counted: Sequence[Finding], score: float) -> float:
        """The sum without what is doubtful; `score` is the sum of all."""
        if not any(finding.doubtful for finding in counted):
            return score
        return self._sum([finding for finding in counted if not finding.doubtful])[1]

    def _found_once(self, counted: Sequence[Finding]) -> Sequence[Finding]:
        """The findings without the lighter one of each two by which rules that look for the same mean one place."""
        sought = [finding for finding in counted if finding.rule in self._sought and finding.start is not None]
        if len(sought) < 2:
            return counted
        # The heaviest first: where it stands for a lighter one, it does so for one alone.
        sought.sort(key=lambda finding: (-finding.score, finding.rule, finding.start, finding.end))
        again: list[Finding] = []
        for number, finding in enumerate(sought):
            if finding in again:
                continue
            for other in sought[number + 1 :]:
                same = self._sought[other.rule] == self._sought[finding.rule] and other.rule != finding.rule
                if same and other.score > 0 and other not in again and _same_place(finding, other):
                    again.append(other)
                    break
        return [finding for finding in counted if finding not in again]

    def _sum(self, counted: Sequence[Finding]) -> tuple[float, float]:
        """What speaks for spam, and all. Caps hold back what one rule or one kind can add."""
        scored = [finding for finding in counted if finding.score]
        if not scored:
            return 0.0, 0.0
        by_rule: dict[str, dict[str, list[float]]] = {}
        for finding in self._found_once(scored):
            by_rule.setdefault(finding.rule, {}).setdefault(finding.field or "text", []).append(finding.score)
        by_kind: dict[str, list[float]] = {}
        for name, by_field in by_rule.items():
            kind = self._kinds.get(name, "person")
            by_kind.setdefault(kind, []).append(_capped(_once(by_field), self.caps.get(name)))
        sums = {kind: _capped(fsum(scores), self.caps.get(kind)) for kind, scores in by_kind.items()}
        return sums.get("spam", 0.0) + sums.get("shape", 0.0), round(fsum(sums.values()), 6)


def _trusted(counted: Sequence[Finding]) -> bool:
    """Whether a rule asks that no person has to approve it; what any rule holds or refuses stays so."""
    return any(finding.verdict is Verdict.APPROVE for finding in counted)


def _same_place(one: Finding, other: Finding) -> bool:
    if one.field != other.field or one.start is None or other.start is None or one.end is None or other.end is None:
        return False
    return one.start < other.end and other.start < one.end


def _once(by_field: Mapping[str, Sequence[float]]) -> float:
    """What a rule found in several fields is the same thing said again: it weighs what it does in the worst of them."""
    sums = [fsum(scores) for scores in by_field.values()]
    worst = max(sums)
    return worst if worst > 0 else fsum(sums)


def _capped(score: float, cap: float | None) -> float:
    return score if cap is None else min(score, cap)


def _findings(rule: ConfiguredRule, hits: Sequence[Hit], field: Field) -> list[Finding]:
    return [
        Finding(
            rule.name,
            rule.version,
            _score(rule, hit),
            field if hit.field == "text" else hit.field,
            hit.start,
            hit.end,
            _storable(hit.message),
            _allowed(rule.verdict if hit.verdict is None else hit.verdict, hit.doubtful),
            rule.observe or hit.observe,
            False,
            _storable(hit.code),
            hit.doubtful,
        )
        for hit in hits[:_MOST_FINDINGS]
    ]


def _score(rule: ConfiguredRule, hit: Hit) -> float:
    score = round((rule.score if hit.score is None else hit.score) * hit.weight, 4)
    return score if hit.least is None else max(score, hit.least)


def _storable(text: str) -> str:
    """The text without what neither UTF-8 nor every database takes: rules quote what people typed and encoded."""
    return _UNSTORABLE.sub("\ufffd", text)


def _allowed(verdict: Verdict | None, doubtful: bool) -> Verdict | None:
    return Verdict.PENDING if doubtful and verdict is not None else verdict


def _composite(c: Composite, *, doubtful: bool) -> Finding:
    verdict = _allowed(c.verdict, doubtful)
    return Finding(
        c.name, 1, c.score, None, None, None, c.message, verdict, c.observe, code="composite", doubtful=doubtful
    )


def _could_not(rule: ConfiguredRule, message: str, code: str) -> Finding:
    return Finding(rule.name, rule.version, 0.0, None, None, None, message, rule.cannot, rule.observe, True, code)


def _not_all_read(length: int) -> Finding:
    """Rules read the first characters, and plain words beyond: what lies there is for a person."""
    message = f"beyond {SEARCHED_OF_LONG:,} characters only plain words in ASCII letters are looked for"
    return Finding("long_text", 1, 0.0, "text", SEARCHED_OF_LONG, length, message, Verdict.PENDING, False, True, "far")
