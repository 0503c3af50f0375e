"""Finding out a language: what is told, what is left open, and that nothing a reader types can break it."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation_rules.language import detection
from moderation_rules.language.detection import Detect, load_detector
from moderation_rules.language.tags import among, main, name_of, nearest, same
from tests.environment import unavailable


@pytest.fixture(scope="module")
def detect() -> Detect:
    found = load_detector()
    if found is None:
        unavailable("pycld2")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The council should have asked the people who live there first.", "en"),
        ("Das hätte man die Leute vor Ort vorher fragen müssen.", "de"),
        ("Il aurait fallu demander d'abord aux gens qui habitent là.", "fr"),
        ("Deberían haber preguntado antes a la gente que vive allí.", "es"),
        ("Seharusnya mereka bertanya dulu kepada warga yang tinggal di sana.", "id"),
        ("Ci si doveva chiedere prima alla gente che abita lì.", "it"),
        ("Należało najpierw zapytać ludzi, którzy tam mieszkają.", "pl"),
        ("Önce orada yaşayan insanlara sormaları gerekirdi.", "tr"),
        ("Надо было сначала спросить людей, которые там живут.", "ru"),
        ("كان عليهم أن يسألوا الناس الذين يعيشون هناك أولا.", "ar"),
        ("היה צריך לשאול קודם את האנשים שגרים שם.", "he"),
        ("좋은 기사네요", "ko"),
        ("先に住民に聞くべきだったと思います。", "ja"),
        ("应该先问问住在那里的人。", "zh"),
        ("ควรถามคนที่อยู่ที่นั่นก่อน", "th"),
        ("उन्हें पहले वहाँ रहने वालों से पूछना चाहिए था।", "hi"),
        ("THIS IS WHAT THEY SHOULD HAVE SAID AT ONCE", "en"),
        ("This is gut, wunderbar, and I really like what they built there", "en"),
    ],
    ids=lambda value: value if len(value) < 4 else "",
)
def test_a_sentence_is_told(detect: Detect, text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Ja, genau!", id="short"),
        pytest.param("hahaha 😀😀", id="laughter"),
        pytest.param("Angela Merkel, Emmanuel Macron, Giorgia Meloni", id="names"),
        pytest.param("Bayern München gegen Borussia Dortmund", id="names and a word"),
        pytest.param("“Die Würde des Menschen ist unantastbar” well said", id="a quotation"),
        pytest.param("> Das hätte man die Leute vor Ort fragen müssen.\nlol yes", id="a quoted line"),
        pytest.param("https://zeitung.example/das-haette-man-die-leute-fragen-muessen", id="a link"),
        pytest.param("@ein_langer_name_aus_berlin #nachrichtenausdeutschland", id="handles"),
        pytest.param("123 456 789 ... !!!", id="numbers"),
    ],
)
def test_what_says_little_is_left_open(detect: Detect, text: str) -> None:
    assert detect(text) is None


@given(st.text(max_size=300) | st.text(alphabet='\x00\x1f\ud800\udfff\ufffe\ufdd0\U0001ffff \n>"“a가', max_size=60))
def test_nothing_typed_breaks_it(detect: Detect, text: str) -> None:
    assert detect(text) in (None, detect(text))
    assert detect(f"The council should have asked the people who live there. {text}"[:900]) != ""


def test_control_characters_hide_no_language(detect: Detect) -> None:
    assert detect("The council\x00 should have\x1f asked the people\ufffe there.") == "en"


def test_without_the_extra_there_is_no_detector_and_all_else_works() -> None:
    program = """
import sys
import unicodedata
sys.modules["pycld2"] = None
from moderation_rules import Comment, Facts, compile_policy, default_policy
from moderation_rules.language.detection import load_detector
assert load_detector() is None
judged = compile_policy(default_policy(), detect=load_detector()).judge(Comment("Fine weather today."), Facts())
assert (judged.verdict, judged.language) == ("approve", None)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de-AT", "de"), ("DE", "de"), ("nb", "no"), ("nn-NO", "no"), ("iw", "he"), ("zh-Hant", "zh"), ("fil", "tl")],
)
def test_a_tag_is_brought_down_to_its_language(tag: str, language: str) -> None:
    assert main(tag) == language
    assert same(tag, language)


def test_what_is_not_known_is_like_nothing() -> None:
    assert not same(None, None)
    assert not same("und", "und")
    assert not same("en", None)


def test_languages_that_look_alike_go_by_the_page() -> None:
    assert among("ms", ["id"])
    assert not among("ms", ["en"])
    assert nearest("ms", "id-ID") == "id"
    assert nearest("ms", "en") == "ms"
    assert nearest("nb", None) == "no"


def test_languages_have_names() -> None:
    assert (name_of("de-AT"), name_of("tr"), name_of("qq")) == ("German", "Turkish", "qq")


def test_accents_typed_apart_change_no_language(detect: Detect) -> None:
    for text in ("Önce orada yaşayan insanlara sormaları gerekirdi.", "Lẽ ra họ nên hỏi những người sống ở đó trước."):
        assert detect(unicodedata.normalize("NFD", text)) == detect(text) is not None


_PIECES = [
    *'ab\u00e9\u4e2d\u0e01 \n\t\r>@#"\u201e\u201c\u201d\u00ab\u00bb\x00\x1f\x7f\x85\xa0\ud800\ufdd0\uffff\u200d',
    *("http://", "www.", "\U0001fffe"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_own_words_are_the_same_whether_signs_are_looked_for_first_or_not(text: str) -> None:
    assert detection._own_words(text) == detection._NOT_OWN.sub(" ", detection._NO_TEXT.sub(" ", text))
