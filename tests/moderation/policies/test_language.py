"""The language of a comment: looked up where the site's policy asks, stored with the decision, used again."""

from typing import Any

import pytest
from sqlalchemy import update

from models import ActorKind, Comment, Decision, Job, Site, Status, Thread, new_id
from service.accounts.actors import Actor
from service.moderation.jobs import runner
from service.moderation.jobs.rehearsal import rehearse
from service.moderation.jobs.report import rehearsed
from service.moderation.judging.worker import Worker
from service.moderation.policies import site_policy
from service.queue.stream import send
from service.wiring import Services
from tests.environment import unavailable
from tests.factories import add_comment, add_policy_version, add_site, add_thread
from tests.lookups import decisions, seen

GERMAN = "Das hätte man die Leute vor Ort vorher fragen müssen, ihr Dussel."
ENGLISH = "The council should have asked the people who live there, you dussel."
LISTED = """format: 1
lists:
  - {name: german, kind: banned, language: de, words: [dussel], verdict: reject}
"""


@pytest.fixture(autouse=True)
def with_the_extra() -> None:
    if site_policy.detector() is None:
        unavailable("pycld2")


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_policy, "detector", lambda: None)


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def judged(services: Services, thread: Thread, *texts: str) -> list[tuple[Comment, Decision]]:
    """Comments as the worker judges them, each with the decision."""
    made = [add_comment(services, thread, text) for text in texts]
    send(services.slow_redis, [(comment.id, 0) for comment in made])
    Worker(services).drain()
    return [(seen(services, comment.id), decisions(services, comment.id)[-1]) for comment in made]


def test_it_is_stored_with_the_decision(services: Services, site: Site, thread: Thread) -> None:
    add_policy_version(services, site, LISTED)
    found = judged(services, thread, GERMAN, ENGLISH, "Dussel!", "Nothing of the kind is in this comment.")
    assert [(comment.status, decision.facts.get("language")) for comment, decision in found] == [
        (Status.REJECTED, "de"),
        # The same letters in a text that is known to be in another language are another word.
        (Status.APPROVED, "en"),
        (Status.PENDING, "und"),
        (Status.APPROVED, None),
    ]
    assert found[1][1].findings == []
    assert [finding.get("doubtful", False) for finding in found[2][1].findings] == [True]


@pytest.mark.parametrize(("held", "found"), [(True, "en"), (False, None)])
def test_of_what_waits_it_is_known_whoever_asks(services: Services, held: bool, found: str | None) -> None:
    """A person looks for what is in their language. Of what nobody looks at it would cost more than it is worth."""
    site = add_site(services, "plain", first_comments_held=held)
    ((comment, decision),) = judged(services, add_thread(services, site), ENGLISH)
    assert comment.status is (Status.PENDING if held else Status.APPROVED)
    assert (comment.language, decision.facts.get("language")) == (found, found)


def test_without_the_extra_it_is_not_known(
    services: Services, site: Site, thread: Thread, without_the_extra: None
) -> None:
    add_policy_version(services, site, LISTED)
    ((comment, decision),) = judged(services, thread, GERMAN)
    assert comment.status is Status.PENDING
    assert "language" not in decision.facts


def test_the_pages_language_is_what_is_expected(services: Services, site: Site) -> None:
    danish = add_thread(services, site, "d", language="da")
    found = judged(services, danish, GERMAN, "Det skulle man have spurgt folk om først, tak.", "Ja!")
    assert [[finding["rule"] for finding in decision.findings] for _, decision in found] == [["wrong_language"], [], []]
    assert [decision.facts.get("language") for _, decision in found] == ["de", "da", None]


def test_the_sites_language_stands_in_for_the_pages(services: Services) -> None:
    site = add_site(services, "zeitung", first_comments_held=False, language="de-AT")
    ((_, german), (_, english)) = judged(services, add_thread(services, site), GERMAN, ENGLISH)
    assert german.findings == []
    assert [finding["message"] for finding in english.findings] == ["written in English; expected here: German"]


def rehearsal_of(services: Services, site: Site, document: str) -> Any:
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    job = rehearse(services, ann, site, document)
    assert runner.run_one(services)
    with services.read() as session:
        return rehearsed(session.get_one(Job, job.id).tally)


def test_a_rehearsal_goes_by_the_stored_one(services: Services, site: Site, thread: Thread) -> None:
    add_policy_version(services, site, LISTED.replace("reject", "pending"))
    ((_, first), (_, second)) = judged(services, thread, GERMAN, ENGLISH)
    with services.write() as session:
        # As another release might have found them.
        session.execute(update(Decision).where(Decision.id == first.id).values(facts=first.facts | {"language": "und"}))
        session.execute(
            update(Decision).where(Decision.id == second.id).values(facts=second.facts | {"language": "de"})
        )
    found = rehearsal_of(services, site, LISTED)
    assert (found.replayed.hits, found.changed.hits) == (2, 1)
    assert {(change.from_, change.to) for change in found.changes} == {("pending", "pending"), ("approve", "reject")}


def test_a_rehearsal_finds_out_what_nobody_had_asked(services: Services, site: Site, thread: Thread) -> None:
    judged(services, thread, GERMAN, ENGLISH)
    found = rehearsal_of(services, site, LISTED)
    assert found.replayed.hits == 2
    assert sorted((change.from_, change.to) for change in found.changes) == [
        ("approve", "approve"),
        ("approve", "reject"),
    ]
