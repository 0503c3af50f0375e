"""Ordinary words and names that look as if they came from listed ones, and listed words that are still found."""

from __future__ import annotations

import pytest

from moderation_rules import Comment, Facts, Finding, compile_policy, fold, load_policy
from moderation_rules.lists.known import PackedWords
from moderation_rules.lists.shipped import known_words, shipped_lists

# A newsroom's own list, in lower case; what is honest below is a form of one of these or of a shipped word.
LISTED = """
spic coon dick gay dyke kuntz cumming fuchs hooker cock wank slut whore bitch faggot tosser liars salope viado maricón
traitor crap anal paki kike butt mong prick retard bastard pendejo loser lion nonce cialis marica negro orgy perse
reika kont pinto anita ano coño ische mama pita gook dong fux titan heath broth quart splint princes chap paska darky
chude popel flamer dyker beaner sikten ræven zeiker zeiken standje battere viarge franc cocaína esperma pina francot
cadavere cerveja porcoes scopare tatti picio pentele vag kut fek gerbe chodz montaz bite skita mutta satan kusta monta
kanen reikä amcıklar yaraktan sik gol gecit cagatay phuc con chut pizdato merdata tanga shiat pataka Orina perdet slet
fitta foder boner skank drols anale pano cono paska griet pikk topa piesen standje pot hoe pik jap am hård pölés pök
sikter tard bander lesbo
"""
JUDGE = compile_policy(
    load_policy(
        "rules: {first_comment: {enabled: false}}\n"
        f"lists: [{{name: own, kind: banned, language: en, words: [{', '.join(LISTED.split())}]}}]"
    )
)


def listed(text: str) -> list[Finding]:
    return [finding for finding in JUDGE.judge(Comment(text), Facts()).findings if finding.rule == "word_list"]


# Language and an everyday word of it that is a swapped, shortened, stretched, inflected or accented form of a rude one.
WORDS = """
en spicy|en spiced|en slope|en slopes|en carp|en lair|en lairs|en monger|en tosses|en looser|en whorl|en pricked
en retarding|en lars|en marion|en loin|en chapter|en heather|en brother|en quarter|en splinter|en princess|ca conos
ca banderes|ca tardes|ca monges|ca lesbos|cs příčky|cs páska|cs dárky|cs chudé|cs popelnice|da løser|da føder
da dykker|da flammer|da kikker|da slettes|nb slutt|nb slutten|nb sluttet|nb dykke|nb skiten|nb reven|nb peisen
nb oversikten|sv löser|sv skänker|sv föda|sv böner|sv beslutat|sv ansluter|sv anslutit|sv morron|sv socialismen
sv sikta|de moralische|de japanische|de monat|de gottes|nl alcoholische|nl debatteren|nl zieken|nl stadje|nl zeker
fr virage|fr battre|fr annales|fr artisanale|fr franchit|fr retarder|fr drôles|fr annonces|es cocina|es espera
es marca|es piña|es paño|es año|es francotirador|es cadáveres|pt trator|pt cereja|pt cervejaria|pt porções|it vado
it scopre|it combattere|it contatti|it signorina|it prese|ro picioare|ro negrescu|ro petele|hu vág|hu kút|hu fék
hu tengerbe|pl chodź|pl montaż|pl nocne|sk rieka|sl pitno|sh majte|lt paskaitas|lt bitė|lt greit|lv parastie
lv šķita|fi muuttaa|fi sataan|fi paksa|fi kuusta|fi montaa|et kannen|is kýs|tr açıklar|tr yaratan|tr şık|tr göl
tr geçit|az çağatay|vi đông|vi đồng|vi phúc|vi còn|vi chút|id pidato|id merata|id tangga|ms sihat|fil patakaran
fil tangayin|ext conos|en hard|en poles
"""
ROWS = [tuple(row.split()) for row in WORDS.replace("\n", "|").split("|") if row]


