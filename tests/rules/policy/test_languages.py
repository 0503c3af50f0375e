"""Lists and thresholds of a language: what they may do where the comment's own language is another, or not known."""

from collections.abc import Callable

import pytest

from moderation_rules import Comment, Facts, Judge, Judgement, Verdict, compile_policy, load_policy

BOTH = "lists: [{name: de, kind: banned, language: de, words: [dussel], verdict: reject}]"
HEAVY = """
caps: {abuse: 100}
lists: [{name: de, kind: banned, language: de, words: [dussel], score: 20}]
"""
TIPPED = """
caps: {abuse: 100}
lists:
  - {name: de, kind: banned, language: de, words: [dussel], score: 5}
  - {name: any, kind: banned, words: [rotter], score: 12}
"""
RULE_SAYS = """
lists: [{name: de, kind: banned, language: de, words: [dussel]}]
rules: {word_list: {verdict: spam}}
"""
COMPOSED = """
lists: [{name: de, kind: banned, language: de, words: [dussel], score: 0}]
composites: [{name: pair, all: [word_list, shouting], verdict: reject}]
"""
ROTTER = "caps: {abuse: 100}, lists: [{name: any, kind: banned, words: [rotter], score: %d}]"
BY_NOTHING = "lists: [{name: any, kind: banned, words: [dussel], verdict: reject}]"


def judged(policy: str, comment: Comment, detect: Callable[[str], str | None] | None = None) -> Judgement:
    return compile_policy(load_policy(policy), detect=detect).judge(comment, Facts())


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        pytest.param(BOTH, "Du Dussel", id="the list's verdict"),
        pytest.param(RULE_SAYS, "Du Dussel", id="the rule's verdict"),
        pytest.param(HEAVY, "Du Dussel", id="its score"),
        pytest.param(TIPPED, "Du Dussel, du Rotter", id="its part of the score"),
        pytest.param(COMPOSED, "DU DUSSEL DU GROSSER DUSSEL DU", id="a composite"),
        pytest.param(BOTH, "Du D u s s e l", id="disguised"),
    ],
)
def test_a_word_of_a_language_refuses_in_that_language_only(policy: str, text: str) -> None:
    refused = (Verdict.REJECT, Verdict.SPAM)
    assert judged(policy, Comment(text, language="de")).verdict in refused
    assert judged(policy, Comment(text, language="de-AT")).verdict in refused
    assert judged(policy, Comment(text)).verdict is Verdict.PENDING
    assert judged(policy, Comment(text, language="und")).verdict is Verdict.PENDING
    # What a newsroom expects on its page is not what was written.
    assert judged(policy, Comment(text, page_language="de")).verdict is Verdict.PENDING


def test_a_list_of_no_language_refuses_in_all() -> None:
    assert judged(BY_NOTHING, Comment("Du Dussel")).verdict is Verdict.REJECT
    assert judged(BY_NOTHING, Comment("Du Dussel", language="nl")).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("word", "list_language", "language", "text"),
    [
        pytest.param("dussel", "de", "nl", "Du Dussel", id="the same letters"),
        pytest.param("slut", "en", "sv", "Nu är det slut på det roliga.", id="Swedish, the end"),
        pytest.param("fag", "en", "nb", "Hvilket fag liker du best?", id="Norwegian, a subject"),
        pytest.param("kys", "en", "da", "Han gav hende et kys.", id="Danish, a kiss"),
        pytest.param("retard", "en", "fr", "Le train a du retard.", id="French, late"),
        pytest.param("moron", "en", "es", "Nació en Morón de la Frontera.", id="Spanish, a town by its accent"),
        pytest.param("coons", "en", "es", "Los conos del parque.", id="a slip of the pen"),
        pytest.param("shite", "en", None, "a shî te ka", id="torn apart, with an accent, in a language not known"),
        pytest.param("coco", "en", "ru", "сосо сказала мама", id="letters of another script, all of them"),
    ],
)
def test_a_word_of_another_language_is_another_word(
    word: str, list_language: str, language: str | None, text: str
) -> None:
    policy = f"lists: [{{name: l, kind: banned, language: {list_language}, words: [{word}], verdict: reject}}]"
    assert judged(policy, Comment(text, language=language)).findings == ()


@pytest.mark.parametrize("text", ["Du D u s s e l", "Du Du55el", "Du D*ssel", "Du Duѕsel"], ids=ascii)
def test_a_word_that_is_hidden_is_held_in_any_language(text: str) -> None:
    (finding,) = [f for f in judged(BOTH, Comment(text, language="nl")).findings if f.rule == "word_list"]
    assert (finding.doubtful, finding.verdict) == (True, Verdict.PENDING)
    assert finding.message.endswith("but the comment is in Dutch")


def test_a_finding_where_the_language_is_not_known_is_doubtful() -> None:
    (finding,) = judged(BOTH, Comment("Du Dussel")).findings
    assert finding.doubtful
    # A short text may be in either.
    (finding,) = judged(BOTH.replace("language: de", "language: da"), Comment("Du Dussel", language="nb")).findings
    assert finding.doubtful
    (sure,) = judged(BOTH, Comment("Du Dussel", language="de")).findings
    assert not sure.doubtful


def test_a_sure_list_goes_before_a_doubtful_one_on_the_same_word() -> None:
    lists = "lists: [{name: %s, kind: banned, language: %s, words: [dussel], verdict: reject}"
    policy = lists % ("nl", "nl") + ", {name: de, kind: banned, language: de, words: [dussel], verdict: reject}]"
    assert judged(policy, Comment("Du Dussel", language="de")).verdict is Verdict.REJECT


