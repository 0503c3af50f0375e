"""The policy document: what is refused and where, what is inherited, what lies over what."""

from datetime import date

import pytest

from moderation_rules import Comment, Facts, PolicyError, Verdict, compile_policy, default_policy, load_policy

FINE = Facts()


def judged(policy: str, text: str, *, today: date | None = None, **layers: str) -> str:
    return compile_policy(load_policy(policy), today=today, **layers).judge(Comment(text), FINE).verdict


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        pytest.param("rules:\n  wordlist: {}", 2, 3, "did you mean “word_list”?", id="unknown rule"),
        pytest.param("mode: automtic", 1, 1, "did you mean “automatic”?", id="unknown mode"),
        pytest.param("mood: automatic", 1, 1, "did you mean “mode”?", id="unknown key"),
        pytest.param("a: &x 1\nb: *x", 1, 4, "anchors", id="anchor"),
        pytest.param("a: !!python/name:os.system", 1, 4, "tags", id="tag"),
        pytest.param("rules: [", 2, 1, "not valid YAML", id="broken"),
        pytest.param("mode: manual\nmode: manual", 2, 1, "twice", id="twice"),
        pytest.param("--- {}\n--- {}", 2, 1, "one document", id="two documents"),
        pytest.param("[" * 40 + "]" * 40, 1, 25, "nested", id="deep"),
        pytest.param("note: \x07", 1, 7, "characters", id="control character"),
        pytest.param("- a", 1, 1, "keys and values", id="a list"),
        pytest.param("thresholds: {hold: -1}", 1, 14, "at least 0", id="below zero"),
        pytest.param("rules:\n  link_count:\n    allowed: many", 3, 5, "a whole number, not many", id="wrong type"),
        pytest.param("lists: [{name: x, kind: banned, file: no.txt}]", 1, 33, "no list file", id="missing list"),
        pytest.param("lists: [{name: x, kind: banned}]", 1, 9, "either file or words", id="list of nothing"),
        pytest.param("lists: [{name: x, kind: banned, words: ['*']}]", 1, 41, "found everywhere", id="empty word"),
        pytest.param("lists: [{kind: banned}]", 1, 9, "needs name", id="nameless list"),
        pytest.param("composites: [{name: c, all: [foo]}]", 1, 30, "is no rule", id="composite of nothing"),
        pytest.param("composites: [{name: c}]", 1, 14, "needs one of all, any", id="empty composite"),
        pytest.param("rules:\n  shouting: {until: 2026-02-30}", 2, 14, "no date", id="no such day"),
        pytest.param(
            "rules:\n  patterns:\n    patterns:\n      - name: a\n        pattern: 'a(?=b)'",
            5,
            9,
            "RE2 refuses",
            id="pattern that RE2 refuses",
        ),
        pytest.param(
            "rules: {patterns: {patterns: [{name: a, pattern: 'a*'}]}}", 1, 41, "empty text", id="empty pattern"
        ),
        pytest.param("caps: {abus: 3}", 1, 8, "did you mean “abuse”?", id="cap of nothing"),
        pytest.param("presets:\n  p:\n    caps: {spma: 3}", 3, 12, "did you mean “spam”?", id="cap in a preset"),
        pytest.param("lists: [{name: x, kind: banned, words: ['\u200b']}]", 1, 41, "everywhere", id="unseen word"),
        pytest.param(
            "lists: [{name: x, kind: banned, words: [a]}, {name: x, kind: allow, words: [b]}]",
            1,
            47,
            "two of the name “x”",
            id="two lists of one name",
        ),
        pytest.param("rules: {word_list: {suspect_score: 1.0e+308}}", 1, 21, "at most 100", id="huge score"),
        pytest.param("thresholds: {hold: .nan}", 1, 14, "a number or nothing", id="not a number"),
        pytest.param("thresholds: {hold: .inf}", 1, 14, "a number or nothing", id="endless"),
        pytest.param("note: a\0b", 1, 8, "characters", id="nul"),
        pytest.param("mode: manual\r\nrules:\r\n  shoutin: {}", 3, 3, "did you mean", id="line ends of windows"),
        pytest.param("threads: {t1: nowhere}", 1, 11, "no preset", id="no such preset"),
        pytest.param(
            "threads: {t: 5}", 1, 11, "must be a preset's name or settings, not 5", id="thread of neither kind"
        ),
        pytest.param("threads: {t: {mod: manual}}", 1, 15, "did you mean “mode”?", id="unknown key of a thread"),
        pytest.param(
            "sections: {s: {rules: {link_count: {allowed: x}}}}",
            1,
            37,
            "a whole number, not x",
            id="option of a section",
        ),
        pytest.param(
            "lists: [{name: x, kind: banned, words: [{word: a, verdict: spma}]}]",
            1,
            51,
            "did you mean “spam”?",
            id="verdict of a word",
        ),
        pytest.param(
            "lists: [{name: x, kind: banned, words: [5]}]", 1, 41, "a text or keys and values", id="word of 5"
        ),
        pytest.param(
            "rules: {listed_domains: {domains: [{domaim: a.b}]}}", 1, 36, "needs domain", id="domain without one"
        ),
        pytest.param("# " + "x" * 262_144, 1, 1, "larger than 256 KiB", id="too large"),
    ],
)
def test_errors_name_the_place_and_what_was_meant(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(text)
    problem = caught.value.errors[0]
    assert (problem.line, problem.column) == (line, column)
    assert says in problem.message


# Bad kinds and lost files, each told whatever else is wrong; what is no list of lists is left to the schema.
@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "lists: [{name: x, kind: forbidden, file: missing.txt}]",
            {"lists[0].kind": "must be one of", "lists[0].file": "no list file “missing.txt”"},
            id="kind and file",
        ),
        pytest.param(
            "mood: 1\nsections:\n  a: {lists: [5, {file: gone.txt}]}",
            {
                "mood": "did you mean",
                "sections.a.lists[0]": "must be",
                "sections.a.lists[1]": "needs",
                "sections.a.lists[1].file": "no list file “gone.txt”",
            },
            id="in a section, beside a wrong key",
        ),
        pytest.param(
            "lists: [{name: x, kind: forbidden, file: ''}]",
            {"lists[0].kind": "must be one of", "lists[0].file": "must not be empty"},
            id="an empty name is told once",
        ),
        pytest.param(
            "lists: 5\npresets: {a: 5}\nthreads: [1]", {"lists": "", "presets.a": "", "threads": ""}, id="types"
        ),
        pytest.param("lists: [{name: x, kind: 5, file: 5}]", {"lists[0].kind": "", "lists[0].file": ""}, id="no name"),
        pytest.param(
            "lists: [{name: x, kind: forbidden, file: there.txt}]",
            {"lists[0].kind": "must be one of"},
            id="file is there",
        ),
    ],
)
def test_a_wrong_kind_hides_no_lost_list(text, says):
    with pytest.raises(PolicyError) as refused:
        load_policy(text, lists={"there.txt": "word\n"})
    told = [(problem.path, problem.message) for problem in refused.value.errors]
    assert {path for path, _ in told} == says.keys()
    for path, message in told:
        assert says[path] in message
    assert [problem.line for problem in refused.value.errors] == sorted(p.line for p in refused.value.errors)


