"""One decision for forty near copies, nine of them published, and all of it brought back exactly."""

from typing import Any

import pytest
from sqlalchemy import select

from models import (
    Action,
    ActorKind,
    Comment,
    CommentVersion,
    Job,
    JobState,
    Site,
    StandingDecision,
    Status,
    Thread,
    new_id,
)
from service.accounts.actors import Actor
from service.errors import NotFound
from service.moderation.decisions import DecisionRequest, RevisionRequired, apply_decisions
from service.moderation.jobs import runner
from service.moderation.jobs.near_copy_decisions import decide_all, preview, undo_all
from service.moderation.jobs.repair import NoRepair, Repair
from service.moderation.judging.worker import Worker
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version, add_site, add_thread, comment_in_status, edit, move_comment
from tests.lookups import seen, seen_thread

LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def ann(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


@pytest.fixture
def threads(services: Services, site: Site) -> list[Thread]:
    return [add_thread(services, site, f"article-{n}") for n in range(3)]


def forty(services: Services, threads: list[Thread]) -> list[str]:
    """Nine published, one of them with an edit that waits; thirty-one that wait."""
    ids: list[str] = []
    for n in range(40):
        status = Status.APPROVED if n % 4 == 1 and len(ids) < 36 else Status.PENDING
        more: dict[str, Any] = {"copy_of": ids[0]} if ids else {}
        text = LAMPS.format(f"seller {'abcdefghij'[n % 10]}")
        ids.append(comment_in_status(services, threads[n % 3], text, status, **more).id)
    edit(services, ids[1], LAMPS.format("me"))
    move_comment(services, ids[1], Status.PENDING)
    return ids


def picture(services: Services, ids: list[str], threads: list[Thread]) -> dict[str, Any]:
    """All that readers and moderators see of these comments and their threads."""
    with services.read() as session:
        versions = select(CommentVersion).where(CommentVersion.comment_id.in_(ids))
        return {
            "comments": [(row.status, row.published_version, row.current_version) for row in _rows(services, ids)],
            "versions": sorted((row.comment_id, row.n, row.status, row.text) for row in session.scalars(versions)),
            "counts": [seen_thread(services, thread.id).published_count for thread in threads],
        }


def _rows(services: Services, ids: list[str]) -> list[Comment]:
    return [seen(services, comment_id) for comment_id in ids]


def test_forty_near_copies_go_by_one_decision_and_come_back_exactly(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    ids = forty(services, threads)
    before = picture(services, ids, threads)
    assert sum(before["counts"]) == 9
    counted = preview(services, ann, site, ids[0], Repair.REJECT, decided=False)
    assert dict(counted.statuses) == {Status.PENDING: 32, Status.APPROVED: 8}
    assert (counted.found.counts["changed"], counted.found.complete) == (40, True)
    done = decide_all(services, ann, site, ids[0], Repair.REJECT, reason="advertising")
    assert (done.state, done.tally["counts"]) == (JobState.DONE, {"changed": 40})
    # With the edit that waits goes the near copy that was up before it.
    assert {(row.status, row.published_version) for row in _rows(services, ids)} == {(Status.REJECTED, None)}
    assert sum(seen_thread(services, thread.id).published_count for thread in threads) == 0
    assert undo_all(services, ann, done.id).state is JobState.DONE
    assert picture(services, ids, threads) == before


@pytest.mark.parametrize("refused_before", [False, True])
@pytest.mark.parametrize(
    ("was_up", "counts", "stays"),
    [
        pytest.param(LAMPS.format("her sister"), {"changed": 2}, (Status.SPAM, None), id="a-near-copy"),
        pytest.param("The bridge opens in May.", {"still_up": 1}, (Status.APPROVED, 1), id="another-text"),
        pytest.param("Yes!", {"still_up": 1}, (Status.APPROVED, 1), id="too-short-to-tell"),
    ],
)
def test_an_earlier_text_that_is_up_goes_only_as_a_near_copy(
    services: Services,
    site: Site,
    ann: Actor,
    threads: list[Thread],
    was_up: str,
    counts: dict[str, int],
    stays: tuple[Status, int | None],
    refused_before: bool,
) -> None:
    first = comment_in_status(services, threads[0], LAMPS.format("Ann")).id
    edited = comment_in_status(services, threads[0], was_up, Status.APPROVED, copy_of=first).id
    edit(services, edited, LAMPS.format("Bernd"))
    move_comment(services, edited, Status.REJECTED if refused_before else Status.PENDING)
    before = picture(services, [first, edited], threads)
    if "still_up" in counts:
        # The edit is refused, where it was not, and the text before it stays.
        counts = counts | ({"changed": 1, "unchanged": 1} if refused_before else {"changed": 2})
    assert preview(services, ann, site, first, Repair.SPAM, decided=False).found.counts == counts
    done = decide_all(services, ann, site, first, Repair.SPAM)
    assert done.tally["counts"] == counts
    row = seen(services, edited)
    assert (row.status, row.published_version) == stays
    undo_all(services, ann, done.id)
    assert picture(services, [first, edited], threads) == before


def test_what_people_decided_changes_only_when_asked(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    first = comment_in_status(services, threads[0], LAMPS.format("Ann"), Status.APPROVED).id
    kept = comment_in_status(services, threads[0], LAMPS.format("Bernd"), copy_of=first).id
    # Nobody but a person has ever judged this one.
    unjudged = add_comment(services, threads[1], LAMPS.format("Clara"), copy_of=first).id
    wanted = [DecisionRequest(one, "approve", ann, expected_revision=n) for one, n in ((kept, 1), (unjudged, 0))]
    assert [outcome.problem for outcome in apply_decisions(services, wanted)] == [None, None]
    ids = [first, kept, unjudged]
    before = picture(services, ids, threads)
    counted = preview(services, ann, site, first, Repair.SPAM, decided=False).found
    assert (counted.counts["changed"], list(counted.decided)) == (1, [kept])
    counted = preview(services, ann, site, first, Repair.SPAM, decided=True).found
    assert (counted.counts["changed"], sorted(counted.decided)) == (3, sorted([kept, unjudged]))
    done = decide_all(services, ann, site, first, Repair.SPAM, decided=True)
    assert [row.status for row in _rows(services, ids)] == [Status.SPAM] * 3
    undo_all(services, ann, done.id)
    assert picture(services, ids, threads) == before


def test_what_was_taken_back_by_a_job_is_decided_with_the_others(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    first = comment_in_status(services, threads[0], LAMPS.format("Ann"), Status.APPROVED).id
    kinds = (Repair.REVERT, Repair.REJECT, Repair.APPROVE)
    made = [
        decide_all(services, ann, site, first, kind, as_of=new_id()).tally["counts"].get("changed") for kind in kinds
    ]
    assert made == [1, 1, 1]
    assert seen(services, first).status is Status.APPROVED


def test_more_than_can_be_done_at_once_is_a_workers(
    services: Services, site: Site, ann: Actor, threads: list[Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.moderation.jobs.repair.CHUNK", 3)
    ids = [comment_in_status(services, threads[0], LAMPS.format("Ann")).id]
    ids += [comment_in_status(services, threads[0], LAMPS.format("Ann"), copy_of=ids[0]).id for _ in range(14)]
    job = decide_all(services, ann, site, ids[0], Repair.SPAM)
    assert (job.state, job.done) == (JobState.WAITING, 12)
    while runner.run_one(services):
        pass
    assert [row.status for row in _rows(services, ids)] == [Status.SPAM] * 15


def came(services: Services, thread: Thread, text: str, **columns: Any) -> Comment:
    """A comment that the worker has just judged."""
    made = add_comment(services, thread, text, **columns)
    send(services.slow_redis, [(made.id, 0)])
    Worker(services).drain()
    return seen(services, made.id)


def test_copies_of_the_next_day_are_decided_the_same_until_it_is_taken_back(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    add_policy_version(services, site, "format: 1\n")
    first = came(services, threads[0], LAMPS.format("Ann"))
    assert first.status is Status.APPROVED
    job = decide_all(services, ann, site, first.id, Repair.REJECT, reason="advertising", future=True)
    copy = came(services, threads[1], LAMPS.format("Bernd"))
    assert copy.status is Status.REJECTED
    undo_all(services, ann, job.id)
    assert seen(services, first.id).status is Status.APPROVED
    with services.read() as session:
        over = session.scalars(select(StandingDecision)).one()
    assert (over.ended_by, over.sketch, over.fingerprint) == (ann.id, None, None)
    assert came(services, threads[1], LAMPS.format("Clara")).status is not Status.REJECTED
    # It was a machine's move: whoever decides all of them decides it too.
    assert (
        decide_all(services, ann, site, first.id, Repair(Action.APPROVE), as_of=new_id()).tally["counts"]["changed"]
        >= 1
    )
    assert seen(services, copy.id).status is Status.APPROVED


def test_taking_back_what_changed_nothing_ends_what_was_to_stand(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    first = comment_in_status(services, threads[0], LAMPS.format("Ann"), Status.REJECTED).id
    job = decide_all(services, ann, site, first, Repair.REJECT, reason="advertising", future=True)
    assert not job.tally["counts"].get("changed")
    undone = undo_all(services, ann, job.id)
    assert undone.state is JobState.DONE
    with services.read() as session:
        assert session.scalars(select(StandingDecision)).one().ended_by == ann.id
    # What stands no more, and changed nothing, is not there to be taken back.
    other = decide_all(services, ann, site, first, Repair.REJECT, reason="advertising")
    with pytest.raises(NoRepair):
        undo_all(services, ann, other.id)


def test_there_has_to_be_a_cluster(services: Services, site: Site, ann: Actor) -> None:
    elsewhere = add_comment(services, add_thread(services, add_site(services, "herald")))
    for unknown in (new_id(), elsewhere.id):
        with pytest.raises(NotFound):
            preview(services, ann, site, unknown, Repair.SPAM, decided=False)
        with pytest.raises(NotFound):
            decide_all(services, ann, site, unknown, Repair.SPAM)
    with services.read() as session:
        assert session.scalars(select(Job)).all() == []


def test_an_approval_that_is_to_stand_says_which_text_was_read(
    services: Services, site: Site, ann: Actor, threads: list[Thread]
) -> None:
    first = comment_in_status(services, threads[0], LAMPS.format("Ann"), Status.PENDING).id
    with pytest.raises(RevisionRequired):
        decide_all(services, ann, site, first, Repair.APPROVE, future=True)
    assert seen(services, first).status is Status.PENDING
    decide_all(services, ann, site, first, Repair.APPROVE, future=True, version=1, as_of=new_id())
    assert seen(services, first).status is Status.APPROVED
