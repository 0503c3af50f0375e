"""YAML read with the place of every value, and without the parts of YAML that surprise (anchors, tags, yes as true)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

MAX_BYTES = 256 * 1024
# Of all problems of a policy, the one that says how many more there are among them.
MOST_NAMED = 50
# What one problem says of itself; a key or a value may be as long as the document.
LONGEST_PATH = 300
LONGEST_MESSAGE = 500
_LONGEST_PART = 64
# Where the search for problems stops: each costs time, and nobody reads them all.
MOST_SOUGHT = 500
_MAX_DEPTH = 24
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """What is wrong and where. `line` and `column` count from 1; `path` is dotted, empty for the document.

    Both texts are cut where they are longer than `LONGEST_PATH` and `LONGEST_MESSAGE`.
    """

    line: int
    column: int
    path: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", shortened(self.path, LONGEST_PATH))
        object.__setattr__(self, "message", shortened(self.message, LONGEST_MESSAGE))

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class PolicyError(ValueError):
    """A policy that can't be used; `errors` names the first problems with their places, and how many more there are."""

    def __init__(self, errors: list[PolicyProblem]) -> None:
        if len(errors) > MOST_NAMED:
            *named, last = errors[: MOST_NAMED - 1]
            rest = len(errors) - MOST_NAMED + 1
            number = f"{rest} or more" if len(errors) >= MOST_SOUGHT else f"{rest}"
            errors = [*named, last, PolicyProblem(last.line, last.column, "", f"and {number} further problems")]
        self.errors = errors
        super().__init__("\n".join(map(str, errors)))


def shortened(text: str, longest: int) -> str:
    """The text, with an ellipsis for what is beyond `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def dotted(path: Path) -> str:
    """`("rules", "word_list", 0)` as `rules.word_list[0]`; very long names are cut."""
    text = ""
    for part in path:
        name = f"[{part}]" if isinstance(part, int) else shortened(part, _LONGEST_PART)
        text += f".{name}" if text and isinstance(part, str) else name
    return text


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values, and for each path the line and column of its key (or item)."""

    value: Any
    places: dict[Path, tuple[int, int]]

    def problem(self, path: Path, message: str) -> PolicyProblem:
        """A problem at `path`, or at the nearest place above it that the text has."""
        near = path
        while near and near not in self.places:
            near = near[:-1]
        line, column = self.places.get(near, (1, 1))
        return PolicyProblem(line, column, dotted(path), message)


def read_yaml(text: str) -> Document:
    """Reads one YAML document. Raises PolicyError with line and column."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PolicyError([PolicyProblem(1, 1, "", f"the policy is larger than {MAX_BYTES // 1024} KiB")])
    try:
        _refuse_surprises(text)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise PolicyError(
            [PolicyProblem(line, column, "", f"not valid YAML: {error.problem or error.context}")]
        ) from None
    except (yaml.YAMLError, UnicodeError):
        place = _first_unprintable(text)
        raise PolicyError([PolicyProblem(*place, "", "the text has characters that YAML does not allow")]) from None
    places: dict[Path, tuple[int, int]] = {}
    problems: list[PolicyProblem] = []
    value = {} if node is None else _value(node, (), places, problems)
    if problems:
        raise PolicyError(problems)
    return Document(value, places)


def _first_unprintable(text: str) -> tuple[int, int]:
    match = yaml.reader.Reader.NON_PRINTABLE.search(text)
    at = match.start() if match else 0
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _refuse_surprises(text: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark: Any = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        wrong = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            wrong = "anchors and aliases (& and *) are not allowed; a text that starts with one needs quotes"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            wrong = "nested too deeply" if depth > _MAX_DEPTH else ""
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            wrong = "only one document (no further ---)" if documents > 1 else ""
        if not wrong and getattr(event, "tag", None):
            wrong = "tags (!) are not allowed; a text that starts with one needs quotes"
        if wrong:
            raise PolicyError([PolicyProblem(line, column, "", wrong)])


def _value(node: Any, path: Path, places: dict[Path, tuple[int, int]], problems: list[PolicyProblem]) -> Any:
    places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), places, problems) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(PolicyProblem(line, column, dotted(path), "a key must be a word"))
                continue
            key = key_node.value
            if len(problems) >= MOST_SOUGHT:
                break
            if key in found:
                problems.append(PolicyProblem(line, column, dotted((*path, key)), "this key stands here twice"))
                continue
            places[(*path, key)] = (line, column)
            found[key] = _value(value_node, (*path, key), places, problems)
        return found
    return _scalar(node)


def _scalar(node: Any) -> Any:
    """Numbers, true/false and null; everything else (yes, no, on, dates) stays the text that was typed."""
    text = node.value
    tag = node.tag.rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if tag in ("int", "float"):
        try:
            return int(text) if tag == "int" else float(text)
        except ValueError:
            return text
    return text