def test_all_errors_are_named_in_the_order_of_lines() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy("mood: x\nrules:\n  shoutin: {}\n  link_count: {allowed: -1}")
    assert [problem.line for problem in caught.value.errors] == [1, 3, 4]


def test_an_empty_policy_is_the_default() -> None:
    assert compile_policy(load_policy("")).thresholds == compile_policy(default_policy()).thresholds


def test_settings_lie_over_those_inherited() -> None:
    assert judged("", "See https://a.example/") == "approve"
    assert judged("thresholds: {hold: 2}", "See https://a.example/") == "pending"
    assert judged("{inherits: nothing, rules: {link_count: {score: 3}}}", "See https://a.example/") == "approve"


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ("", "pending"),
        ("enabled: false", "approve"),
        ("observe: true", "approve"),
        ("verdict: spam", "spam"),
        ("score: 1", "approve"),
        ("until: 2026-05-31", "approve"),
        ("until: 2026-06-01", "pending"),
    ],
)
def test_what_a_rule_weighs_is_for_the_policy_to_say(settings: str, verdict: str) -> None:
    policy = f"rules: {{styled_letters: {{{settings}}}}}"
    assert judged(policy, "Come to 𝗚𝗥𝗔𝗡𝗗 now", today=date(2026, 6, 1)) == verdict


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("[nincompoop]", "pending"),
        ("[{word: nincompoop, observe: true}]", "approve"),
        ("[{word: nincompoop, until: 2020-01-01}]", "approve"),
        ("[{word: nincompoop, verdict: reject}]", "reject"),
        ("[{word: nincompoop, score: 1, note: mild, owner: desk}]", "approve"),
    ],
)
def test_words_may_differ(words: str, verdict: str) -> None:
    policy = f"lists: [{{name: own, kind: banned, words: {words}}}]"
    assert judged(policy, "you nincompoop", today=date(2026, 6, 1)) == verdict


