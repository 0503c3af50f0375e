"""What the policy says about tone: nobody who asks compiles it, one site keeps none from another, and it has bounds."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from models import Site
from moderation_rules import Comment, Facts, Judge, Policy
from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.policy.document import read_settings
from service.moderation.policies import tone_in_force
from service.moderation.policies.tone_in_force import TONE, Tones, bounded
from service.wiring import Services
from tests.factories import add_policy_version, add_site
from tests.waiting import wait_until

OURS = "format: 1\nlists: [{name: ours, kind: banned, words: [zwibbel]}]\n"


@pytest.fixture
def tones(services: Services) -> Tones:
    return Tones(services)


def finds(tones: Tones, site: Site, text: str) -> bool:
    found: list[Judge] = []

    def made() -> bool:
        judge = tones.judge(site.id, 1.0)
        found.extend([] if judge is None else [judge])
        return judge is not None

    wait_until(made)
    return any(hit.rule == "word_list" for hit in found[0].judge(Comment(text), Facts()).findings)


class Compiling:
    """Compiling that stands still until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go = threading.Event()
        self.threads: list[str] = []
        self._compile = tone_in_force.compile_policy
        monkeypatch.setattr(tone_in_force, "compile_policy", self)

    def __call__(self, *args: Any, **kwargs: Any) -> Judge:
        self.threads.append(threading.current_thread().name)
        assert self.go.wait(60)
        return self._compile(*args, **kwargs)


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Compiling]:
    found = Compiling(monkeypatch)
    yield found
    found.go.set()


def test_who_asks_compiles_nothing_and_waits_for_none(services: Services, tones: Tones, compiling: Compiling) -> None:
    site, other = (add_site(services, slug=f"site{n}") for n in range(2))
    for each in (site, other):
        add_policy_version(services, each, OURS)
    assert [tones.judge(each.id, 0.0) for each in (site, other, site)] == [None] * 3
    wait_until(lambda: compiling.threads != [])
    assert tones.judge(other.id, 0.0) is None
    assert compiling.threads == ["tones"]
    compiling.go.set()
    assert finds(tones, other, "zwibbel")
    assert finds(tones, site, "zwibbel")
    assert compiling.threads == ["tones"] * 2


def test_it_is_kept_while_the_version_stands(services: Services, tones: Tones, compiling: Compiling) -> None:
    compiling.go.set()
    site, plain, other = (add_site(services, slug=f"site{n}") for n in range(3))
    add_policy_version(services, site, OURS)
    assert finds(tones, site, "zwibbel")
    assert finds(tones, site, "zwibbel")
    assert len(compiling.threads) == 1
    add_policy_version(services, site, OURS.replace("zwibbel", "plonkel"), n=2)
    assert not finds(tones, site, "zwibbel")
    # The shipped policy is one for all that go by it.
    assert not finds(tones, plain, "zwibbel")
    assert not finds(tones, other, "zwibbel")
    assert len(compiling.threads) == 3


def test_it_has_rules_about_tone_alone(services: Services, tones: Tones) -> None:
    site = add_site(services)
    add_policy_version(services, site, OURS)
    assert finds(tones, site, "zwibbel")
    judge = tones.judge(site.id, 0.0)
    assert judge is not None
    assert {rule.name for rule in judge.rules} == TONE


def test_what_fails_is_tried_again(services: Services, tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    site = add_site(services)
    add_policy_version(services, site, OURS)
    with monkeypatch.context() as broken:
        tried = threading.Event()

        def fail(*_: Any, **__: Any) -> Judge:
            tried.set()
            raise MemoryError

        broken.setattr(tone_in_force, "compile_policy", fail)
        broken.setattr(threading, "excepthook", lambda _: None)
        assert tones.judge(site.id, 0.0) is None
        assert tried.wait(60)
        wait_until(lambda: all(thread.name != "tones" for thread in threading.enumerate()))
    assert finds(tones, site, "zwibbel")


def test_a_policy_that_cannot_be_read_marks_nothing(services: Services, tones: Tones, compiling: Compiling) -> None:
    site = add_site(services)
    add_policy_version(services, site, "format: 77\n")
    assert tones.judge(site.id, 0.0) is None
    wait_until(lambda: site.id in tones._kept)
    assert tones.judge(site.id, 60.0) is None
    assert compiling.threads == []


def policy(yaml: str, **files: int) -> Policy:
    own = {f"{name}.txt": "".join(f"{name}{n}\n" for n in range(number)) for name, number in files.items()}
    return Policy(read_settings("format: 1\n" + yaml), {**shipped_lists(), **own})


def test_a_site_has_so_many_words_and_those_that_excuse_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tone_in_force, "MOST_WORDS", 100)
    said = policy(
        "lists:\n"
        "  - {name: a, kind: banned, file: a.txt}\n"
        "  - {name: b, kind: banned, file: b.txt}\n"
        "  - {name: c, kind: banned, words: [one, two]}\n"
        "  - {name: d, kind: allow, file: d.txt}\n"
        "rules: {word_list: {banned: [" + ", ".join(f"w{n}" for n in range(90)) + "], suspect: [x]}}\n",
        a=40,
        b=80,
        d=30,
    )
    found, words = bounded(said)
    kept, word_list = {own["name"] for own in found.settings["lists"]}, found.settings["rules"]["word_list"]
    assert kept & {"a", "b", "c", "d"} == {"a", "c", "d"}
    assert (word_list["banned"], word_list["suspect"]) == ([], ["x"])
    assert words <= 100
    assert len(said.settings["rules"]["word_list"]["banned"]) == 90


def test_what_is_kept_has_bounds(services: Services, tones: Tones, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = [add_site(services, slug=f"site{n}") for n in range(4)]
    for site in sites:
        add_policy_version(services, site, OURS)
    monkeypatch.setattr(tone_in_force, "MOST_KEPT", 3)
    for site in (*sites[:3], sites[0], sites[3]):
        assert finds(tones, site, "zwibbel")
    assert list(tones._kept) == [sites[2].id, sites[0].id, sites[3].id]
    # Of words, as many as two of them have.
    monkeypatch.setattr(tone_in_force, "MOST_KEPT_WORDS", 2 * tones._kept[sites[3].id].words)
    assert finds(tones, sites[1], "zwibbel")
    assert list(tones._kept) == [sites[3].id, sites[1].id]
