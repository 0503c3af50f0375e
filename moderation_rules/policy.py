"""The policy document: YAML checked against the schema, merged with what it inherits, compiled into a judge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from moderation_rules.engine import Composite, Judge, Seated, Thresholds
from moderation_rules.languages import main
from moderation_rules.registry import BY_NAME, KINDS, RULES
from moderation_rules.rule import OptionError, Rule, Supplies
from moderation_rules.schema import meant, schema_problems
from moderation_rules.shipped import default_policy_text, shipped_lists
from moderation_rules.switches import is_time_zone
from moderation_rules.text import fold
from moderation_rules.values import Verdict
from moderation_rules.wordlists import Entry, ListError, ListKind, WordList, entries_from_text
from moderation_rules.yaml_reading import Document, Path, PolicyError, PolicyProblem, read_yaml

if TYPE_CHECKING:
    from moderation_rules.detection import Detect
    from moderation_rules.learning.model import Model

_LAYERED = ("presets", "sections", "threads")
_PLAIN = ("enabled", "score", "verdict", "cannot", "observe", "owner", "note", "until")


@dataclass(frozen=True)
class Policy:
    """A checked policy: what it says and the texts of the lists that it names. Compile it to judge with it."""

    settings: Mapping[str, Any]
    lists: Mapping[str, str] = field(default_factory=dict, repr=False)

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
        return Policy(settings, self.lists)

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


def load_policy(yaml_text: str, *, lists: Mapping[str, str] | None = None) -> Policy:
    """Reads and checks a policy. `lists`: the texts of the list files that it may name, by name.

    Raises PolicyError, whose `errors` name every problem with line, column and what may have been meant.
    """
    document = read_yaml(yaml_text)
    problems = schema_problems(document)
    if problems:
        raise PolicyError(problems)
    settings = document.value
    if settings.get("inherits", "default") == "default":
        settings = merged(_default_settings(), settings)
    policy = Policy(settings, {**shipped_lists(), **(lists or {})})
    problems = _meaning_problems(document, policy)
    if problems:
        raise PolicyError(sorted(problems, key=lambda p: (p.line, p.column)))
    return policy


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
    model: Model | None = None,
    detect: Detect | None = None,
    today: date | None = None,
    section: str | None = None,
    thread: str | None = None,
    preset: str | None = None,
) -> Judge:
    """Makes the judge. `mode` stands in for the policy's own; what expired before `today` is left out. `detect` tells
    a comment's language where somebody asks for it (`moderation_rules.detection`).

    Raises PolicyError where a rule refuses its options (a checked policy never does).
    """
    if section is not None or thread is not None or preset is not None:
        policy = policy.layered(section=section, thread=thread, preset=preset)
    settings = policy.settings
    problems: list[PolicyProblem] = []
    supplies = Supplies(
        lists=tuple(_lists(policy, today)), model=model, site_languages=tuple(settings.get("site_languages", ()))
    )
    seated = []
    for rule in RULES:
        own = settings.get("rules", {}).get(rule.name, {})
        if not own.get("enabled", rule.enabled) or _expired(own, today):
            continue
        try:
            seated.append(_seat(rule, own, supplies))
        except ValueError as error:
            problems.append(PolicyProblem(1, 1, f"rules.{rule.name}", str(error)))
    if problems:
        raise PolicyError(problems)
    thresholds = _thresholds(settings.get("thresholds", {}), Thresholds(None, None))
    return Judge(
        rules=tuple(seated),
        thresholds=thresholds,
        mode=mode or policy.mode,
        composites=tuple(_composites(settings, today)),
        caps=settings.get("caps", {}),
        languages={
            main(language): _thresholds(own, thresholds) for language, own in settings.get("languages", {}).items()
        },
        detect=detect,
    )


def _thresholds(own: Mapping[str, Any], base: Thresholds) -> Thresholds:
    return replace(base, **own)


def _verdict(value: str | None) -> Verdict | None:
    return None if value is None else Verdict(value)


def _expired(own: Mapping[str, Any], today: date | None) -> bool:
    return today is not None and "until" in own and date.fromisoformat(own["until"]) < today


def _seat(rule: Rule, own: Mapping[str, Any], supplies: Supplies) -> Seated:
    options = {**rule.defaults, **{key: value for key, value in own.items() if key not in _PLAIN}}
    return Seated(
        name=rule.name,
        version=rule.version,
        kind=rule.kind,
        check=rule.prepare(options, supplies),
        score=float(own.get("score", rule.score)),
        verdict=_verdict(own["verdict"]) if "verdict" in own else rule.verdict,
        cannot=_verdict(own["cannot"]) if "cannot" in own else rule.cannot,
        needs=frozenset(rule.needs),
        observe=bool(own.get("observe", False)),
    )


def _composites(settings: Mapping[str, Any], today: date | None) -> Iterable[Composite]:
    for own in settings.get("composites", ()):
        if own.get("enabled", True) and not _expired(own, today):
            yield Composite(
                name=own["name"],
                all=frozenset(own.get("all", ())),
                any=frozenset(own.get("any", ())),
                none=frozenset(own.get("not", ())),
                score=float(own.get("score", 0)),
                verdict=_verdict(own.get("verdict")),
                observe=bool(own.get("observe", False)),
                message=own.get("message", own["name"].replace("_", " ")),
            )


def _lists(policy: Policy, today: date | None) -> Iterable[WordList]:
    for own in policy.settings.get("lists", ()):
        if not _expired(own, today):
            yield WordList(
                name=own["name"],
                kind=ListKind(own["kind"]),
                entries=tuple(_entries(own, policy.lists, today)),
                language=own.get("language"),
                score=own.get("score"),
                verdict=_verdict(own.get("verdict")),
                observe=bool(own.get("observe", False)),
                disguised=bool(own.get("disguised", True)),
            )


def _entries(own: Mapping[str, Any], files: Mapping[str, str], today: date | None) -> Iterable[Entry]:
    if "file" in own:
        yield from entries_from_text(files[own["file"]])
    for word in own.get("words", ()):
        if isinstance(word, str):
            yield Entry(word)
        elif not _expired(word, today):
            yield Entry(
                word["word"], word.get("score"), _verdict(word.get("verdict")), bool(word.get("observe", False))
            )


def _meaning_problems(document: Document, policy: Policy) -> list[PolicyProblem]:
    """What no schema can see: lists, presets and rules that are named but not there, dates, options of rules."""
    problems: list[PolicyProblem] = []
    settings = document.value
    layers: list[tuple[Path, Any]] = [((), settings)]
    for key in _LAYERED:
        layers += [((key, name), own) for name, own in settings.get(key, {}).items()]
    for path, own in layers:
        if isinstance(own, str):
            if own not in policy.settings.get("presets", {}):
                problems.append(document.problem(path, f"there is no preset “{own}”"))
            continue
        problems += _layer_problems(document, path, own, policy)
    for index, switch in enumerate(settings.get("switches", ())):
        if not is_time_zone(switch.get("time_zone", "UTC")):
            path = ("switches", index, "time_zone")
            problems.append(document.problem(path, f"“{switch['time_zone']}” is no time zone"))
        if switch["preset"] not in policy.settings.get("presets", {}):
            path = ("switches", index, "preset")
            problems.append(document.problem(path, f"there is no preset “{switch['preset']}”"))
    return problems


def _layer_problems(document: Document, path: Path, own: Mapping[str, Any], policy: Policy) -> list[PolicyProblem]:
    problems: list[PolicyProblem] = []
    for kind in ("lists", "composites"):
        names: set[str] = set()
        for index, item in enumerate(own.get(kind, ())):
            if item["name"] in names:
                where = (*path, kind, index, "name")
                problems.append(document.problem(where, f"there are two of the name “{item['name']}” here"))
            names.add(item["name"])
    problems += _cap_problems(document, path, own, policy)
    for index, item in enumerate(own.get("lists", ())):
        problems += _list_problems(document, (*path, "lists", index), item, policy.lists)
    composites = [*policy.settings.get("composites", ()), *own.get("composites", ())]
    named = {*BY_NAME, *(item["name"] for item in composites)}
    for index, item in enumerate(own.get("composites", ())):
        where = (*path, "composites", index)
        if item["name"] in BY_NAME:
            problems.append(document.problem((*where, "name"), f"“{item['name']}” is a rule's name already"))
        problems += _date_problems(document, where, item)
        for how in ("all", "any", "not"):
            for at, name in enumerate(item.get(how, ())):
                if name not in BY_NAME:
                    message = "is a composite; only rules count" if name in named else "is no rule"
                    problems.append(document.problem((*where, how, at), f"“{name}” {message}"))
    for name, settings in own.get("rules", {}).items():
        where = (*path, "rules", name)
        problems += _date_problems(document, where, settings)
        rule = BY_NAME[name]
        options = {key: value for key, value in settings.items() if key not in _PLAIN}
        try:
            rule.prepare({**rule.defaults, **options}, Supplies())
        except ValueError as error:
            option = error.path if isinstance(error, OptionError) else ()
            problems.append(document.problem((*where, *option), str(error)))
    return problems


def _cap_problems(document: Document, path: Path, own: Mapping[str, Any], policy: Policy) -> list[PolicyProblem]:
    composites = [*policy.settings.get("composites", ()), *own.get("composites", ())]
    known = [*KINDS, *BY_NAME, *(item["name"] for item in composites)]
    return [
        document.problem((*path, "caps", name), f"there is no rule and no kind “{name}”{meant(name, known)}")
        for name in own.get("caps", {})
        if name not in known
    ]


def _list_problems(
    document: Document, path: Path, own: Mapping[str, Any], files: Mapping[str, str]
) -> list[PolicyProblem]:
    problems = _date_problems(document, path, own)
    if ("file" in own) == ("words" in own):
        problems.append(document.problem(path, "a list needs either file or words"))
    elif "file" in own:
        if own["file"] not in files:
            problems.append(document.problem((*path, "file"), f"there is no list file “{own['file']}”"))
        else:
            try:
                entries_from_text(files[own["file"]])
            except ListError as error:
                problems.append(document.problem((*path, "file"), f"{own['file']}: {error}"))
    for index, word in enumerate(own.get("words", ())):
        where = (*path, "words", index)
        if isinstance(word, Mapping):
            problems += _date_problems(document, where, word)
        text = word if isinstance(word, str) else word.get("word", "")
        if not fold(text).text.strip("* "):
            problems.append(document.problem(where, "an empty word would be found everywhere"))
    return problems


def _date_problems(document: Document, path: Path, own: Mapping[str, Any]) -> list[PolicyProblem]:
    if "until" not in own:
        return []
    try:
        date.fromisoformat(own["until"])
    except ValueError:
        return [document.problem((*path, "until"), f"“{own['until']}” is no date of the calendar")]
    return []