@pytest.mark.parametrize(("language", "word"), ROWS, ids=[f"{language} {word}" for language, word in ROWS])
def test_an_ordinary_word_is_no_form_of_a_listed_one(language: str, word: str) -> None:
    assert listed(word) == []
    assert listed(f"— {word.capitalize()}, {word}.") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Мама мыла раму", id="Russian"),
        pytest.param("Это рот, а это нос", id="Russian, three letters"),
        pytest.param("Это рок, а не рэп", id="Russian, like a word with accents"),
        pytest.param("Аз съм тук, а те ще дойдат", id="Bulgarian"),
        pytest.param("Цей рік був добрим", id="Ukrainian"),
        pytest.param("Ное направи брод", id="Macedonian"),
        pytest.param("Јар је дубок", id="Serbian"),
        pytest.param("Мама мыла раму, хлопчык", id="Belarusian"),
        pytest.param("Ο Αμ και η μαμα του", id="Greek"),
    ],
)
def test_a_word_among_others_of_its_script_is_no_latin_one(text: str) -> None:
    assert listed(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("I agree with Lars. Marion was there.", id="given names that are slips"),
        pytest.param("Sean Spicer spoke, and then Spicer left.", id="a surname that looks inflected"),
        pytest.param("Mr Dick lives upstairs.", id="behind a title"),
        pytest.param("Dr. Cumming and Frau Kuntz", id="behind a title with a stop"),
        pytest.param("Philip K. Dick wrote it.", id="behind an initial"),
        pytest.param("Nicole Gay won the race.", id="behind a given name"),
        pytest.param("Klaus Fuchs's papers", id="possessive"),
        pytest.param("Dick Whittington turned again, and Dick Cheney did not.", id="a given name before a surname"),
        pytest.param("Dyke resigned in 2004. Greg Dyke ran the BBC.", id="named later in the text"),
        pytest.param("Smith-Dyke and Dick van Dyke", id="a double name, a name behind a particle"),
        pytest.param("Shane Coon, John Lee Hooker and Johann Joseph Fux", id="three surnames"),
        pytest.param("Sheila Dikshit, Ashit, Rashit and Mrs Shittu, harshit too", id="names with a rude word inside"),
        pytest.param("By SheilaDikshit and peterharshit", id="a given name and a surname without a space"),
        pytest.param("Penistone, Scunthorpe, Cockburn, Titsworth, Zulfuqar", id="places with a rude word inside"),
        pytest.param("We met Maricao on the way, and saw Slotu.", id="a name within a sentence that looks like a slip"),
        pytest.param("The A55 and the B00 are closed.", id="roads"),
        pytest.param("CNT and FCK met.", id="initials"),
        pytest.param("Всё это сказала мама вчера.", id="letters of another script among their like"),
    ],
)
def test_a_name_is_no_listed_word(text: str) -> None:
    assert listed(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("You Dick", "Dick", id="a capital makes no name"),
        pytest.param("Donald is a Dick", "Dick", id="an article before it"),
        pytest.param("Fat Dick!", "Dick", id="an adjective before it"),
        pytest.param("mr dick", "dick", id="written small"),
        pytest.param("what a btich", "btich", id="swapped"),
        pytest.param("a bastrad", "bastrad", id="swapped, longer"),
        pytest.param("fck it", "fck", id="without its vowel"),
        pytest.param("biiitch", "biiitch", id="stretched"),
        pytest.param("pendejjo", "pendejjo", id="a letter doubled in a long word"),
        pytest.param("two spics", "spics", id="a plural"),
        pytest.param("bitching", "bitching", id="an inflection"),
        pytest.param("retardz", "retardz", id="a plural with z"),
        pytest.param("ratings by сосk", "сосk", id="letters of another script among Latin ones"),
        pytest.param("such a böllshit and bìtch", "bìtch", id="accents that no language has there"),
        pytest.param("thatbastardagain", "bastard", id="run together"),
    ],
)
def test_a_listed_word_is_still_found(text: str, found: str) -> None:
    assert found in [text[finding.start : finding.end] for finding in listed(text)]


@pytest.mark.parametrize("form", ["idiott", "idoit", "ídiot", "IDIOTS", "imbecilic", "moronz", "parasyte", "cowrad"])
def test_no_form_weighs_more_than_the_word(form: str) -> None:
    assert all(finding.score <= 1 for finding in listed(f"What an {form} this is"))


def test_a_name_that_a_newsroom_bans_is_found_beside_a_given_name() -> None:
    judge = compile_policy(load_policy("lists: [{name: own, kind: banned, words: [mandelbaum, putin]}]"))
    for text in ("Peter Mandelbaum said so", "Mr Putin", "Vladimir Putin"):
        assert any(finding.rule == "word_list" for finding in judge.judge(Comment(text), Facts()).findings)


@pytest.mark.parametrize("name", ["known_words", "given_names", "known_names", "own_words", "rude_names"])
def test_the_shipped_words_are_in_order(name: str) -> None:
    lines = [line for line in shipped_lists()[f"{name}.txt"].splitlines() if not line.startswith("#")]
    assert lines == sorted(set(lines))
    assert all(line == line.strip().lower() for line in lines)
    if name != "own_words":
        assert fold(" ".join(lines)).text == " ".join(lines)


def test_packed_words_are_found_at_both_ends_and_between() -> None:
    words = PackedWords("# a comment\nape\nbee\ncat\n")
    assert [word in words for word in ("ape", "bee", "cat", "", "ap", "apes", "dog", "# a comment")] == [
        *[True] * 3,
        *[False] * 5,
    ]
    assert "ape" not in PackedWords("")


def test_no_listed_word_is_known_as_a_word_of_its_own() -> None:
    known = known_words()
    for name in ("starter_en", "starter_world", "swearing_en"):
        for line in shipped_lists()[f"{name}.txt"].splitlines():
            assert line not in known.own
