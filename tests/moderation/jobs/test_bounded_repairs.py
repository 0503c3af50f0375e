"""Repairs cost by what they change: a count answers within bounds, a step looks at so many comments and no more, and
what came or was edited after the count is left alone."""

from datetime import timedelta
from itertools import count as numbers
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import update

from models import ActorKind, Decision, Job, Site, Status, Thread, new_id
from service.accounts.actors import Actor
from service.errors import Invalid
from service.moderation.jobs import repair, repair_count, repair_scope, runner
from service.moderation.jobs.repair import Repair, begin, begin_undo, count
from service.moderation.jobs.repair_scope import Scope
from service.moderation.set_aside.hold import hold
from service.wiring import Services
from tests.factories import add_site, add_thread, comment_in_status, edit, finding, move_comment
from tests.lookups import seen
from tests.plans import whole_tables_read


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def ann(site: Site) -> Actor:
    return moderator_of(site)


def moderator_of(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "admin"})


def held(services: Services, thread: Thread, how_many: int, *rules: str) -> list[str]:
    """Comments that a policy holds, for these rules."""
    found = [finding(rule) for rule in rules]
    return [comment_in_status(services, thread, findings=found).id for _ in range(how_many)]


def done(services: Services, job: Job) -> Job:
    while runner.run_one(services):
        pass
    with services.read() as session:
        return session.get_one(Job, job.id)


SCOPES: dict[str, dict[str, Any]] = {
    "all": {},
    "rule": {"rule": "link_count"},
    "version": {"policy_version": "1"},
    "status": {"status": Status.PENDING},
    "thread": {"thread": "article-1"},
    "section": {"section": "sports"},
    "rule in a thread": {"rule": "link_count", "thread": "article-1"},
    "rule of a version": {"rule": "link_count", "policy_version": "1"},
}


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_no_scope_reads_a_whole_table(services: Services, scope: dict[str, Any]) -> None:
    site = add_site(services)
    thread = add_thread(services, site, section="sports")
    for rule in ("link_count", "shouting"):
        comment_in_status(services, thread, findings=[finding(rule)])
    with services.write() as session:
        session.execute(update(Decision).values(policy_version="1"))
    ann = moderator_of(site)
    with whole_tables_read(services) as found:
        changed = count(services, ann, site, Scope(**scope), Repair.REJECT).counts["changed"]
        job = done(services, begin(services, ann, site, Scope(**scope), Repair.REJECT))
        done(services, begin_undo(services, ann, job.id))
    assert changed == (1 if "rule" in scope else 2)
    assert job.tally["counts"]["changed"] == changed
    if services.settings.sqlite and "rule" in scope:
        # It has no index for a rule: a count of all that one found reads the decisions once.
        found = [plan for plan in found if "SCAN decision" not in plan]
    assert found == []


@pytest.mark.parametrize("scope", [Scope(), Scope(status=Status.PENDING), Scope(rule="shouting")], ids=repr)
def test_what_somebody_set_aside_waits_for_a_person(
    services: Services, site: Site, thread: Thread, ann: Actor, scope: Scope
) -> None:
    kept, moved = held(services, thread, 2, "shouting")
    hold(services, ann, kept, until=services.clock.now() + timedelta(hours=1))
    assert count(services, ann, site, scope, Repair.REJECT).counts["changed"] == 1
    done(services, begin(services, ann, site, scope, Repair.REJECT))
    assert [seen(services, one).status for one in (kept, moved)] == [Status.PENDING, Status.REJECTED]


def test_a_step_looks_at_so_many_comments_and_no_more(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_scope, "WINDOW", 3)
    held(services, thread, 7, "shouting")
    (last,) = held(services, thread, 1, "link_count")
    job = begin(services, ann, site, Scope(rule="link_count"), Repair.REJECT)
    taken = runner.take(services)
    assert taken is not None
    steps = []
    while runner.run_chunk(services, taken):
        steps.append((taken.cursor, taken.done))
    assert [done for _, done in steps] == [0, 0]
    assert steps[0][0] < steps[1][0] < last
    with services.read() as session:
        assert session.get_one(Job, job.id).done == 1
    assert seen(services, last).status is Status.REJECTED


