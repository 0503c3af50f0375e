"""Laws that hold for every text, every order and every finding."""

from dataclasses import replace

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from moderation_rules import Comment, Facts, Finding, Judge, Verdict, compile_policy, default_policy, load_policy
from moderation_rules.engine import Thresholds
from moderation_rules.rule import Hit, Reading

# Both of the last take the comment off the page.
SEVERITY = {Verdict.APPROVE: 0, Verdict.PENDING: 1, Verdict.REJECT: 2, Verdict.SPAM: 2}

JUDGE = compile_policy(default_policy())
OWN = compile_policy(
    load_policy(
        """
lists:
  - {name: own, kind: banned, words: [nincompoop, daft fool, "*numpt*", 笨蛋, 시발]}
  - {name: mild, kind: suspect, words: [silly, goose]}
  - {name: fine, kind: allow, words: [silly season]}
"""
    )
)
PIECES = st.sampled_from(
    [
        "nincompoop",
        "n1nc0mp00p",
        "n.i.n.c.o.m.p.o.o.p",
        "𝓷incompoop",
        "nincomp**p",
        "nicnompoop",
        "niiincompoop",
        "daft",
        "fool",
        "numptiness",
        "笨蛋",
        "시발",
        "silly",
        "season",
        "goose",
        "http://x.example/",
        "www.y.example",
        "𝗚𝗥𝗔𝗡𝗗",
        "gr\u200band",
        "g̶r̶a̶n̶d",
        "Аmаzоn",
        "g",
        "r",
        "a",
        "n",
        "d",
        "l",
        "o",
        "t",
        "subscribe",
        "call",
        "+49",
        "30",
        "901820",
        "jo@mail.example",
        "?????",
        "AAAAAAAA",
        "🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥🔥",
        "\n",
        "İ",
        "ß",
        "ﬃ",
    ]
)
TEXTS = st.text(max_size=120) | st.lists(PIECES | st.text(max_size=6), max_size=12).map(" ".join)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(["word_list", "link_count", "shouting", "honeypot", "learned", "other"]),
    st.just(1),
    st.floats(-20, 20),
    st.none(),
    st.none(),
    st.none(),
    st.just("x"),
    st.sampled_from([None, None, Verdict.PENDING, Verdict.REJECT, Verdict.SPAM]),
    st.booleans(),
    doubtful=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_span_lies_in_the_text(text: str) -> None:
    judgement = OWN.judge(Comment(text, name=text[:30]), Facts())
    for finding in judgement.findings:
        assert not finding.could_not_check, finding
        if finding.field is not None:
            typed = text if finding.field == "text" else text[:30]
            assert 0 <= finding.start < finding.end <= len(typed)


HOSTS = st.sampled_from(
    [
        "http://",
        "a%00.bit.ly/",
        "a@b%00c.example/",
        "xn--pypal-4ve68609a.com/",
        "xn--abc-wa.ru",
        "%ed%a0%80",
        "%7f.bit.ly",
    ]
)
# Anything at all, lone surrogates too: not every caller reads what it was sent.
HOSTILE = st.lists(HOSTS | PIECES | st.text(st.characters(exclude_categories=[]), max_size=6), max_size=6).map("".join)


@settings(max_examples=200, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
@example("http://xn--pypal-4ve68609a.com/", "bit.ly", "http://a@b%00c.example/")
@example("http://a%00.bit.ly/", "http://a@b%00c.example/", "http://xn--pypal-4ve68609a.com/")
def test_every_finding_can_be_stored(text: str, name: str, website: str) -> None:
    findings = OWN.judge(Comment(text, name, website), Facts()).findings
    assert b"\\u0000" not in msgspec.json.encode(findings)


def test_what_a_rule_quotes_is_made_storable() -> None:
    def quoting(reading: Reading) -> list[Hit]:
        return [Hit("a\0b\ud800c\x01", "text", 0, 1, code="\udfff\0")]

    rules = tuple(replace(rule, check=quoting) for rule in OWN.rules if rule.name == "link_count")
    (found,) = replace(OWN, rules=rules).judge(Comment("x"), Facts()).findings
    assert (found.message, found.code) == ("a\ufffdb\ufffdc\x01", "\ufffd\ufffd")


LIMITS = st.none() | st.floats(0, 40)
JUDGES = st.builds(
    replace,
    st.just(JUDGE),
    mode=st.sampled_from(["automatic", "assisted", "manual"]),
    thresholds=st.builds(Thresholds, LIMITS, LIMITS),
    caps=st.dictionaries(st.sampled_from(["abuse", "spam", "person", "shouting", "link_count"]), st.floats(0, 20)),
    languages=st.dictionaries(st.sampled_from(["de", "en"]), st.builds(Thresholds, LIMITS, LIMITS)),
)


@given(JUDGES, st.lists(FINDINGS, max_size=8), FINDINGS, st.sampled_from([None, "de", "en-GB", "und"]))
def test_one_more_positive_finding_never_makes_it_milder(
    judge: Judge, findings: list[Finding], more: Finding, language: str | None
) -> None:
    more = changed(more, score=abs(more.score))
    before, _ = judge.decide(findings, language)
    after, _ = judge.decide([*findings, more], language)
    assert SEVERITY[after] >= SEVERITY[before]


@given(st.lists(FINDINGS, max_size=8), st.lists(FINDINGS, max_size=4))
def test_what_is_doubtful_may_hold_and_never_refuses(findings: list[Finding], doubtful: list[Finding]) -> None:
    alone, _ = JUDGE.decide(findings)
    together, _ = JUDGE.decide([*findings, *(changed(more, doubtful=True) for more in doubtful)])
    assert SEVERITY[together] <= max(SEVERITY[alone], SEVERITY[Verdict.PENDING])


@given(st.lists(FINDINGS, max_size=8), st.randoms())
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random: object) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert JUDGE.decide(findings) == JUDGE.decide(shuffled)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.randoms())
def test_the_order_of_rules_does_not_matter(text: str, random: object) -> None:
    rules = list(OWN.rules)
    random.shuffle(rules)
    shuffled = replace(OWN, rules=tuple(rules)).judge(Comment(text), Facts())
    judged = OWN.judge(Comment(text), Facts())
    assert (shuffled.verdict, shuffled.score) == (judged.verdict, judged.score)
    assert set(shuffled.findings) == set(judged.findings)


@given(st.lists(FINDINGS, max_size=8))
def test_observed_findings_have_no_effect(findings: list[Finding]) -> None:
    watched = [changed(finding, observe=True) for finding in findings]
    assert JUDGE.decide(watched) == (Verdict.APPROVE, 0.0)
