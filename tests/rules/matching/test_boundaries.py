"""Where words begin and end, in scripts with and without spaces, and with what is written as one with them."""

import pytest

from moderation_rules import Comment, Facts, Finding, compile_policy, load_policy
from moderation_rules.rule import Reading, Supplies
from moderation_rules.rules.word_list import RULE


def marked(word: str, text: str, **options: object) -> list[str]:
    """The pieces of the text in which the word was found, undisguised."""
    check = RULE.prepare(RULE.read({"banned": [word], "disguised": False, **options}), Supplies())
    return [text[hit.start : hit.end] for hit in check(Reading(Comment(text), Facts()))]


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        pytest.param("goose", "You silly goose!", "goose", id="English"),
        pytest.param("trottel", "Ihr Trottel*innen", "Trottel", id="German, both genders"),
        pytest.param("trottel", "diese Trottel-Partei", "Trottel", id="German, hyphen"),
        pytest.param("*trottel", "So ein Volltrottel", "Volltrottel", id="German, compound by wildcard"),
        pytest.param("*trottel*", "Volltrotteligkeit", "Volltrotteligkeit", id="German, compound by two wildcards"),
        pytest.param("idiot", "l’idiot du village", "idiot", id="French, elision"),
        pytest.param("aptal", "Aptal'ın biri", "Aptal", id="Turkish, ending behind an apostrophe"),
        pytest.param("дурак", "Ты дурак!", "дурак", id="Russian"),
        pytest.param("μαλάκας", "ΜΑΛΑΚΑΣ είσαι", "ΜΑΛΑΚΑΣ", id="Greek, final sigma"),
        pytest.param("შტერი", "შტერი!", "შტერი", id="Georgian"),
        pytest.param("ապուշ", "ապուշ։", "ապուշ", id="Armenian"),
        pytest.param("ሞኝ", "አንተ ሞኝ።", "ሞኝ", id="Amharic"),
        pytest.param("غبي", "هذا الرجل غبي", "غبي", id="Arabic"),
        pytest.param("غبي", "هذا الغبي", "غبي", id="Arabic, the"),
        pytest.param("غبي", "والغبي هنا", "غبي", id="Arabic, and the"),
        pytest.param("غبي", "للغبي", "غبي", id="Arabic, to the"),
        pytest.param("غبي", "غَبِي جدا", "غَبِي", id="Arabic, vowel signs"),
        pytest.param("غبي", "غـبـي", "غـبـي", id="Arabic, drawn out"),
        pytest.param("طفيلي", "كطفيلي", "طفيلي", id="Arabic, like"),
        pytest.param("טיפש", "הטיפש הזה", "טיפש", id="Hebrew, the"),
        pytest.param("טיפש", "ושהטיפש", "טיפש", id="Hebrew, and that the"),
        pytest.param("טיפש", "טִיפֵּש", "טִיפֵּש", id="Hebrew, points"),
        pytest.param("मूर्ख", "तुम मूर्ख हो।", "मूर्ख", id="Hindi"),
        pytest.param("गधा", "गधा।", "गधा", id="Hindi, danda"),
        pytest.param("গাধা", "তুই গাধা।", "গাধা", id="Bengali"),
        pytest.param("முட்டாள்", "நீ முட்டாள்!", "முட்டாள்", id="Tamil"),
        pytest.param("གླེན་པ", "ཁྱོད་གླེན་པ་རེད", "གླེན་པ", id="Tibetan"),
        pytest.param("โง่", "คุณโง่มากครับ", "โง่", id="Thai"),
        pytest.param("ໂງ່", "ເຈົ້າໂງ່ຫຼາຍ", "ໂງ່", id="Lao"),
        pytest.param("ល្ងង់", "អ្នកល្ងង់ណាស់", "ល្ងង់", id="Khmer"),
        pytest.param("မိုက်", "သူမိုက်တယ်", "မိုက်", id="Burmese"),
        pytest.param("笨蛋", "你这个笨蛋啊", "笨蛋", id="Chinese"),
        pytest.param("馬鹿", "この馬鹿者", "馬鹿", id="Japanese"),
        pytest.param("ばか", "おまえはばかだ", "ばか", id="Japanese, kana"),
        pytest.param("バカ", "ﾊﾞｶだ", "ﾊﾞｶ", id="Japanese, half width"),
        pytest.param("바보", "바보는 몰라", "바보", id="Korean, particle"),
        pytest.param("바보", "너는 바보야!", "바보", id="Korean, ending"),
        pytest.param("콩", "콩이 싫다", "콩", id="Korean, one syllable and a particle"),
        pytest.param("콩*", "콩나물", "콩나물", id="Korean, one syllable and anything"),
        pytest.param("멍청이", "저멍청이가", "멍청이", id="Korean, run together"),
    ],
)
def test_a_word_is_found_where_it_stands(word: str, text: str, found: str) -> None:
    assert marked(word, text) == [found]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        pytest.param("goose", "mongoose and gooseberry", id="English"),
        pytest.param("trottel", "Trottellumme", id="German, compound"),
        pytest.param("дурак", "дураковаляние", id="Russian"),
        pytest.param("غبي", "ذلكغبيذلك", id="Arabic, inside of a word"),
        pytest.param("غبي", "غبينة", id="Arabic, longer"),
        pytest.param("بد", "العبد", id="Arabic, short"),
        pytest.param("טיפש", "מטופשת", id="Hebrew, another word of the root"),
        pytest.param("רע", "הרעיון", id="Hebrew, short"),
        pytest.param("मूर्ख", "मूर्खता", id="Hindi, longer"),
        pytest.param("कम", "कमी है", id="Hindi, a vowel sign more"),
        pytest.param("முட்டாள்", "முட்டாள்தனம்", id="Tamil, longer"),
        pytest.param("โง", "โง่", id="Thai, without its tone"),
        pytest.param("က", "ကာလ", id="Burmese, half a syllable"),
        pytest.param("바보", "울산바보다", id="Korean, inside of another word"),
        pytest.param("콩", "콩나물", id="Korean, one syllable of a longer word"),
        pytest.param("각", "가", id="Korean, half a syllable"),
        pytest.param("가", "각", id="Korean, part of a syllable"),
    ],
)
def test_a_word_is_not_found_inside_of_another(word: str, text: str) -> None:
    assert marked(word, text) == []


