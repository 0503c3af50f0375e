"""Languages are offered once all is said in them."""

import pytest
from babel.messages.catalog import Catalog

from service.localization import ENGLISH, catalogue, speak, speaking
from service.localization.catalogue import is_whole


@pytest.mark.parametrize(
    ("one", "many", "whole"),
    [
        ("Freigeben", ("%(num)s Kommentar", "%(num)s Kommentare"), True),
        ("", ("%(num)s Kommentar", "%(num)s Kommentare"), False),
        ("Freigeben", ("%(num)s Kommentar", ""), False),
        ("Freigeben", ("", ""), False),
    ],
)
def test_a_catalogue_with_a_gap_is_not_offered(monkeypatch, one, many, whole):
    found = Catalog(locale="de")
    found.add("Approve", one)
    found.add(("%(num)s comment", "%(num)s comments"), many)
    monkeypatch.setattr(catalogue, "catalogue", lambda language: found)
    is_whole.cache_clear()
    speak("de")
    assert speaking() == ("de" if whole else ENGLISH)
    is_whole.cache_clear()
    speak(ENGLISH)