@pytest.mark.parametrize(
    ("comment", "verdict"),
    [
        pytest.param(Comment("Mein Hund ist dussel", language="de"), "approve", id="its language"),
        pytest.param(Comment("My dog is dussel", language="en"), "reject", id="another"),
        pytest.param(Comment("dussel"), "approve", id="nothing known"),
        pytest.param(Comment("dussel", page_language="de"), "approve", id="on a page of it"),
        pytest.param(Comment("dussel", page_language="en"), "reject", id="on a page of another"),
        pytest.param(Comment("dussel", language="und", page_language="en"), "reject", id="could not be told"),
    ],
)
def test_a_word_that_is_innocent_in_one_language(comment: Comment, verdict: str) -> None:
    policy = """
lists:
  - {name: any, kind: banned, words: [dussel], verdict: reject}
  - {name: de, kind: allow, language: de, words: [dussel]}
"""
    assert judged(policy, comment).verdict == verdict


@pytest.mark.parametrize(
    ("language", "verdict"),
    [
        pytest.param("de", "pending", id="holds sooner"),
        pytest.param("de-AT", "pending", id="region"),
        pytest.param("en", "approve", id="others as ever"),
        pytest.param(None, "approve", id="not known"),
    ],
)
def test_a_language_may_hold_sooner(language: str | None, verdict: str) -> None:
    policy = f"{{languages: {{de: {{hold: 2}}}}, {ROTTER % 3}}}"
    assert judged(policy, Comment("You rotter", language=language)).verdict == verdict


@pytest.mark.parametrize(
    ("languages", "language", "verdict"),
    [
        pytest.param("{}", None, "reject", id="no such thresholds"),
        pytest.param("{de: {refuse: 40}}", "en", "reject", id="known"),
        pytest.param("{de: {refuse: 40}}", "de", "pending", id="refuses later"),
        pytest.param("{de: {refuse: 40}}", None, "pending", id="might be the one that refuses later"),
        pytest.param("{de: {refuse: null}}", "und", "pending", id="might be the one that never refuses"),
        pytest.param("{de: {refuse: 16}}", None, "reject", id="all would refuse"),
        pytest.param("{nb: {refuse: 40}}", "nn", "pending", id="another tag of the language"),
    ],
)
def test_where_a_language_is_not_known_the_mildest_refusal_counts(
    languages: str, language: str | None, verdict: str
) -> None:
    policy = f"{{languages: {languages}, {ROTTER % 20}}}"
    assert judged(policy, Comment("You rotter", language=language)).verdict == verdict


class Asked:
    """Counts how often it is asked, and says German."""

    def __init__(self, answer: str | None = "de") -> None:
        self.times = 0
        self.answer = answer

    def __call__(self, text: str) -> str | None:
        self.times += 1
        return self.answer


@pytest.mark.parametrize(
    ("policy", "comment", "times"),
    [
        pytest.param(BOTH, Comment("Nichts Besonderes"), 0, id="no word found"),
        pytest.param(BOTH, Comment("Du Dussel, du Dussel"), 1, id="a word found"),
        pytest.param(BY_NOTHING, Comment("Nichts"), 0, id="a list of no language"),
        pytest.param(BY_NOTHING, Comment("Du Dussel"), 1, id="held by a list of no language"),
        pytest.param("languages: {de: {hold: 2}}", Comment("Nichts"), 1, id="thresholds"),
        pytest.param("site_languages: [en]", Comment("Ich finde das gar nicht gut, Leute."), 1, id="site's languages"),
        pytest.param("site_languages: [en]", Comment("Gar nicht gut"), 0, id="too short to be wrong"),
        pytest.param("format: 1", Comment("Ich finde das gar nicht gut, Leute.", page_language="en"), 1, id="page's"),
        pytest.param(BOTH, Comment("Du Dussel", language="nl"), 0, id="known already"),
        pytest.param(BOTH, Comment("Du Dussel", language="und"), 0, id="looked at already"),
    ],
)
def test_a_language_is_looked_up_once_and_only_where_it_matters(policy: str, comment: Comment, times: int) -> None:
    asked = Asked()
    judgement = judged(policy, comment, asked)
    assert asked.times == times
    assert judgement.language == ("de" if times else comment.language)


def test_what_could_not_be_told_is_said() -> None:
    assert judged(BOTH, Comment("Du Dussel"), Asked(None)).language == "und"
    assert judged(BOTH, Comment("Du Dussel"), None).language is None


@pytest.mark.parametrize(
    ("found", "comment", "caught"),
    [
        pytest.param("de", Comment("Das ist überhaupt nicht gut so.", page_language="en"), True, id="another"),
        pytest.param("ms", Comment("Saya tidak setuju dengan itu semua", page_language="id"), False, id="alike"),
        pytest.param(None, Comment("Das ist überhaupt nicht gut so.", page_language="en"), False, id="not told"),
        pytest.param("de", Comment("Das ist überhaupt nicht gut so."), False, id="nothing expected"),
        pytest.param("zh", Comment("我觉得这个主意不太好吧", page_language="en"), True, id="few characters say much"),
    ],
)
def test_a_comment_in_the_wrong_language_is_noted(found: str | None, comment: Comment, caught: bool) -> None:
    findings = judged("rules: {wrong_language: {verdict: pending}}", comment, Asked(found)).findings
    assert [finding.rule for finding in findings] == ["wrong_language"] * caught


def test_a_policy_without_a_detector_is_compiled_as_ever() -> None:
    judge: Judge = compile_policy(load_policy("site_languages: [en]"))
    assert judge.judge(Comment("Ich finde das gar nicht gut, Leute."), Facts()).findings == ()
