import re
from random import Random

import pytest

from moderation_rules import Comment, Facts
from moderation_rules.matching.contact_data import _emails, contact_data
from moderation_rules.matching.matcher import Finder
from moderation_rules.rule import Reading


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("DE89 3704 0044 0532 0130 00", ["iban"], id="an-account-is-no-phone-number"),
        pytest.param("DE88 3704 0044 0532 0130 00", ["phone"], id="wrong-check-digits"),
        pytest.param(
            "+49 30 901820, lives at 12 Elm Road, jo@mail.example", ["phone", "postal", "email"], id="in-order"
        ),
        pytest.param("jo@mail.example jo@mail.example", ["email", "email"], id="each-once"),
        pytest.param("Call 112", [], id="short-number"),
        pytest.param("Abita in via Roma 12 o in via Milano 5", ["postal", "postal"], id="two-streets"),
        pytest.param("Er wohnt Am Alten Weg 3a", ["postal"], id="several-words"),
        pytest.param("他住在中山路12号", ["postal"], id="no-spaces"),
        pytest.param("그의 집은 벚꽃로 12번길 3", ["postal"], id="hangul"),
        pytest.param("Hij woont Kerkstraat 12, sie wohnt Hauptstraße 5", ["postal", "postal"], id="two-countries"),
        pytest.param("1600 Pennsylvania Avenue", [], id="everybody-knows"),
        pytest.param("her address is 24 St Marys Lane", ["postal"], id="saint"),
        pytest.param("the 2 Roads to 3 Courts", [], id="plural"),
        pytest.param("It was 1-0, Road to Rome.", [], id="score"),
        pytest.param("robin[at]mail[dot]example", ["email"], id="brackets"),
        pytest.param("robin7 at mail dot example", ["email"], id="digit"),
        pytest.param("stay at home dot", [], id="no-domain"),
        pytest.param("+44 (0)20 7946 0991, +1-555-010-9999", ["phone", "phone"], id="brackets-and-dashes"),
        pytest.param("+15550109999 or 0049 30 901820", ["phone", "phone"], id="with-and-without-spaces"),
        pytest.param("+" + "1234567890" * 4, [], id="more-digits-than-a-phone-number-has"),
        pytest.param("+12 and +12 345abc", [], id="fewer-digits-than-a-phone-number-has"),
    ],
)
def test_what_counts_as_contact_data(text: str, kinds: list[str]) -> None:
    assert [place.kind for place in contact_data(Reading(Comment(text), Facts()))] == kinds


@pytest.mark.parametrize(
    ("text", "home"),
    [
        pytest.param("She lives at 27 Elm Street.", True, id="lives"),
        pytest.param("He is living with his mum at 27 Elm Street", True, id="living-with"),
        pytest.param("I know where you live, 27 Elm Street", True, id="where-you-live"),
        pytest.param("27 Elm Street is where the coward lives", True, id="said-behind"),
        pytest.param("Go and egg his house, it is 27 Elm Street", True, id="whose-house"),
        pytest.param("Come to 27 Elm Street and say that again", True, id="come-to"),
        pytest.param("Jo Bloggs, 27 Elm Street", True, id="name"),
        pytest.param("Ask Mrs Bloggs, 27 Elm Street", True, id="title-and-name"),
        pytest.param("27 Elm Street, Leeds LS1 4AP", True, id="postcode"),
        pytest.param("27 Elm Street, Springfield, IL 62704", True, id="zip-code"),
        pytest.param("Lindenstraße 7, 10969 Berlin", True, id="German-postcode"),
        pytest.param("彼は桜町2丁目3番4号に住んでいる", True, id="Japanese"),
        pytest.param("84 Charing Cross Road made me cry.", False, id="book"),
        pytest.param("A Nightmare on 27 Elm Street, more like", False, id="film"),
        pytest.param("The fire at 12 King Street took the roof.", False, id="fire"),
        pytest.param("Dickens lived at 48 Doughty Street.", False, id="history"),
        pytest.param("I used to live at 12 King Street.", False, id="used-to"),
        pytest.param("His museum is at 20 Maresfield Gardens, London NW3 5SX", False, id="museum"),
        pytest.param("The town hall is at 1 High Street, York YO1 7EP", False, id="town-hall"),
        pytest.param("He lives well. The shop is at 12 King Street.", False, id="another-sentence"),
        pytest.param("Harry lives at 4 Privet Drive", False, id="story"),
        pytest.param("Sherlock Holmes lives at 221B Baker Street", False, id="Holmes"),
        pytest.param("The prime minister lives at 10 Downing Street", False, id="Downing-Street"),
        pytest.param("Das Rathaus steht in der Hauptstraße 5.", False, id="German-town-hall"),
        pytest.param("Rue de la Paix: 12 rue de la Paix a brûlé", False, id="French-fire"),
        pytest.param("Demonstran berkumpul di Jl. Melati No. 5", False, id="Indonesian-crowd"),
    ],
)
def test_an_address_is_personal_where_somebody_is_said_to_live_there(text: str, home: bool) -> None:
    kinds = {place.kind for place in contact_data(Reading(Comment(text), Facts()))}
    assert ("postal" in kinds) is home


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("Samaritans, 01632 960123", [], id="named-in-front"),
        pytest.param("01632 960123 (Samaritans)", [], id="named-behind"),
        pytest.param(f"Samaritans {'x ' * 50}01632 960123", ["phone"], id="far-away"),
        pytest.param("Samaritans\n01632 960123", ["phone"], id="another-line"),
        pytest.param(f"Samaritans\n01632 960123 {'x ' * 50} Samaritans", ["phone"], id="none-of-two"),
        pytest.param("Samaritans\n01632 960123, the Samaritans", [], id="one-of-two"),
    ],
)
def test_a_number_next_to_its_service_is_nobodys(text: str, kinds: list[str]) -> None:
    assert [place.kind for place in contact_data(Reading(Comment(text), Facts()))] == kinds


def test_services_are_looked_for_once_however_many_numbers_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    searches, find = [], Finder.find
    monkeypatch.setattr(Finder, "find", lambda self, words: searches.append(words) or find(self, words))
    reading = Reading(Comment("01632960123\n" * 400 + "gp " * 1000), Facts())
    assert len(contact_data(reading)) > 300
    assert len(searches) == 1


PLAIN_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[^\W\d_]{2,24}\b")


@pytest.mark.parametrize("seed", range(40))
def test_addresses_found_from_their_at_are_those_that_a_plain_pattern_finds(seed: int) -> None:
    random = Random(seed)
    parts = [
        "a",
        "jo.b",
        "@",
        "@",
        ".",
        ".com",
        "mail.example",
        "-",
        "+",
        " ",
        "é",
        "1",
        "_",
        "x" * 70,
        "\n",
        "@b.cc",
        ",",
    ]
    text = "".join(random.choices(parts, k=60))
    found = [(place.start, place.end) for place in _emails(text)]
    assert found == [match.span() for match in PLAIN_MAIL.finditer(text)]
