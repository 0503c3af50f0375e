"""The sections that a list may be narrowed to are offered, and found in any case."""

from typing import Any

import pytest

from service.desk.queue.lists import sections
from tests.factories import add_thread


def offered(page: str) -> list[str]:
    """What the field for a section offers."""
    given = page.partition('<datalist id="sections">')[2].partition("</datalist>")[0]
    return [part.partition('"')[0] for part in given.split('value="')[1:]]


@pytest.mark.parametrize("path", ["/moderate/", "/moderate/investigate"])
def test_sections_are_offered_and_meant_in_any_case(
    services: Any, site: Any, newsroom: Any, elsewhere: Any, boss: Any, stranger: Any, path: str
) -> None:
    for n, name in enumerate(["Straßen", "sport", "Sport", "sport", None, "<b>"]):
        add_thread(services, site, key=f"t{n}", section=name)
    add_thread(services, elsewhere.site, key="t", section="Other")
    assert offered(boss.get(path).get_data(as_text=True)) == ["&lt;b&gt;", "Sport", "sport", "Straßen"]
    assert offered(stranger.get(path).get_data(as_text=True)) == ["Other"]
    for typed, meant in (("STRASSEN", "Stra%C3%9Fen"), ("SPORT", "Sport")):
        answer = boss.get(path, query_string={"section": typed})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?section={meant}")
    for as_it_is in ("sport", "none", "Other", ""):
        assert boss.get(path, query_string={"section": as_it_is}).status_code == 200


def test_more_are_not_offered_than_a_list_can_hold(
    services: Any, site: Any, newsroom: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections, "SECTIONS_MOST", 2)
    for name in "cab":
        add_thread(services, site, key=name, section=name)
    assert offered(boss.get("/moderate/").get_data(as_text=True)) == ["a", "b"]


def test_rules_are_chosen_by_their_titles(newsroom: Any, boss: Any) -> None:
    page = boss.get("/moderate/investigate", query_string={"rule": "link_count"}).get_data(as_text=True)
    assert '<option value="link_count" selected>Links</option>' in page
    page = boss.get("/moderate/investigate?rule=gone_rule").get_data(as_text=True)
    assert '<option value="gone_rule" selected>' in page
