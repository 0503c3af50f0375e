"""What words mean by what stands around them."""

import pytest

from moderation_rules import Comment, Facts
from moderation_rules.lists.inflections import plurals
from moderation_rules.lists.word_lists import Entry, ListError, ListKind, WordList
from moderation_rules.matching.context.phrases import ORDER, phrases_from_text
from moderation_rules.matching.context.reported import BEFORE_ORDERS, is_denied, is_reported
from moderation_rules.matching.context.senses import is_honest, read_senses
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder
from moderation_rules.rule import Reading
from moderation_rules.rules.word_list import without_excused
from moderation_rules.text.folding import fold


@pytest.mark.parametrize(
    ("phrase", "forms"),
    [
        pytest.param("great tit", {"great tits"}, id="last-word"),
        pytest.param("chink in the armour", {"chinks in the armour", "chink in the armours"}, id="first-noun"),
        pytest.param("gypsy", {"gypsies"}, id="y"),
        pytest.param("monkey", {"monkeys"}, id="vowel-and-y"),
        pytest.param("finch", {"finches"}, id="hissing"),
    ],
)
def test_plurals(phrase: str, forms: set[str]) -> None:
    assert set(plurals(phrase)) == forms


@pytest.mark.parametrize(
    ("text", "guilty"),
    [
        pytest.param("two nincompoop biscuits", False, id="plural"),
        pytest.param("the nincompoop biscuit's taste", False, id="possessive"),
        pytest.param("the nincompoop biscuits' taste", False, id="plural-and-possessive"),
        pytest.param("a nincompoop of the mill", False, id="phrase"),
        pytest.param("nincompoops of the mill", False, id="plural-inside-a-phrase"),
        pytest.param("nincompoops", True, id="banned-itself"),
    ],
)
def test_an_allowed_phrase_stands_for_its_plural_and_possessive(text: str, guilty: bool) -> None:
    banned = WordList("bad", ListKind.BANNED, (Entry("nincompoop"), Entry("nincompoops")))
    allowed = (Entry("nincompoop biscuit"), Entry("nincompoop of the mill"))
    finder = Finder([banned, WordList("good", ListKind.ALLOW, allowed)])
    assert bool(without_excused(finder.find(Words(fold(text))))) is guilty


def test_no_plural_of_an_allowed_word_excuses_a_listed_word() -> None:
    banned = WordList("bad", ListKind.BANNED, (Entry("twits"),))
    finder = Finder([WordList("good", ListKind.ALLOW, (Entry("twit"),)), banned])
    assert without_excused(finder.find(Words(fold("twits"))))


@pytest.mark.parametrize(
    ("text", "honest"),
    [
        pytest.param("a nincompoop in the river", True, id="company"),
        pytest.param("a nincompoop in flooded land", True, id="ending"),
        pytest.param("you nincompoop of the river", False, id="called"),
        pytest.param("he's a total nincompoop by the river", False, id="said-of-somebody"),
        pytest.param("stupid nincompoop, river", False, id="scorn"),
        pytest.param("the word nincompoop", True, id="spoken-about"),
        pytest.param("they called my mother a nincompoop", True, id="was-called"),
        pytest.param("they called you a nincompoop", False, id="called-you"),
        pytest.param("nincompoop etymology", True, id="company-of-all"),
        pytest.param("a nincompoop again", None, id="nothing-tells"),
    ],
)
def test_the_sense_of_a_word(text: str, honest: bool | None) -> None:
    company = read_senses("# how\n*: etymology\nnincompoop,nincompoops: river flood")
    words = Words(Reading(Comment(text), Facts()).folded)
    (match,) = Finder([WordList("bad", ListKind.BANNED, (Entry("nincompoop"),))]).find(words)
    assert is_honest(match, words, company) is honest


def test_phrases_with_alternatives_leads_and_orders() -> None:
    phrases = phrases_from_text("# what\n$i = [i|we] will|imma\n<i> [eat|bite] you\n!go [away|home]\nso [a|b]")
    assert phrases.by_lead == {"i": ("eat you", "bite you"), ORDER: ("go away", "go home"), "": ("so a", "so b")}
    assert phrases.leads["i"].search("that we  will ")
    assert phrases.leads["i"].search("imma ")
    assert not phrases.leads["i"].search("semi will ")


@pytest.mark.parametrize(
    ("before", "order"),
    [
        pytest.param("", True, id="beginning"),
        pytest.param("You liar. ", True, id="next-sentence"),
        pytest.param("Just ", True, id="just"),
        pytest.param("why don't you go and ", True, id="go-and"),
        pytest.param("You could ", False, id="could"),
        pytest.param("nobody should have to ", False, id="to"),
    ],
)
def test_what_is_an_order(before: str, order: bool) -> None:
    assert (BEFORE_ORDERS.search(fold(before).text) is not None) is order


@pytest.mark.parametrize(
    ("before", "denied"),
    [
        pytest.param("nobody ", True, id="nobody"),
        pytest.param("I don’t think that he ", True, id="do-not-think"),
        pytest.param("никто ", True, id="Russian"),
        pytest.param("I will not rest until I ", False, id="until"),
        pytest.param("Not now. I ", False, id="another-clause"),
        pytest.param("no I ", False, id="no-and-I"),
    ],
)
def test_what_is_denied(before: str, denied: bool) -> None:
    folded = fold(before).text
    assert is_denied(folded + "bite", len(folded)) is denied


@pytest.mark.parametrize(
    ("before", "after", "reported"),
    [
        pytest.param('He told her "', '" twice', True, id="quoted"),
        pytest.param("«", "» кричал он", True, id="quoted-in-Russian"),
        pytest.param("They shouted at me. ", "", False, id="another-sentence"),
        pytest.param("A man told my wife ", ".", True, id="told-right-before"),
        pytest.param("I told you ", ".", False, id="said-now"),
        pytest.param('"', '"', False, id="quotation-marks-alone"),
        pytest.param('He said "no". ', "", False, id="behind-a-quotation"),
    ],
)
def test_what_is_told_of_somebody_else(before: str, after: str, reported: bool) -> None:
    start = len(fold(before).text)
    text = fold(f"{before}I bite{after}").text
    assert is_reported(text, start, start + len("I bite")) is reported


@pytest.mark.parametrize("text", ["<nobody> harms you", "$i = i will\n$i = we will\n<i> harm you"])
def test_a_lead_is_said_once_and_first(text: str) -> None:
    with pytest.raises(ListError, match="lead"):
        phrases_from_text(text)
