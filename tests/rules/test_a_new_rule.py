"""A rule is one file and one line: a copy of the library gets both, and everything that names rules knows it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import moderation_rules

ROOT = Path(moderation_rules.__file__).parents[1]

FILE = """
from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_FRUIT = Code("fruit", "names a fruit", weight=2.0)


class Options(RuleOptions, frozen=True):
    fruit: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(description="what is named")] = ("quince",)
    most: Annotated[int, Meta(ge=0, le=9, description="that are let through")] = 0


def prepare(options: Options, supplies: Supplies) -> Check:
    fruit, most = options.fruit, options.most

    def check(reading: Reading) -> Sequence[Hit]:
        spots = [(reading.text.find(name), name) for name in fruit if name in reading.text]
        return [_FRUIT.hit("text", at, at + len(name)) for at, name in spots] if len(spots) > most else ()

    return check


RULE = Rule(
    name="fruit_bowl",
    title="Fruit where none belongs",
    about="More kinds of fruit than the site puts up with.",
    kind="shape",
    options=Options,
    prepare=prepare,
    score=3,
    codes=(_FRUIT,),
    examples=(
        catches("A quince for you", marks="quince"),
        catches("A medlar for you", fruit=["medlar"], marks="medlar"),
        passes("A quince for you", most=1),
        passes("An old boat"),
    ),
)
"""

# Everything that shows or runs rules, asked in a process of its own that has loaded the copy.
ASK = """
import json
from moderation_rules import Comment, Facts, PolicyError, compile_policy, load_policy
from moderation_rules.documentation import rules_page
from moderation_rules.policy.schema import policy_schema
from service.desk.wording import rule_name

def judged(policy, text):
    return compile_policy(load_policy(policy)).judge(Comment(text), Facts()).findings

def problems(policy):
    try:
        load_policy(policy)
    except PolicyError as error:
        return [[problem.line, problem.column, problem.message] for problem in error.errors]

print(json.dumps({
    "schema": policy_schema()["$defs"]["rules"]["properties"]["fruit_bowl"],
    "by_default": [[f.rule, f.code, f.score, f.start, f.end] for f in judged("", "A quince.") if f.code == "fruit"],
    "by_policy": [[f.score, f.start, f.end] for f in judged(
        "rules: {fruit_bowl: {fruit: [medlar], score: 1.5}}", "A quince and a medlar.") if f.rule == "fruit_bowl"],
    "wrong_name": problems("rules:\\n  fruit_bowl:\\n    frut: [a]\\n"),
    "wrong_value": problems("rules:\\n  fruit_bowl:\\n    most: 10\\n"),
    "in_composites_and_caps": problems("{caps: {fruit_bowl: 2}, composites: [{name: c, all: [fruit_bowl]}]}"),
    "documented": rules_page(),
    "on_the_desk": rule_name("fruit_bowl"),
}))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the library that has one more rule: one new file, one new line."""
    folder = tmp_path_factory.mktemp("library")
    copy = folder / "moderation_rules"
    shutil.copytree(ROOT / "moderation_rules", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "rules" / "fruit_bowl.py").write_text(FILE, "utf-8")
    registry = copy / "registry.py"
    text = registry.read_text("utf-8")
    assert text.count('    "emoji_flood",\n') == 1
    registry.write_text(text.replace('    "emoji_flood",\n', '    "emoji_flood",\n    "fruit_bowl",\n'), "utf-8")
    return folder


def _run(library: Path, *arguments: str) -> str:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(library), str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=library, env=environ, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def known(library: Path) -> dict[str, Any]:
    """What a process says that works with the copy."""
    found: dict[str, Any] = json.loads(_run(library, "-c", ASK))
    return found


def test_its_options_are_in_the_schema(known: dict[str, Any]) -> None:
    schema = known["schema"]
    assert schema["title"] == "Fruit where none belongs"
    assert schema["properties"]["most"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 9,
        "default": 0,
        "description": "that are let through",
    }


def test_it_runs_with_its_defaults_and_with_what_a_policy_says(known: dict[str, Any]) -> None:
    assert known["by_default"] == [["fruit_bowl", "fruit", 6.0, 2, 8]]
    assert known["by_policy"] == [[3.0, 15, 21]]


def test_what_is_wrong_with_its_settings_is_named_with_its_place(known: dict[str, Any]) -> None:
    assert known["wrong_name"] == [[3, 5, "there is no “frut” here; did you mean “fruit”?"]]
    assert known["wrong_value"] == [[3, 5, "must be at most 9, not 10"]]
    assert known["in_composites_and_caps"] is None


def test_it_is_documented_and_has_a_name_on_the_desk(known: dict[str, Any]) -> None:
    _, _, section = known["documented"].partition("## fruit_bowl")
    assert "**Fruit where none belongs.** More kinds of fruit" in section
    assert '- `fruit`: what is named (default `["quince"]`)' in section
    assert "- `fruit`: names a fruit (weighs 2 times the score)" in section
    assert '- `A medlar for you` with `{"fruit": ["medlar"]}`' in section
    assert known["on_the_desk"] == "Fruit where none belongs"


def test_its_examples_are_checked_like_all_others(library: Path) -> None:
    ran = _run(
        library, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--rootdir", str(ROOT), "-c",
        str(ROOT / "pyproject.toml"), "-o", f"pythonpath={library} {ROOT}", "-k", "fruit_bowl or file_of_a_rule",
        str(ROOT / "tests" / "rules" / "test_examples.py"),
    )  # fmt: skip
    # Four examples, what it says of itself, its options, and that every file has a line.
    assert "7 passed" in ran
