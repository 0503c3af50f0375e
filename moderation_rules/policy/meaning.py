"""What a policy's schema cannot see: names that lead nowhere, dates that are none, options that make no sense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import Any

from moderation_rules.language.tags import main
from moderation_rules.lists.word_lists import ListError, count_words
from moderation_rules.policy.layers import LAYERS
from moderation_rules.policy.schema import meant
from moderation_rules.policy.switches import is_time_zone
from moderation_rules.policy.yaml_document import MOST_SOUGHT, Document, Path, PolicyProblem
from moderation_rules.registry import BY_NAME
from moderation_rules.rule import KINDS, OptionError, PatternBudget, Rule, Supplies, options_of
from moderation_rules.text.folding import fold

# Each is checked, and compiled when a comment needs it, with all rules that it changes.
MOST_LAYERS = 500


class _Trial:
    """Rules tried with their options, and list files. All layers share one budget, and what they say alike is tried
    once."""

    def __init__(self, files: Mapping[str, str], patterns: PatternBudget) -> None:
        self._files = files
        # A file's name -> what is wrong with it.
        self._read: dict[str, str | None] = {}
        self._supplies = Supplies(patterns=patterns)
        # (rule, its options as JSON) -> what it said against them.
        self._said: dict[tuple[str, str], ValueError | None] = {}

    def refusal(self, rule: Rule[Any], options: Mapping[str, Any]) -> ValueError | None:
        """What the rule says against these options."""
        key = (rule.name, json.dumps(options, sort_keys=True))
        if key not in self._said:
            try:
                rule.prepare(rule.read(options), self._supplies)
                self._said[key] = None
            except ValueError as error:
                self._said[key] = error
        return self._said[key]

    def list_fault(self, name: str) -> str | None:
        """What is wrong with a list file of this name."""
        if name not in self._read:
            self._read[name] = None
            if name not in self._files:
                self._read[name] = f"there is no list file “{name}”"
            else:
                try:
                    count_words(self._files[name])
                except ListError as error:
                    self._read[name] = f"{name}: {error}"
        return self._read[name]


def layer_problems(document: Document) -> list[PolicyProblem]:
    """Whether there are too many layers to check at all. Of a document that has not met the schema yet."""
    said = document.value if isinstance(document.value, Mapping) else {}
    layers = [
        (key, name)
        for key in LAYERS
        if isinstance(said.get(key), Mapping)
        for name, own in said[key].items()
        if not isinstance(own, str)
    ]
    if len(layers) <= MOST_LAYERS:
        return []
    message = f"there are {len(layers):,} presets, sections and threads with settings; at most {MOST_LAYERS} together"
    return [document.problem(layers[MOST_LAYERS], message)]


def list_file_problems(document: Document, files: Mapping[str, str]) -> list[PolicyProblem]:
    """List files that are named and not there, or that are no lists; the first of very many. Of a document that does
    not meet the schema."""
    tried = _Trial(files, PatternBudget())
    said = document.value if isinstance(document.value, Mapping) else {}
    layers: list[tuple[Path, Any]] = [((), said)]
    for key in LAYERS:
        named = said.get(key)
        layers += [((key, name), own) for name, own in named.items()] if isinstance(named, Mapping) else []
    faults = (
        document.problem((*path, "lists", index, "file"), fault)
        for path, own in layers
        for index, item in enumerate(_sequence(own, "lists"))
        if isinstance(item, Mapping) and isinstance(item.get("file"), str)
        if (fault := tried.list_fault(item["file"])) is not None
    )
    return list(islice(faults, MOST_SOUGHT))


def _sequence(own: Any, key: str) -> list[Any]:
    found = own.get(key) if isinstance(own, Mapping) else None
    return found if isinstance(found, list) else []


def meaning_problems(
    document: Document, whole: Mapping[str, Any], files: Mapping[str, str], patterns: PatternBudget | None = None
) -> list[PolicyProblem]:
    """What no schema can see: lists, presets and rules that are named but not there, dates, options of rules.

    `whole`: the settings with all that they inherit; `files`: the texts of list files by name; `patterns`: what those
    of all layers may take together.
    """
    problems: list[PolicyProblem] = []
    tried = _Trial(files, PatternBudget() if patterns is None else patterns)
    settings = document.value
    layers: list[tuple[Path, Any]] = [((), settings)]
    for key in LAYERS:
        layers += [((key, name), own) for name, own in settings.get(key, {}).items()]
    for path, own in layers:
        if len(problems) >= MOST_SOUGHT:
            break
        if isinstance(own, str):
            if own not in whole.get("presets", {}):
                problems.append(document.problem(path, f"there is no preset “{own}”"))
            continue
        problems += _layer_problems(document, path, own, whole, tried)
    for index, switch in enumerate(settings.get("switches", ())):
        if not is_time_zone(switch.get("time_zone", "UTC")):
            path = ("switches", index, "time_zone")
            problems.append(document.problem(path, f"“{switch['time_zone']}” is no time zone"))
        if switch["preset"] not in whole.get("presets", {}):
            path = ("switches", index, "preset")
            problems.append(document.problem(path, f"there is no preset “{switch['preset']}”"))
    return problems


def _layer_problems(
    document: Document,
    path: Path,
    own: Mapping[str, Any],
    whole: Mapping[str, Any],
    tried: _Trial,
) -> list[PolicyProblem]:
    problems: list[PolicyProblem] = []
    for kind in ("lists", "composites"):
        names: set[str] = set()
        for index, item in enumerate(own.get(kind, ())):
            if item["name"] in names:
                where = (*path, kind, index, "name")
                problems.append(document.problem(where, f"there are two of the name “{item['name']}” here"))
            names.add(item["name"])
    problems += _cap_problems(document, path, own, whole)
    problems += _threshold_problems(document, path, own, whole)
    for index, item in enumerate(own.get("lists", ())):
        problems += _list_problems(document, (*path, "lists", index), item, tried)
    composites = [*whole.get("composites", ()), *own.get("composites", ())]
    named = {*BY_NAME, *(item["name"] for item in composites)}
    for index, item in enumerate(own.get("composites", ())):
        where = (*path, "composites", index)
        if item["name"] in BY_NAME or item["name"] in KINDS:
            what = "a rule's name" if item["name"] in BY_NAME else "the name of a kind of rules"
            problems.append(document.problem((*where, "name"), f"“{item['name']}” is {what} already"))
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
        options = options_of(settings)
        for called, value in options.items():
            for index, item in enumerate(value if isinstance(value, list) else ()):
                if isinstance(item, Mapping):
                    problems += _date_problems(document, (*where, called, index), item)
        error = tried.refusal(rule, options)
        if error is not None:
            option = error.path if isinstance(error, OptionError) else ()
            problems.append(document.problem((*where, *option), str(error)))
    return problems


def _threshold_problems(
    document: Document, path: Path, own: Mapping[str, Any], whole: Mapping[str, Any]
) -> list[PolicyProblem]:
    problems: list[PolicyProblem] = []
    base = {**whole.get("thresholds", {}), **own.get("thresholds", {})}
    said = [((*path, "thresholds"), own["thresholds"], base)] if "thresholds" in own else []
    languages: set[str] = set()
    for name, thresholds in own.get("languages", {}).items():
        where = (*path, "languages", name)
        if not main(name):
            problems.append(document.problem(where, "a language has a name, such as en"))
        elif main(name) in languages:
            problems.append(document.problem(where, f"“{main(name)}” is here already: regions are not told apart"))
        languages.add(main(name))
        said.append((where, thresholds, {**base, **thresholds}))
    for where, thresholds, both in said:
        hold, refuse = both.get("hold"), both.get("refuse")
        if hold is not None and refuse is not None and hold > refuse:
            named = "hold" if "hold" in thresholds else "refuse"
            message = f"hold ({hold:g}) lies above refuse ({refuse:g}): nothing would ever be held for its score"
            problems.append(document.problem((*where, named), message))
    return problems


def _cap_problems(
    document: Document, path: Path, own: Mapping[str, Any], whole: Mapping[str, Any]
) -> list[PolicyProblem]:
    composites = [*whole.get("composites", ()), *own.get("composites", ())]
    known = [*KINDS, *BY_NAME, *(item["name"] for item in composites)]
    unknown = (name for name in own.get("caps", {}) if name not in known)
    return [
        document.problem((*path, "caps", name), f"there is no rule and no kind “{name}”{meant(name, known)}")
        for name in islice(unknown, MOST_SOUGHT)
    ]


def _list_problems(document: Document, path: Path, own: Mapping[str, Any], tried: _Trial) -> list[PolicyProblem]:
    problems = _date_problems(document, path, own)
    if ("file" in own) == ("words" in own):
        problems.append(document.problem(path, "a list needs either file or words"))
    elif "file" in own and (fault := tried.list_fault(own["file"])) is not None:
        problems.append(document.problem((*path, "file"), fault))
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
