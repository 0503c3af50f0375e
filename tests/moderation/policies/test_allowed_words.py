"""Drafts of exceptions: a line more in the policy's own text, or none where that would say something else."""

import pytest

from moderation_rules.policy.yaml_document import read_yaml
from service.moderation.policies.allowed_words import with_allowed

ENTRY = '- {name: allowed_here, kind: allow, words: ["Scunthorpe"]}'
OURS = "- {name: ours, kind: banned, words: [harbourmaster]}"


@pytest.mark.parametrize(
    ("yaml", "drafted"),
    [
        pytest.param("format: 1\n", f"format: 1\nlists:\n  {ENTRY}\n", id="no lists yet"),
        pytest.param("# Ours.\nformat: 1", f"# Ours.\nformat: 1\nlists:\n  {ENTRY}\n", id="no end of line"),
        pytest.param("", f"lists:\n  {ENTRY}\n", id="nothing"),
        pytest.param(
            f"lists:\n  # Mind the dock.\n  {OURS}\nmode: manual\n",
            f"lists:\n  # Mind the dock.\n  {ENTRY}\n  {OURS}\nmode: manual\n",
            id="beside other lists",
        ),
        pytest.param(f"lists:\n{OURS}\n", f"lists:\n{ENTRY}\n{OURS}\n", id="without indentation"),
        pytest.param(
            'lists:\n  - {name: allowed_here, kind: allow, words: ["Pen: Island"]}\n',
            'lists:\n  - {name: allowed_here, kind: allow, words: ["Pen: Island", "Scunthorpe"]}\n',
            id="one word more",
        ),
        pytest.param(f"lists:\n  {ENTRY}\n", f"lists:\n  {ENTRY}\n", id="allowed already"),
        pytest.param("lists: [{name: ours, kind: banned, words: [a]}]\n", None, id="on one line"),
        pytest.param("{format: 1}", None, id="all of it on one line"),
        pytest.param("lists:\n  - name: allowed_here\n    kind: allow\n    words: [a]\n", None, id="written otherwise"),
        pytest.param("lists: [", None, id="no YAML"),
    ],
)
def test_words_are_allowed(yaml: str, drafted: str | None) -> None:
    assert with_allowed(yaml, "word_list", " Scunthorpe\n") == drafted


@pytest.mark.parametrize("words", ["", " \n", "a" * 201, "bell \x07"])
def test_what_no_list_can_have_is_not_drafted(words: str) -> None:
    made = with_allowed("format: 1\n", "word_list", words)
    assert made is None or read_yaml(made)


@pytest.mark.parametrize("words", ['say "x": y, [z]', "it's #1", "- a\\b", "Größe {x}", "ab\u00e9\U0001f600"])
def test_any_words_are_quoted(words: str) -> None:
    drafted = with_allowed("format: 1\n", "word_list", words)
    assert drafted is not None
    assert read_yaml(drafted).value["lists"][0]["words"] == [words]


@pytest.mark.parametrize(
    ("yaml", "drafted"),
    [
        ("format: 1\n", "format: 1\nrules:\n  threats: {observe: true}\n"),
        ("rules:\n  shouting: {score: 1}\n", "rules:\n  threats: {observe: true}\n  shouting: {score: 1}\n"),
        ("rules:\n  threats: {score: 1}\n", "rules:\n  threats: {observe: true, score: 1}\n"),
        ("rules:\n  threats:\n    score: 1\n", "rules:\n  threats:\n    observe: true\n    score: 1\n"),
        ("rules:\n  threats: {observe: true}\n", "rules:\n  threats: {observe: true}\n"),
        ("rules:\n  threats: {observe: false}\n", None),
        ("rules: {shouting: {score: 1}}\n", None),
    ],
)
def test_any_other_rule_is_only_watched(yaml: str, drafted: str | None) -> None:
    assert with_allowed(yaml, "threats", "kill the lights") == drafted


def test_what_is_no_rule_has_no_exception() -> None:
    assert with_allowed("format: 1\n", "our_composite", "words") is None
