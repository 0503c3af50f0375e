"""Names that show what they are, and those that only look so."""

import pytest

from service.accounts.names import readable
from service.accounts.site_administration import change_site, check_site_name
from service.errors import Invalid

TRICKS = [
    pytest.param("\u202enimda", id="turned around"),
    pytest.param("Ad\u2066min", id="isolated"),
    pytest.param("Ad\u200bmin", id="zero width"),
    pytest.param("Ad\u200cmin", id="non-joiner between Latin letters"),
    pytest.param("Ad\u00admin", id="soft hyphen"),
    pytest.param("\ufeffAdmin", id="byte order mark"),
    pytest.param("\u200d", id="joiner alone"),
    pytest.param("\u3164", id="Hangul filler"),
    pytest.param("\u2800", id="empty Braille"),
    pytest.param("\u0301", id="an accent on nothing"),
    pytest.param("\x1b[31mAdmin", id="terminal"),
    pytest.param("Ad\u2028min", id="line separator"),
    pytest.param("", id="nothing"),
]
NAMES = ["Mo", "Zoë O’Hara-Núñez", "نورا", "علی\u200cرضا", "שרה", "क्\u200dष", "李小龙", "R2", "Łucja 🦊", "e\u0301a"]


@pytest.mark.parametrize("name", TRICKS)
def test_a_name_that_hides_something(services, site, name):
    assert not readable(name)
    with pytest.raises(Invalid):
        change_site(services, None, site.id, settings={"staff_names": ["Mo", name]})


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script(services, site, name):
    assert readable(name)
    assert check_site_name(name) == name
    change_site(services, None, site.id, settings={"staff_names": [name]})


@pytest.mark.parametrize("name", ["\u202eetteZag", "\x1b[31mGazette", "\u200b"], ids=ascii)
def test_a_sites_name(services, site, name):
    with pytest.raises(Invalid) as refused:
        change_site(services, None, site.id, name=name)
    assert [error.field for error in refused.value.errors] == ["name"]
