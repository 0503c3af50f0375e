"""What a writer reads of a refusal: in their language where there are words, with the clause."""

import pytest

from models import Ground, ReasonDetails, SiteSettings
from service.accounts.site_administration import checked
from service.errors import Invalid
from service.moderation.reasons import REASONS, offered, words_for

GERMAN = SiteSettings(
    language="de",
    reasons={"rude": "Das war unhöflich.", "law": "Das ist verboten."},
    reason_details={
        "rude": ReasonDetails(label="Rude", words={"en": "That was rude.", "pt-BR": "Foi rude."}, key="x"),
        "law": ReasonDetails(ground=Ground.ILLEGAL, clause="§ 185 StGB"),
    },
)


@pytest.mark.parametrize(
    ("settings", "code", "languages", "text"),
    [
        pytest.param(GERMAN, "rude", ["en", "de"], "That was rude.", id="the-comments"),
        pytest.param(GERMAN, "rude", ["en-GB"], "That was rude.", id="its-main-language"),
        pytest.param(GERMAN, "rude", ["pt-br"], "Foi rude.", id="in-any-case"),
        pytest.param(GERMAN, "rude", ["de-AT", "en"], "Das war unhöflich.", id="the-sites-own-first"),
        pytest.param(GERMAN, "rude", ["fr", "en"], "That was rude.", id="the-next-one"),
        pytest.param(GERMAN, "rude", ["fr"], "Das war unhöflich.", id="else-the-sites"),
        pytest.param(GERMAN, "law", [], "Das ist verboten. (§ 185 StGB)", id="with-its-clause"),
        pytest.param(SiteSettings(), "insult", ["de"], "Er greift jemanden an oder beleidigt jemanden.", id="shipped"),
        pytest.param(SiteSettings(), "insult", ["en", "de"], REASONS["insult"], id="shipped-in-english"),
        pytest.param(SiteSettings(), "insult", ["sv", "pl"], "Atakuje lub obraża kogoś.", id="shipped-in-the-next-one"),
        pytest.param(SiteSettings(), "typed freely", ["sv"], "It goes against the rules of this site.", id="no-code"),
        pytest.param(SiteSettings(), "typed freely", ["fr-CA"], "Il est contraire aux règles de ce site.", id="french"),
    ],
)
def test_words(settings, code, languages, text):
    assert words_for(settings, code, languages) == text


def test_each_reason_has_a_key_of_its_own():
    assert [(one.code, one.label, one.key) for one in offered(GERMAN)] == [("rude", "Rude", "x"), ("law", "Law", "1")]
    many = SiteSettings(reasons={f"r{n}": "No." for n in range(12)}, reason_details={"r5": ReasonDetails(key="1")})
    keys = [one.key for one in offered(many)]
    assert keys[5] == "1"
    assert [key for key in keys if key] == [*"23456", "1", *"789"]


def test_the_old_form_of_settings_is_read_and_kept():
    assert checked({"reasons": {"rude": "Rude."}}).reason_details == {}


@pytest.mark.parametrize(
    "details",
    [
        pytest.param({"a": {"key": "x"}, "b": {"key": "x"}}, id="one-key-twice"),
        pytest.param({"a": {"key": "0"}}, id="the-key-of-no-reason"),
        pytest.param({"a": {"key": "xy"}}, id="two-keys"),
        pytest.param({"a": {"words": {"German": "Nein."}}}, id="no-language"),
        pytest.param({"a": {"words": {"de": "x" * 301}}}, id="long-words"),
        pytest.param({"a": {"label": "x" * 61}}, id="long-label"),
        pytest.param({"a": {"clause": "x" * 101}}, id="long-clause"),
        pytest.param({"a": {"ground": "taste"}}, id="no-ground"),
        pytest.param({"a": {"strikes": -1}}, id="strikes"),
        pytest.param({"a": {"days": 0}}, id="days"),
        pytest.param({"A b": {}}, id="no-code"),
    ],
)
def test_details_that_no_part_could_work_with(details):
    with pytest.raises(Invalid):
        checked({"reasons": {"a": "A.", "b": "B."}, "reason_details": details})
