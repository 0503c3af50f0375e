"""The policy document: YAML checked against the schema, merged with what it inherits, compiled into a judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from moderation_rules.engine import Composite, ConfiguredRule, Judge, Thresholds
from moderation_rules.language.tags import main
from moderation_rules.lists.shipped import default_policy_text, shipped_lists
from moderation_rules.lists.word_lists import WordList
from moderation_rules.policy.layered_lists import expired, layered_lists, lists_of, verdict_of
from moderation_rules.policy.meaning import layer_problems, list_file_problems, meaning_problems
from moderation_rules.policy.schema import schema_problems
from moderation_rules.policy.yaml_document import Document, PolicyError, PolicyProblem, read_yaml
from moderation_rules.registry import RULES
from moderation_rules.rule import Check, PatternBudget, Rule, Supplies, options_of

if TYPE_CHECKING:
    from moderation_rules.language.detection import Detect
    from moderation_rules.learning.classifier import Classifier


@dataclass(frozen=True)
class Policy:
    """A checked policy: what it says and the texts of the lists that it names. Compile it to judge with it."""

    settings: Mapping[str, Any]
    lists: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The policy that this is with something laid over it, and the lists that were read for any layer of it.
    whole: Policy | None = field(default=None, repr=False, compare=False)
    made: dict[str, WordList] = field(default_factory=dict, repr=False, compare=False)

    @property
    def mode(self) -> str:
        """`automatic`, `assisted` or `manual`."""
        return str(self.settings.get("mode", "automatic"))

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that differ where two policies or their lists do."""
        said = json.dumps([self.settings, self.lists], sort_keys=True, ensure_ascii=True, default=dict)
        return sha256(said.encode("ascii")).hexdigest()[:12]

    def layered(self, *, section: str | None = None, thread: str | None = None, preset: str | None = None) -> Policy:
        """The policy with what it says for a section, then for a thread, then under a preset, laid over it.

        A name that it doesn't know changes nothing, but for a preset: that raises KeyError.
        """
        settings = dict(self.settings)
        if section is not None:
            settings = merged(settings, settings.get("sections", {}).get(section, {}))
        if thread is not None:
            own = settings.get("threads", {}).get(thread, {})
            settings = merged(settings, settings["presets"][own] if isinstance(own, str) else own)
        if preset is not None:
            settings = merged(settings, settings.get("presets", {})[preset])
        return Policy(settings, self.lists, self.whole or self, self.made)

    def with_words(self, name: str, words: Iterable[str]) -> Policy:
        """The policy with one more list of banned words."""
        entry = {"name": name, "kind": "banned", "words": list(words)}
        return Policy(merged(self.settings, {"lists": [entry]}), self.lists)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`: mappings key by key, lists and composites by name, everything else replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            result[key] = merged(old, value)
        elif key in ("lists", "composites") and isinstance(old, list):
            names = {item["name"] for item in value}
            result[key] = [item for item in old if item["name"] not in names] + list(value)
        else:
            result[key] = value
    return result


def load_policy(
    yaml_text: str, *, lists: Mapping[str, str] | None = None, patterns: PatternBudget | None = None
) -> Policy:
    """Reads and checks a policy. `lists`: the texts of the list files that it may name, by name. `patterns`: what the
    patterns of all its layers may take together.

    Raises PolicyError, whose `errors` name the problems with line, column and what may have been meant.
    """
    files = {**shipped_lists(), **(lists or {})}
    document, settings = _read(yaml_text, files)
    policy = Policy(settings, files)
    problems = meaning_problems(document, policy.settings, policy.lists, patterns)
    if problems:
        raise PolicyError(sorted(problems, key=lambda p: (p.line, p.column)))
    return policy


def read_settings(yaml_text: str) -> Mapping[str, Any]:
    """What a policy says, with what it inherits, for somebody who does not judge by it: neither its lists nor the
    options of its rules are tried, which takes most of `load_policy`'s time. Raises PolicyError."""
    return _read(yaml_text)[1]


def _read(yaml_text: str, files: Mapping[str, str] | None = None) -> tuple[Document, Mapping[str, Any]]:
    """The document, which has met the schema, and what it says with what it inherits. Where it has not, what is wrong
    with the list files that it names is told as well, so that nobody learns of it one try later."""
    document = read_yaml(yaml_text)
    if problems := layer_problems(document):
        raise PolicyError(problems)
    if problems := schema_problems(document):
        told = {problem.path for problem in problems}
        if files is not None:
            problems += [problem for problem in list_file_problems(document, files) if problem.path not in told]
        raise PolicyError(sorted(problems, key=lambda p: (p.line, p.column)))
    settings = document.value
    if settings.get("inherits", "default") == "default":
        settings = merged(_default_settings(), settings)
    return document, settings


@cache
def default_policy() -> Policy:
    """The policy that the package ships."""
    return load_policy(default_policy_text())


@cache
def _default_settings() -> Mapping[str, Any]:
    value: dict[str, Any] = read_yaml(default_policy_text()).value
    return value


def compile_policy(
    policy: Policy,
    *,
    mode: str | None = None,
    mode_said_by: str = "the policy’s mode",
    mode_of_preset: bool = False,
    to_people: str = "",
    classifier: Classifier | None = None,
    detect: Detect | None = None,
    today: date | None = None,
    section: str | None = None,
    thread: str | None = None,
    preset: str | None = None,
    prepared: MutableMapping[str, Check] | None = None,
) -> Judge:
    """Makes the judge. `mode` stands in for the policy's own (what is said of it: `Judge`); what expired before `today`
    is left out. `detect` tells a comment's language where somebody asks for it
    (`moderation_rules.language.detection`). `prepared`: what was prepared for another judge of the same policy,
    classifier and day is taken from here, what is new is put here.

    Raises PolicyError where a rule refuses its options (a checked policy never does).
    """
    if section is not None or thread is not None or preset is not None:
        policy = policy.layered(section=section, thread=thread, preset=preset)
    settings = policy.settings
    problems: list[PolicyProblem] = []
    whole = policy.whole or policy
    supplies = Supplies(
        lists=lists_of(settings, policy.lists, today, policy.made),
        layers=layered_lists(whole.settings, whole.lists, today, whole.made),
        classifier=classifier,
        site_languages=tuple(settings.get("site_languages", ())),
    )
    shared = json.dumps([settings.get("lists", ()), supplies.site_languages], sort_keys=True, default=list)
    key = sha256(shared.encode()).hexdigest()
    configured = []
    for rule in RULES:
        own = settings.get("rules", {}).get(rule.name, {})
        if not own.get("enabled", rule.enabled) or expired(own, today):
            continue
        try:
            configured.append(_configure(rule, own, supplies, today, key, prepared))
        except ValueError as error:
            problems.append(PolicyProblem(1, 1, f"rules.{rule.name}", str(error)))
    if problems:
        raise PolicyError(problems)
    thresholds = _thresholds(settings.get("thresholds", {}), Thresholds(None, None))
    return Judge(
        rules=tuple(configured),
        thresholds=thresholds,
        mode=mode or policy.mode,
        mode_said_by=mode_said_by,
        mode_of_preset=mode_of_preset,
        to_people=to_people,
        composites=tuple(_composites(settings, today)),
        caps=settings.get("caps", {}),
        languages={
            main(language): _thresholds(own, thresholds) for language, own in settings.get("languages", {}).items()
        },
        detect=detect,
    )


def _thresholds(own: Mapping[str, Any], base: Thresholds) -> Thresholds:
    return replace(base, **own)


def _configure(
    rule: Rule[Any],
    own: Mapping[str, Any],
    supplies: Supplies,
    today: date | None,
    shared: str,
    prepared: MutableMapping[str, Check] | None,
) -> ConfiguredRule:
    options = options_of(own)
    for name, value in options.items():
        if isinstance(value, list):
            options[name] = [item for item in value if not (isinstance(item, Mapping) and expired(item, today))]
    key = f"{rule.name} {shared} {json.dumps(options, sort_keys=True)}"
    check = None if prepared is None else prepared.get(key)
    if check is None:
        check = rule.prepare(rule.read(options), supplies)
        if prepared is not None:
            prepared[key] = check
    return ConfiguredRule(
        name=rule.name,
        version=rule.version,
        kind=rule.kind,
        check=check,
        score=float(own.get("score", rule.score)),
        verdict=verdict_of(own["verdict"]) if "verdict" in own else rule.verdict,
        cannot=verdict_of(own["cannot"]) if "cannot" in own else rule.cannot,
        needs=frozenset(rule.needs),
        observe=bool(own.get("observe", False)),
        fields=rule.fields,
        looks_for=rule.looks_for,
    )


def _composites(settings: Mapping[str, Any], today: date | None) -> Iterable[Composite]:
    for own in settings.get("composites", ()):
        if own.get("enabled", True) and not expired(own, today):
            yield Composite(
                name=own["name"],
                all=frozenset(own.get("all", ())),
                any=frozenset(own.get("any", ())),
                none=frozenset(own.get("not", ())),
                score=float(own.get("score", 0)),
                verdict=verdict_of(own.get("verdict")),
                observe=bool(own.get("observe", False)),
                message=own.get("message", own["name"].replace("_", " ")),
            )
