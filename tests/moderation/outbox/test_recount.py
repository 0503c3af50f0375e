"""Counts never drift, whatever happens at once; and what drifts all the same is found, put right and told."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from models import ActorKind, Comment, CommentRule, Place, Report, SearchEntry, Site, Status, Thread, new_id
from models.comment import JUDGED
from service.accounts.actors import Actor
from service.errors import Refused
from service.intake.arrivals import new_text
from service.intake.receive import Caller, Intake
from service.intake.submission.raw import RawSubmission
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.jobs import runner
from service.moderation.jobs.repair import Repair, begin, begin_undo
from service.moderation.jobs.repair_scope import Scope
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.moderation.moves import edit_by_writer, withdrawal_by_writer
from service.moderation.outbox.recount import Recount
from service.moderation.outbox.unlisted import list_unlisted
from service.moderation.record import standings, write
from service.moderation.undoing import undo
from service.publishing.documents import read_thread_page
from service.publishing.thread_rows import CommentUnknown
from service.queue.stream import Message
from service.readers.reports import receive_report
from service.telemetry import COUNTS_MENDED
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread, finding, move_comment
from tests.lookups import seen_thread

ACTIONS = ("approve", "reject", "spam", "pending", "keep")
EVERYTHING = {"published_count": 0, "places": 0, "questions": 0, "listed": 0, "complaints": 0}


class Newsroom:
    """Two threads with replies, and everybody who moves comments there."""

    def __init__(self, services: Services, site: Site) -> None:
        self.services, self.site = services, site
        self.actor = Actor(ActorKind.MODERATOR, new_id(), "Ann", {"": "admin"})
        self.intake = Intake(services)
        self.ids: list[str] = []
        for n in range(2):
            thread = add_thread(services, site, f"article-{n}")
            above = [add_comment(services, thread, f"Remark {n} {m}.") for m in range(6)]
            below = [add_comment(services, thread, f"Reply {n} {m}.", parent_id=above[m].id) for m in range(6)]
            self.ids += [comment.id for comment in (*above, *below)]

    def some(self, dice: random.Random, count: int) -> list[tuple[str, int]]:
        ids = dice.sample(self.ids, count)
        with self.services.read() as session:
            rows = session.execute(select(Comment.id, Comment.revision).where(Comment.id.in_(ids)))
            return [(row[0], row[1]) for row in rows]

    def decide(self, dice: random.Random) -> None:
        wanted = [
            DecisionRequest(comment_id, dice.choice(ACTIONS), self.actor, expected_revision=revision)
            for comment_id, revision in self.some(dice, 5)
        ]
        made = [one.decision_id for one in apply_decisions(self.services, wanted) if one.decision_id]
        for decision_id in made[:2]:
            undo(self.services, decision_id, self.actor)

    def edit(self, dice: random.Random) -> None:
        with self.services.write() as session:
            standing = standings(session, [dice.choice(self.ids)], lock=True).popitem()[1]
            if standing.status not in (Status.REJECTED, Status.WITHDRAWN):
                move = edit_by_writer(standing, new_text(f"Another wording {dice.random()}."), new_id())
                write(session, [move], now=self.services.clock.now(), mails=False)

    def withdraw(self, dice: random.Random) -> None:
        with self.services.write() as session:
            standing = standings(session, [dice.choice(self.ids[::4])], lock=True).popitem()[1]
            if standing.status is not Status.WITHDRAWN:
                move = withdrawal_by_writer(standing, new_id())
                write(session, [move], now=self.services.clock.now(), mails=False)

    def deliver_twice(self, dice: random.Random) -> None:
        messages = [Message(b"", comment_id, revision) for comment_id, revision in self.some(dice, 8)]
        for kind in (BatchKind.FRESH, BatchKind.RETRIED):
            Worker(self.services).process(Batch(kind, messages))

    def bulk(self, dice: random.Random) -> None:
        job = begin(
            self.services, self.actor, self.site, Scope(), Repair(dice.choice(("reject", "approve"))), as_of=new_id()
        )
        while runner.run_one(self.services):
            pass
        begin_undo(self.services, self.actor, job.id)
        while runner.run_one(self.services):
            pass

    def report(self, dice: random.Random) -> None:
        for comment_id in dice.sample(self.ids, 4):
            caller = Caller(f"198.51.{dice.randrange(4)}.7", None, ())
            with suppress(CommentUnknown):
                receive_report(self.intake, self.site.slug, comment_id, RawSubmission({"reason": "spam"}), caller)

    def recount(self, dice: random.Random) -> None:
        found = Recount(self.services)
        found.all()
        assert found.mended == EVERYTHING, "in the middle of it all"


def storm(newsroom: Newsroom, rounds: int) -> list[str]:
    """All of them at once; what went wrong. That somebody was faster is no fault."""
    faults: list[str] = []

    def again(work: Callable[[random.Random], None], seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(rounds):
            try:
                work(dice)
            except Refused as refusal:
                if refusal.status >= 500 and refusal.code != "unavailable":
                    faults.append(refusal.code)
            except Exception as error:
                faults.append(f"{work.__name__}: {error!r}")

    works = (
        newsroom.decide,
        newsroom.decide,
        newsroom.edit,
        newsroom.withdraw,
        newsroom.deliver_twice,
        newsroom.bulk,
        newsroom.report,
        newsroom.recount,
    )
    threads = [threading.Thread(target=again, args=(work, seed)) for seed, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def drifted(services: Services) -> list[object]:
    """What is kept and is not so, counted as plainly as can be."""
    found: list[object] = []
    with services.read() as session:
        comments = list(session.scalars(select(Comment)))
        entries = {row[0]: row[1] for row in session.execute(select(SearchEntry.comment_id, SearchEntry.status))}
        rules = session.execute(select(CommentRule.comment_id, CommentRule.status)).all()
        tops = select(Place.thread_id, func.sum(Place.live)).where(Place.depth == 0).group_by(Place.thread_id)
        live = {row[0]: row[1] for row in session.execute(tops)}
        for thread in session.scalars(select(Thread)):
            up = sum(c.thread_id == thread.id and c.published_version is not None for c in comments)
            if (thread.published_count, live.get(thread.id, 0)) != (up, up):
                found.append((thread.key, thread.published_count, live.get(thread.id, 0), up))
        reports = select(Report.comment_id, func.count()).where(Report.settled_at.is_(None))
        reported = dict(session.execute(reports.group_by(Report.comment_id)).all())
    found += [(one.id, one.open_reports) for one in comments if one.open_reports != reported.get(one.id, 0)]
    stands = {comment.id: comment.status for comment in comments}
    found += [one.id for one in comments if entries.get(one.id) is not (one.status if one.status in JUDGED else None)]
    return found + [comment_id for comment_id, status in rules if stands[comment_id] is not status]


def test_counts_never_drift(services: Services) -> None:
    newsroom = Newsroom(services, add_site(services, "harbour", first_comments_held=False))
    assert storm(newsroom, rounds=6) == []
    for n in range(2):
        # Places that were said to be wrong are made anew for who reads them.
        read_thread_page(services, "harbour", f"article-{n}")
    assert drifted(services) == []
    found = Recount(services)
    found.all()
    assert (found.compared, found.mended) == ({"threads": 2, "comments": 24}, EVERYTHING)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def test_what_differs_is_put_right_and_told(services: Services, thread: Thread) -> None:
    ids = [add_comment(services, thread, f"Remark {n}.").id for n in range(4)]
    for comment_id in ids[:3]:
        move_comment(services, comment_id, Status.APPROVED, findings=[finding("link_count")])
    move_comment(services, ids[3], Status.WITHDRAWN)
    read_thread_page(services, "gazette", thread.key)
    assert drifted(services) == []
    with services.write() as session:
        session.execute(update(Thread).values(published_count=7))
        session.execute(update(SearchEntry).where(SearchEntry.comment_id == ids[0]).values(status=Status.SPAM))
        session.execute(update(CommentRule).where(CommentRule.comment_id == ids[1]).values(status=Status.SPAM))
        session.execute(update(SearchEntry).where(SearchEntry.comment_id == ids[2]).values(comment_id=ids[3]))
    before = seen_thread(services, thread.id).version
    mended = [COUNTS_MENDED.labels(what)._value.get() for what in EVERYTHING]
    with capture_logs() as logs:
        found = Recount(services)
        found.step()
    assert found.mended == EVERYTHING | {"published_count": 1, "listed": 1}
    told = {line["what"]: (line["log_level"], line["event"], line["said"], line["counted"]) for line in logs}
    assert told["published_count"] == ("error", "count_drifted", 7, 3)
    assert told["listed"] == ("error", "count_drifted", 0, 4)
    assert [COUNTS_MENDED.labels(what)._value.get() for what in EVERYTHING] == [
        mended[0] + 1,
        mended[1],
        mended[2],
        mended[3] + 1,
        mended[4],
    ]
    # What readers were shown of it is built anew.
    assert seen_thread(services, thread.id).version > before
    list_unlisted(services)
    read_thread_page(services, "gazette", thread.key)
    assert drifted(services) == []
    found.step()
    assert found.mended == EVERYTHING | {"published_count": 1, "listed": 1}


def test_places_that_count_otherwise_are_made_anew(services: Services, thread: Thread) -> None:
    comment_id = add_comment(services, thread).id
    move_comment(services, comment_id, Status.APPROVED)
    read_thread_page(services, "gazette", thread.key)
    with services.write() as session:
        session.execute(update(Place).where(Place.comment_id == comment_id).values(live=4))
    found = Recount(services)
    found.step()
    assert found.mended == EVERYTHING | {"places": 1}
    read_thread_page(services, "gazette", thread.key)
    assert drifted(services) == []


def test_it_goes_round_in_small_pieces(services: Services, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.moderation.outbox import recount

    monkeypatch.setattr(recount, "THREADS_AT_ONCE", 2)
    monkeypatch.setattr(recount, "IN_THREADS_AT_ONCE", 10)
    monkeypatch.setattr(recount, "COMMENTS_AT_ONCE", 2)
    threads = [add_thread(services, site, f"article-{n}") for n in range(3)]
    for thread in threads:
        add_comment(services, thread)
    with services.write() as session:
        # It takes a large one by itself.
        session.execute(update(Thread).where(Thread.id == threads[2].id).values(published_count=50))
    found = Recount(services)
    sizes = []
    for _ in range(4):
        before = dict(found.compared)
        found.step()
        sizes.append((found.compared["threads"] - before["threads"], found.compared["comments"] - before["comments"]))
    assert sizes == [(2, 2), (1, 1), (0, 0), (2, 2)]
    assert found.mended["published_count"] == 1


def test_what_is_said_of_reports_is_put_right(services: Services, thread: Thread) -> None:
    ids = [add_comment(services, thread, f"Remark {n}.").id for n in range(2)]
    for comment_id in ids:
        move_comment(services, comment_id, Status.APPROVED)
    receive_report(
        Intake(services), "gazette", ids[0], RawSubmission({"reason": "spam"}), Caller("198.51.1.7", None, ())
    )
    with services.write() as session:
        session.execute(update(Comment).where(Comment.id == ids[0]).values(open_reports=0, priority=0))
        session.execute(update(Comment).where(Comment.id == ids[1]).values(appealed_at=services.clock.now()))
    found = Recount(services)
    found.step()
    assert found.mended == EVERYTHING | {"complaints": 2}
    assert drifted(services) == []
    with services.read() as session:
        assert session.scalars(select(Comment.priority).order_by(Comment.id)).all() == [10, 0]
