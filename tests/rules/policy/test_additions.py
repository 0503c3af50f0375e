"""A word put into a policy by machine: it says that and nothing else, and every other letter stays."""

import pytest

from moderation_rules import load_policy
from moderation_rules.policy.additions import CannotEdit, state_of, switched_on, with_domain, with_word
from moderation_rules.policy.yaml_document import read_yaml

TEXTS = {
    "nothing": "",
    "a-remark": "# ours\n",
    "no-lists": "inherits: default\n",
    "empty-lists": "lists: []\n",
    "lists-without-indent": "lists:\n- {name: a, kind: banned, words: [x]}\n",
    "the-list": "# ours\nlists:\n  - name: desk   # chosen\n    kind: banned\n    words:\n      - old\n",
    "the-list-in-flow": "lists: [{name: desk, kind: banned, words: [old,]}]\n",
    "domains": "rules:\n  listed_domains:\n    domains: [a.example]\n",
    "other-rules": "rules:\n  shouting: {enabled: false}\n",
    "all-in-flow": "{rules: {shouting: {enabled: false}}, }\n",
    "other-breaks": "lists:\r\n  - {name: a, kind: banned, words: [x]}\r\nrules:\r\n  shouting: {score: 1}\r\n",
    "no-last-break": "mode: manual",
}


@pytest.mark.parametrize("value", ["plain", 'so "quoted": it\'s', "*wild", "äöü 笨蛋", "- # {["])
@pytest.mark.parametrize(("kind", "add"), [("word", with_word), ("domain", with_domain)])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_says_that_and_nothing_else(text, kind, add, value):
    assert state_of(text, kind, value) is None
    observed = add(text, value, observe=True)
    assert state_of(observed, kind, value) is True
    on = switched_on(observed, kind, value)
    assert state_of(on, kind, value) is False
    # Every line that was there is there.
    kept = on.replace("\r\n", "\n")
    assert all(line.strip() in kept for line in text.splitlines() if "{" not in line and "[" not in line)
    before, after = read_yaml(text).value, read_yaml(on).value
    assert {key: before[key] for key in before if key not in ("lists", "rules")} == {
        key: after[key] for key in after if key not in ("lists", "rules")
    }
    load_policy(on)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("lists: [{name: desk, kind: allow, words: [x]}]", id="another-kind"),
        pytest.param("lists: &x []", id="anchor"),
        pytest.param("lists: {", id="no-yaml"),
        pytest.param("- a", id="no-mapping"),
    ],
)
def test_what_cannot_be_edited_is_refused(text):
    with pytest.raises(CannotEdit):
        with_word(text, "plain", observe=True)


def test_only_what_is_observed_is_switched_on():
    with pytest.raises(CannotEdit):
        switched_on("lists: [{name: desk, kind: banned, words: [plain]}]", "word", "plain")