def test_sections_threads_and_presets_lie_over_the_policy() -> None:
    policy = """
presets:
  obituary: {mode: manual}
sections:
  sport: {thresholds: {hold: 1}}
threads:
  "4711": obituary
  "4712": {thresholds: {hold: 2}}
"""
    linked = "See https://a.example/"
    assert judged(policy, linked) == "approve"
    assert judged(policy, linked, section="sport") == "pending"
    assert judged(policy, linked, section="politics") == "approve"
    assert judged(policy, "Fine.", thread="4711") == "pending"
    assert judged(policy, linked, thread="4712") == "pending"
    assert judged(policy, "Fine.", preset="obituary") == "pending"
    with pytest.raises(KeyError):
        judged(policy, "Fine.", preset="unheard of")


@pytest.mark.parametrize("preset", ["obituary", "court_case", "breaking", "election"])
def test_presets_are_shipped(preset: str) -> None:
    assert judged("", "Anything at all.", preset=preset) in ("approve", "pending")


def test_an_empty_list_finds_nothing() -> None:
    policy = load_policy("lists: [{name: own, kind: banned, file: own.txt}]", lists={"own.txt": "\n# none\n"})
    assert compile_policy(policy).judge(Comment("Anything."), FINE).verdict is Verdict.APPROVE


def test_a_list_in_the_wrong_encoding_is_refused_with_its_line() -> None:
    broken = "fine\nm\ufffdll\n"
    with pytest.raises(PolicyError, match=r"own\.txt: line 2: not text in UTF-8"):
        load_policy("lists: [{name: own, kind: banned, file: own.txt}]", lists={"own.txt": broken})


def test_two_policies_differ_in_their_digest() -> None:
    assert load_policy("mode: manual").digest != load_policy("").digest
    assert load_policy("").digest == load_policy("").digest


@pytest.mark.parametrize(
    ("said", "text"),
    [
        pytest.param(
            "patterns: {patterns: [{name: code, pattern: 'qx-\\d+', owner: ann, until: 2026-05-01}]}", "qx-12"
        ),
        pytest.param(
            "listed_domains: {domains: [{domain: pills.example, note: seen twice, until: 2026-05-01}]}",
            "see pills.example/x",
        ),
    ],
    ids=["pattern", "domain"],
)
def test_one_pattern_or_domain_counts_until_its_last_day(said: str, text: str) -> None:
    policy = load_policy(f"rules: {{{said}}}")
    rule = said.partition(":")[0]
    for day, found in ((date(2026, 5, 1), True), (date(2026, 5, 2), False)):
        judged = compile_policy(policy, today=day).judge(Comment(text), Facts())
        assert (rule in {finding.rule for finding in judged.findings}) is found


@pytest.mark.parametrize(
    ("item", "counts"),
    [
        pytest.param("{domain: pills.example, verdict: spam}", Verdict.SPAM, id="verdict"),
        pytest.param("{domain: pills.example, score: 0.5}", Verdict.APPROVE, id="score"),
        pytest.param("{domain: pills.example, observe: true}", Verdict.APPROVE, id="observe"),
        pytest.param("pills.example", Verdict.PENDING, id="plain"),
    ],
)
def test_a_domain_may_weigh_what_it_wants(item: str, counts: Verdict) -> None:
    policy = load_policy(f"rules: {{listed_domains: {{domains: [{item}]}}, link_count: {{enabled: false}}}}")
    assert compile_policy(policy).judge(Comment("see shop.pills.example/x"), Facts()).verdict is counts


def test_a_date_that_is_none_is_named_with_its_place() -> None:
    with pytest.raises(PolicyError) as wrong:
        load_policy("rules:\n  patterns:\n    patterns:\n      - {name: a, pattern: b, until: 2026-02-30}\n")
    assert [(p.line, p.path) for p in wrong.value.errors] == [(4, "rules.patterns.patterns[0].until")]


@pytest.mark.parametrize(
    ("said", "path"),
    [
        pytest.param("thresholds: {hold: 20, refuse: 3}", "thresholds.hold", id="hold-above-refuse"),
        pytest.param("thresholds: {refuse: 3}", "thresholds.refuse", id="below-the-inherited"),
        pytest.param("languages: {de: {hold: 99}}", "languages.de.hold", id="of-a-language"),
        pytest.param("presets: {calm: {thresholds: {hold: 99}}}", "presets.calm.thresholds.hold", id="of-a-preset"),
        pytest.param("languages: {en: {hold: 4}, en-GB: {hold: 3}}", "languages.en-GB", id="one-language-twice"),
        pytest.param("rules: {word_list: {banned: ['*']}}", "rules.word_list.banned[0]", id="star-alone"),
        pytest.param("composites: [{name: spam, all: [link_count]}]", "composites[0].name", id="named-as-a-kind"),
    ],
)
def test_what_can_never_work_is_refused_with_its_place(said: str, path: str) -> None:
    with pytest.raises(PolicyError) as wrong:
        load_policy(said)
    assert [problem.path for problem in wrong.value.errors] == [path]
