"""Rehearsals: what would change, against what people said, and nothing that moves."""

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, Job, JobState, Site, Status, Thread, new_id
from moderation_rules import PolicyError
from service.accounts.actors import Actor
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.jobs import rehearsal, repair, runner
from service.moderation.jobs.rehearsal import rehearse
from service.moderation.jobs.repair import Repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.jobs.report import rehearsed, wilson
from service.moderation.judging.worker import Worker
from service.moderation.policies.site_policy import SitePolicy, default_version
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version, add_site, add_thread
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen
from tests.plans import database_steps

HARBOUR = """format: 1
lists:
  - {name: ours, kind: banned, words: [harbourmaster], verdict: reject}
"""


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def ann(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


def judged(services: Services, thread: Thread, *texts: str) -> list[Comment]:
    """Comments as the worker has judged them by the policy in force."""
    made = [add_comment(services, thread, text) for text in texts]
    send(services.slow_redis, [(comment.id, 0) for comment in made])
    Worker(services).drain()
    return [seen(services, comment.id) for comment in made]


def result(services: Services, job_id: str) -> Any:
    with services.read() as session:
        job = session.get_one(Job, job_id)
    assert job.state is JobState.DONE, job.outcome
    return rehearsed(job.tally)


def everything(services: Services) -> list[Any]:
    with services.read() as session:
        comments = session.execute(select(Comment.id, Comment.status, Comment.revision).order_by(Comment.id)).all()
        threads = session.execute(select(Thread.id, Thread.version)).all()
        return [*comments, *threads, session.scalar(select(func.count(Decision.id)))]


def test_says_what_would_change_and_changes_nothing(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    plain, named, told = judged(
        services, thread, "A walk at the pier.", "The harbourmaster lies.", "Ask the harbourmaster again."
    )
    assert {comment.status for comment in (plain, named, told)} == {Status.APPROVED}
    apply_decisions(
        services, [DecisionRequest(told.id, "reject", ann, "insult"), DecisionRequest(plain.id, "keep", ann)]
    )
    before = everything(services)
    job = rehearse(services, ann, site, HARBOUR)
    assert job.total == 3
    assert runner.run_one(services)
    assert everything(services) == before
    found = result(services, job.id)
    assert (found.looked_at, found.replayed.hits, found.changed.hits) == (3, 3, 2)
    assert [(change.from_, change.to, change.count) for change in found.changes] == [
        ("approve", "reject", 2),
        ("approve", "approve", 1),
    ]
    # Two were read by people: one kept, one rejected. The third is the machine's own word.
    assert found.people.comments == 2
    assert (found.people.before.let_through.hits, found.people.after.let_through.hits) == (1, 0)
    assert found.people.after.stopped.hits == 0
    assert [(change.from_, change.to, change.count) for change in found.machine] == [("approve", "reject", 1)]
    assert [(rule.rule, rule.begins) for rule in found.rules] == [("word_list", 2)]
    with services.read() as session:
        tally = session.get_one(Job, job.id).tally
    assert {case["comment_id"] for case in tally["cases"]} == {named.id, told.id}


def test_what_a_job_decided_is_no_word_of_a_person(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    judged(services, thread, "A walk at the pier.", "The harbourmaster lies.")
    repair.begin(services, ann, site, Scope(status=Status.APPROVED), Repair.SPAM)
    runner.run_one(services)
    job = rehearse(services, ann, site, HARBOUR)
    runner.run_one(services)
    found = result(services, job.id)
    assert (found.replayed.hits, found.people.comments) == (2, 0)


def test_a_broken_policy_is_not_rehearsed(services: Services, site: Site, ann: Actor) -> None:
    with pytest.raises(PolicyError):
        rehearse(services, ann, site, "rules: [1]\n")
    assert not runner.run_one(services)


@pytest.mark.parametrize(("scope", "total"), [({"comments": 2}, 2), ({"days": 1}, 3), ({}, 3)], ids=str)
def test_over_the_last_ones(
    services: Services, site: Site, thread: Thread, ann: Actor, scope: dict[str, int], total: int
) -> None:
    judged(services, thread, "One.", "Two and more.", "The harbourmaster.")
    job = rehearse(services, ann, site, HARBOUR, **scope)
    runner.run_one(services)
    assert result(services, job.id).looked_at == total


def test_what_cannot_be_replayed_is_not_guessed(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    (known, unknown, never) = (
        judged(services, thread, "The harbourmaster.")[0],
        judged(services, thread, "Also of the harbourmaster.")[0],
        add_comment(services, thread, "Not judged yet"),
    )
    with services.write() as session:
        decision = session.scalars(select(Decision).where(Decision.comment_id == unknown.id)).one()
        session.execute(Decision.__table__.update().where(Decision.id == decision.id).values(facts={}))  # type: ignore[attr-defined]
    job = rehearse(services, ann, site, HARBOUR)
    runner.run_one(services)
    found = result(services, job.id)
    assert (found.replayed.hits, found.replayed.of) == (1, 3)
    assert found.not_replayed == {"never_judged": 1, "no_facts": 1}
    assert seen(services, never.id).status is Status.RECEIVED
    assert decisions(services, known.id)[0].facts


def test_the_policy_of_then_is_made_ready_once(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(services, thread, "A walk at the pier.", "The harbourmaster lies.")
    add_policy_version(services, site, HARBOUR)
    judged(services, thread, "Another walk.", "Ask at the pier.", "No, ask at the station.")
    made: list[str | None] = []

    def policy_at(session: Session, site: Site, version: str | None, today: date) -> SitePolicy | None:
        made.append(version)
        return None

    monkeypatch.setattr(rehearsal, "policy_at", policy_at)
    monkeypatch.setattr(rehearsal, "CHUNK", 1)
    job = rehearse(services, ann, site, HARBOUR)
    assert runner.run_one(services)
    assert result(services, job.id).looked_at == 5
    assert made == ["1", default_version()]


# Steps are SQLite's.
@pytest.mark.parametrize("services", ["sqlite"], indirect=True)
def test_a_chunk_takes_no_more_steps_where_there_are_more_comments(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "CHUNK", 2)
    taken: list[int] = []
    for more in (5, 60):
        judged(services, thread, *(f"A walk at pier {n}." for n in range(more)))
        rehearse(services, ann, site, HARBOUR)
        job = runner.take(services)
        assert job is not None
        with database_steps(services) as steps:
            runner.run_chunk(services, job)
        taken.append(steps[0])
        while runner.run_chunk(services, job):
            pass
    assert taken[1] < taken[0] + 200


def test_a_killed_worker_is_followed_by_another(
    services: Services,
    site: Site,
    thread: Thread,
    ann: Actor,
    fixed_clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged(services, thread, *(f"Remark {n} on the harbourmaster." for n in range(7)))
    monkeypatch.setattr(rehearsal, "CHUNK", 3)
    job = rehearse(services, ann, site, HARBOUR)
    lost = runner.take(services)
    assert lost is not None
    assert runner.run_chunk(services, lost)
    # It is gone now, without a word. Nobody takes its job before its claim runs out.
    assert runner.take(services) is None
    fixed_clock.advance(minutes=3)
    successor = runner.take(services)
    assert successor is not None
    assert successor.done == 3
    # The lost one comes back to life: it must not write beside its successor.
    with pytest.raises(runner.Superseded):
        runner.run_chunk(services, lost)
    while runner.run_chunk(services, successor):
        pass
    found = result(services, job.id)
    assert (found.looked_at, found.changed.hits) == (7, 7), "each comment once"
    assert not runner.run_one(services)


def test_stops_between_pages_and_goes_on_later(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(services, thread, "One.", "Two.", "Three of them.")
    monkeypatch.setattr(rehearsal, "CHUNK", 1)
    job = rehearse(services, ann, site, HARBOUR)
    stop = threading.Event()
    stop.set()
    assert runner.run_one(services, stop)
    with services.read() as session:
        waiting = session.get_one(Job, job.id)
    assert (waiting.state, waiting.done) == (JobState.WAITING, 1)
    assert runner.run_one(services)
    assert result(services, job.id).looked_at == 3


def test_a_job_that_always_fails_is_given_up(
    services: Services, site: Site, thread: Thread, ann: Actor, fixed_clock: FixedClock
) -> None:
    job = rehearse(services, ann, site, HARBOUR)
    with services.write() as session:
        session.get_one(Job, job.id).asked = {"low": ""}
    for _ in range(runner.MOST_ATTEMPTS):
        assert runner.run_one(services)
        fixed_clock.advance(minutes=5)
    with services.read() as session:
        assert (session.get_one(Job, job.id).state, session.get_one(Job, job.id).outcome) == (
            JobState.FAILED,
            "KeyError",
        )
    assert not runner.run_one(services)


@pytest.mark.parametrize(
    ("thread_more", "text", "expected"),
    [
        ({}, "A walk at the pier.", Status.APPROVED),
        ({"mode": "obituary"}, "A walk at the pier.", Status.PENDING),
        ({"mode": "manual"}, "A walk at the pier.", Status.PENDING),
        ({"mode": "no_such_preset"}, "A walk at the pier.", Status.APPROVED),
        ({"tags": ["Trial"]}, "A walk at the pier.", Status.PENDING),
        ({"tags": ["sport"]}, "A walk at the pier.", Status.APPROVED),
        ({"section": "local"}, "The harbourmaster.", Status.REJECTED),
        ({"section": "world"}, "The harbourmaster.", Status.APPROVED),
        ({"key": "special"}, "The harbourmaster.", Status.PENDING),
    ],
    ids=str,
)
def test_sections_threads_and_presets(
    services: Services, site: Site, thread_more: dict[str, Any], text: str, expected: Status
) -> None:
    policy = """format: 1
sections:
  local: {lists: [{name: ours, kind: banned, words: [harbourmaster], verdict: reject}]}
threads:
  special: obituary
switches:
  - {preset: court_case, tags: [trial]}
"""
    add_policy_version(services, site, policy)
    thread = add_thread(services, site, **({"key": "article-1"} | thread_more))
    (comment,) = judged(services, thread, text)
    assert comment.status is expected


def test_wilson_against_known_values() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263, and 0 of 20.
    share = wilson(81, 263)
    assert (share.low, share.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
    none = wilson(0, 20)
    assert (none.low, none.high) == (0.0, pytest.approx(0.1611, abs=1e-4))
    assert wilson(0, 0).share is None


def test_rehearsed_here_says_the_same_and_keeps_nothing(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "CHUNK", 2)
    judged(services, thread, "A walk at the pier.", "The harbourmaster lies.", "One more.", "Two more.", "Three more.")
    job = rehearse(services, ann, site, HARBOUR, comments=4)
    runner.run_one(services)
    before = everything(services)
    pages = [
        (job.done, job.total, job.tally) for job in rehearsal.rehearse_in_process(services, site, HARBOUR, comments=4)
    ]
    assert [(done, total) for done, total, _ in pages] == [(2, 4), (4, 4)]
    assert rehearsed(pages[-1][2]) == result(services, job.id)
    assert everything(services) == before
    with services.read() as session:
        assert session.scalar(select(func.count(Job.id))) == 1
    with pytest.raises(PolicyError):
        next(rehearsal.rehearse_in_process(services, site, "mood: 1"))


def test_what_could_not_be_checked_is_not_among_what_was_found(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    judged(services, thread, "A calm remark. " * 20_000 + "The harbourmaster lies.", "The harbourmaster lies.")
    job = rehearse(services, ann, site, HARBOUR)
    runner.run_one(services)
    with services.read() as session:
        cases = session.get_one(Job, job.id).tally["cases"]
    assert [[found["rule"] for found in case["findings"]] for case in cases] == [["word_list"]] * 2