@pytest.mark.parametrize("scope", [Scope(), Scope(rule="shouting")], ids=["by walking", "by rule"])
def test_a_count_is_exact_up_to_a_number_and_then_at_least_that(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    held(services, thread, 4, "shouting")
    monkeypatch.setattr(repair_count, "COUNTED_AT_ONCE", 2)
    for most, counted, complete in ((4, 4, True), (3, 2, False)):
        monkeypatch.setattr(repair_count, "MOST_COUNTED", most)
        found = count(services, ann, site, scope, Repair.REJECT)
        assert counted <= found.counts["changed"] <= most
        assert found.complete is complete
    job = begin(services, ann, site, scope, Repair.REJECT)
    assert job.total < 4
    assert done(services, job).total == 4


def test_a_count_ends_when_its_time_is_up(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    held(services, thread, 1)
    found = count(services, ann, site, Scope(), Repair.REJECT, monotonic=numbers(0.0, 10.0).__next__)
    assert not found.complete


def test_a_count_shows_some_of_what_would_move(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    ids = held(services, thread, 12)
    found = count(services, ann, site, Scope(), Repair.REJECT)
    assert [move.standing.id for move in found.sample] == ids[:10]


@pytest.mark.parametrize("action", [Repair.APPROVE, Repair.REJECT, Repair.SPAM, Repair.REVERT])
def test_what_came_or_was_edited_after_the_count_is_left_alone(
    services: Services, site: Site, thread: Thread, ann: Actor, action: Repair
) -> None:
    kept, edited, judged_anew = (comment_in_status(services, thread, status=Status.REJECTED).id for _ in range(3))
    if action is not Repair.APPROVE:
        for comment_id in (kept, edited, judged_anew):
            move_comment(services, comment_id, Status.APPROVED, kind=ActorKind.POLICY)
    else:
        for comment_id in (kept, edited, judged_anew):
            move_comment(services, comment_id, Status.PENDING, kind=ActorKind.POLICY)
    found = count(services, ann, site, Scope(), action)
    assert found.counts["changed"] == 3
    late = comment_in_status(services, thread).id
    edit(services, edited, "Something else altogether.")
    move_comment(services, edited, Status.PENDING, kind=ActorKind.POLICY)
    move_comment(services, judged_anew, Status.SPAM, kind=ActorKind.POLICY)
    job = done(services, begin(services, ann, site, Scope(), action, as_of=found.as_of))
    assert job.tally["counts"] == {"changed": 1, "touched": 1, "elsewhere": 1}
    assert [seen(services, id_).status for id_ in (edited, judged_anew, late)] == [
        Status.PENDING, Status.SPAM, Status.PENDING,
    ]  # fmt: skip


def test_a_fence_that_no_count_has_answered_is_refused(services: Services, site: Site, ann: Actor) -> None:
    with pytest.raises(Invalid):
        begin(services, ann, site, Scope(), repair.Repair.REJECT, as_of="yesterday")


@pytest.mark.parametrize("q", ["zeppelin", "zeppelin harbour", "zepp*", "!!!", "*"])
def test_words_that_nobody_has_used_walk_through_no_site(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch, q: str
) -> None:
    """Signs without a word in them are words that nobody has used: they are not all that there is."""
    monkeypatch.setattr(repair_scope, "WINDOW", 3)
    ids = held(services, thread, 7, "shouting")
    assert not count(services, ann, site, Scope(q=q), Repair.REJECT).counts
    assert not count(services, ann, site, Scope(q=q, rule="shouting"), Repair.REJECT).counts
    steps = steps_of(services, begin(services, ann, site, Scope(q=q), Repair.REJECT))
    assert steps == [0]
    assert {seen(services, one).status for one in ids} == {Status.PENDING}


def test_words_of_a_few_are_met_in_one_step(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_scope, "WINDOW", 3)
    first = comment_in_status(services, thread, "A zeppelin over the harbour.").id
    others = held(services, thread, 7, "shouting")
    last = comment_in_status(services, thread, "Zeppelins, too.").id
    with whole_tables_read(services) as found:
        steps = steps_of(services, begin(services, ann, site, Scope(q="zeppelin*"), Repair.REJECT))
    assert found == []
    assert steps == [2]
    assert {seen(services, one).status for one in (first, last)} == {Status.REJECTED}
    assert {seen(services, one).status for one in others} == {Status.PENDING}


def test_words_of_many_are_met_by_walking(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_scope, "WINDOW", 3)
    ids = [comment_in_status(services, thread, "A zeppelin over the harbour.").id for _ in range(7)]
    steps = steps_of(services, begin(services, ann, site, Scope(q="zeppelin"), Repair.REJECT))
    assert steps == [3, 3, 1]
    assert {seen(services, one).status for one in ids} == {Status.REJECTED}


def steps_of(services: Services, job: Job) -> list[int]:
    """Does the job; how many comments each of its steps was about."""
    taken = runner.take(services)
    assert taken is not None
    assert taken.id == job.id
    done = [0]
    while runner.run_chunk(services, taken):
        done.append(taken.done)
    with services.read() as session:
        done.append(session.get_one(Job, job.id).done)
    return [now - before for before, now in pairwise(done)]
