import pytest

from moderation_rules import Comment, Facts
from moderation_rules.matching.contact_data import contact_data
from moderation_rules.rule import Reading


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        pytest.param("DE89 3704 0044 0532 0130 00", ["iban"], id="an-account-is-no-phone-number"),
        pytest.param("DE88 3704 0044 0532 0130 00", ["phone"], id="wrong-check-digits"),
        pytest.param("+49 30 901820, 12 Elm Road, jo@mail.example", ["phone", "postal", "email"], id="in-order"),
        pytest.param("jo@mail.example jo@mail.example", ["email", "email"], id="each-once"),
        pytest.param("Call 112", [], id="short-number"),
        pytest.param("Via Roma 12 or Via Milano 5", ["postal", "postal"], id="two-streets"),
        pytest.param("Am Alten Weg 3a", ["postal"], id="several-words"),
        pytest.param("他住在中山路12号", ["postal"], id="no-spaces"),
        pytest.param("벚꽃로 12번길 3", ["postal"], id="hangul"),
        pytest.param("Kerkstraat 12 en Hauptstraße 5", ["postal", "postal"], id="two-countries"),
        pytest.param("1600 Pennsylvania Avenue", [], id="everybody-knows"),
        pytest.param("24 St Marys Lane", ["postal"], id="saint"),
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