def _judged(text: str, *lists: str, language: str | None = None) -> tuple[str, list[Finding]]:
    policy = load_policy(f"lists: [{', '.join(lists)}]")
    judgement = compile_policy(policy).judge(Comment(text, language=language), Facts())
    return judgement.verdict, list(judgement.findings)


ANO = "{name: es, kind: banned, words: [ano, schwul], verdict: reject}"


@pytest.mark.parametrize("text", ["Feliz año", "so schwül heute", "AÑO", "an\u0303o"], ids=ascii)
def test_a_word_that_only_accents_make_another_is_innocent(text: str) -> None:
    assert _judged(text, ANO) == ("approve", [])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param("ano", "reject", id="plain"),
        pytest.param("anò", "pending", id="accents that make it another word, perhaps"),
        pytest.param("аno", "reject", id="a letter of another script"),
        pytest.param("𝓪𝓷𝓸", "reject", id="styled"),
        pytest.param("a̶n̶o̶", "reject", id="struck through"),
    ],
)
def test_accents_alone_hold_rather_than_refuse(text: str, verdict: str) -> None:
    assert _judged(text, ANO)[0] == verdict


def test_an_allowed_word_with_accents_excuses_no_other_spelling() -> None:
    allow = "{name: fine, kind: allow, words: [pená]}"
    banned = "{name: b, kind: banned, words: [pena]}"
    assert _judged("pená", banned, allow)[0] == "approve"
    assert _judged("pena", banned, allow)[0] == "pending"
    assert _judged("pena", banned, "{name: fine, kind: allow, words: [pena]}")[0] == "approve"
