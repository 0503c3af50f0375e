"""Compiled policies have room for so many words of all sites; the ones asked for longest ago make room."""

import gc
import weakref

import pytest
from prometheus_client import REGISTRY

from service.moderation.policies import in_force, site_policy
from service.moderation.policies.in_force import Policies
from service.wiring import Services
from tests.factories import add_policy_version, add_site


def lists(*words: str) -> str:
    return f"lists: [{{name: ours, kind: banned, words: [{', '.join(words)}]}}]"


def made(why: str) -> float:
    return REGISTRY.get_sample_value("rejoinder_policies_compiled_total", {"why": why}) or 0.0


class Kept:
    """Which sites' policies are kept after some were asked for, one after the other."""

    def __init__(self, services: Services, documents: dict[str, str], *, freeze: bool = False) -> None:
        self._services, self._policies = services, Policies(freeze=freeze)
        self._sites = {}
        for slug, document in documents.items():
            site = add_site(services, slug)
            add_policy_version(services, site, document)
            self._sites[slug] = site.id

    def after(self, *slugs: str) -> list[str]:
        today = self._services.clock.now().date()
        for slug in slugs:
            with self._services.read() as session:
                found = self._policies.of(session, [self._sites[slug]], today)
            assert found[self._sites[slug]].readable
        return [slug for slug, site_id in self._sites.items() if site_id in self._policies._compiled]


@pytest.fixture(autouse=True)
def _room_for_four_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "MOST_WORDS", 4)
    monkeypatch.setattr(in_force, "WORDS_OF_A_SITE", 0)
    monkeypatch.setattr(in_force, "WORDS_OF_A_MATCHER", 0)


def test_those_asked_for_longest_ago_make_room(services: Services) -> None:
    two = {"herald": lists("zwibbel", "plonkel"), "mail": lists("grumfel", "wamble"), "post": lists("snurk", "blorf")}
    kept = Kept(services, two)
    new, again = made("new"), made("again")
    assert kept.after("herald", "mail", "herald", "post") == ["herald", "post"]
    assert (made("new") - new, made("again") - again) == (3, 0)
    assert kept.after("mail") == ["mail", "post"]
    assert (made("new") - new, made("again") - again) == (3, 1)


class _Ring:
    """Only the collector finds out that nobody needs it."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_kept_is_looked_through_only_where_something_was_given_up(services: Services) -> None:
    three = {"herald": lists("zwibbel"), "mail": lists("plonkel"), "post": lists("snurk", "blorf", "wamble")}
    kept = Kept(services, three, freeze=True)
    gc.collect()
    ring = _Ring()
    gone = weakref.ref(ring)
    kept.after("herald")
    del ring
    kept.after("mail")
    assert gone() is not None
    assert kept.after("post") == ["mail", "post"]
    assert gone() is None


def test_lists_that_sites_have_alike_count_once(services: Services) -> None:
    alike = lists("zwibbel", "plonkel", "grumfel")
    kept = Kept(services, {"herald": alike, "mail": alike, "post": alike, "echo": lists("snurk")})
    assert kept.after("herald", "mail", "post", "echo") == ["herald", "mail", "post", "echo"]


def test_words_of_the_rule_count_and_the_last_one_always_has_room(services: Services) -> None:
    many = "rules: {word_list: {banned: [zwibbel, plonkel, grumfel], allow: [snurk, blorf]}}"
    kept = Kept(services, {"herald": lists("wamble"), "mail": many})
    assert kept.after("herald", "mail") == ["mail"]


def test_words_of_layers_that_are_looked_for_with_the_others_count(services: Services) -> None:
    layered = lists("zwibbel") + "\nsections: {sport: {lists: [{name: more, kind: banned, words: [plonkel]}]}}"
    kept = Kept(services, {"herald": layered, "mail": lists("grumfel", "wamble"), "post": lists("snurk")})
    assert kept.after("herald", "mail") == ["herald", "mail"]
    assert kept.after("post") == ["mail", "post"]


def test_words_of_layers_count(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_policy, "MOST_SHARED", 0)
    layered = lists("zwibbel") + "\nsections: {sport: {lists: [{name: more, kind: banned, words: [plonkel]}]}}"
    kept = Kept(services, {"herald": layered, "mail": lists("grumfel")})
    assert kept.after("herald", "mail") == ["herald", "mail"]
    for _, policy in kept._policies._compiled.values():
        policy.judge_for(section="sport", thread="t", mode=None)
    # With its own words such a judge has those of the shipped lists.
    assert kept.after("mail") == ["mail"]
