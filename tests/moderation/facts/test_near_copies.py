"""Near copies across threads, writers, batches and workers; what is stored of them, and what they weigh."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql
from ulid import ULID

from models import ActorKind, Comment, Job, Site, Status, Thread, new_id
from models.queries.queue import queue_page
from models.queries.queue_filter import QueueFilter
from service.accounts.actors import Actor
from service.moderation.facts import near_copies as copies_room
from service.moderation.facts.gather import gather
from service.moderation.facts.near_copies import SETTLED, NearCopies
from service.moderation.jobs import runner
from service.moderation.jobs.rehearsal import rehearse
from service.moderation.jobs.report import rehearsed
from service.moderation.judging.worker import Worker
from service.moderation.policies.in_force import Policies
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version, add_site, add_thread, edit
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen

LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def came(services: Services, thread: Thread, text: str, *, ago: timedelta = timedelta(), **more: Any) -> Comment:
    """A comment whose id was made when it came in, as intake makes it."""
    at = services.clock.now() - ago
    return add_comment(services, thread, text, id=str(ULID.from_datetime(at)), created_at=at, **more)


def known(services: Services, copies: NearCopies | None, *comments: Comment) -> list[dict[str, Any]]:
    """The facts of these comments as one batch, in their order."""
    with services.read() as session:
        cases = gather(session, Policies(), [one.id for one in comments], services.clock.now(), copies)
    found = {case.standing.id: case.known for case in cases}
    return [found[one.id] for one in comments]


def near(facts: dict[str, Any]) -> tuple[int | None, str | None]:
    return facts.get("near_copies"), facts.get("near_copy_cluster")


def judged(services: Services, worker: Worker, *comments: Comment) -> list[Comment]:
    send(services.slow_redis, [(one.id, one.revision) for one in comments])
    worker.drain()
    return [seen(services, one.id) for one in comments]


def lamps(services: Services, fixed_clock: FixedClock, thread: Thread, names: Sequence[str]) -> list[Comment]:
    """Near copies by different writers, a second apart."""
    made = []
    for name in names:
        made.append(came(services, thread, LAMPS.format(name)))
        fixed_clock.advance(seconds=1)
    return made


def test_copies_count_across_threads_writers_and_batches(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread
) -> None:
    copies, elsewhere = NearCopies(), add_thread(services, site, "article-2")
    first, second = lamps(services, fixed_clock, thread, ["Anna", "Bernd"])
    third, fourth = lamps(services, fixed_clock, elsewhere, ["Clara", "Doris"])
    other = came(services, elsewhere, "The council meets on Thursday, and the ferry comes first on the list.")
    assert [near(found) for found in known(services, copies, first, second, third)] == [
        (0, None),
        (1, first.id),
        (2, first.id),
    ]
    assert [near(found) for found in known(services, copies, fourth, other)] == [(3, first.id), (0, None)]


def test_comments_that_another_worker_judges_count_too(
    services: Services, fixed_clock: FixedClock, thread: Thread
) -> None:
    one, two = NearCopies(), NearCopies()
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd", "Clara", "Doris"])
    assert near(known(services, one, made[0])[0]) == (0, None)
    assert near(known(services, two, made[1])[0]) == (1, made[0].id)
    assert near(known(services, one, made[3])[0]) == (3, made[0].id)
    assert near(known(services, two, made[2])[0]) == (2, made[0].id)


def test_judging_again_counts_nothing_twice(services: Services, fixed_clock: FixedClock, thread: Thread) -> None:
    copies = NearCopies()
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd", "Clara"])
    for _ in range(2):
        assert [near(found)[0] for found in known(services, copies, *made)] == [0, 1, 2]
        assert near(known(services, copies, made[1])[0]) == (1, made[0].id)


def test_a_comment_that_was_committed_late_is_found_after_all(
    services: Services, fixed_clock: FixedClock, thread: Thread
) -> None:
    copies = NearCopies()
    first = came(services, thread, LAMPS.format("Anna"))
    fixed_clock.advance(seconds=2)
    assert near(known(services, copies, first)[0]) == (0, None)
    overtaking = came(services, thread, LAMPS.format("Bernd"))
    assert near(known(services, copies, overtaking)[0]) == (1, first.id)
    came(services, thread, LAMPS.format("Clara"), ago=timedelta(seconds=1))
    fixed_clock.advance(seconds=SETTLED.total_seconds() + 1)
    last = came(services, thread, LAMPS.format("Doris"))
    assert near(known(services, copies, last)[0]) == (3, first.id)


def test_a_new_worker_reads_the_day_and_keeps_the_names(
    services: Services, fixed_clock: FixedClock, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies_room, "READ_AT_ONCE", 3)
    worker = Worker(services)
    old = came(services, thread, LAMPS.format("Anna"))
    fixed_clock.advance(hours=23)
    judged(services, worker, old, *lamps(services, fixed_clock, thread, ["Bernd", "Clara"]))
    fixed_clock.advance(hours=5)
    for n in range(7):
        came(services, thread, f"Nothing new from pier {n}.", status=Status.APPROVED)
    last = came(services, thread, LAMPS.format("Doris"))
    # The first is more than a day old: it names the cluster, but counts no more.
    assert near(known(services, NearCopies(), last)[0]) == (2, old.id)


def test_the_same_text_counts_as_repeated_and_not_as_nearly_the_same(
    services: Services, fixed_clock: FixedClock, thread: Thread
) -> None:
    made = lamps(services, fixed_clock, thread, ["Anna", "Anna", "Bernd", "Anna"])
    found = known(services, None, *made)
    assert [(one["repeated_text"], one["near_copies"]) for one in found] == [(0, 0), (1, 0), (0, 2), (2, 1)]
    assert [one.get("near_copy_cluster") for one in found] == [None] + [made[0].id] * 3


def test_short_texts_have_no_near_copies(services: Services, thread: Thread) -> None:
    made = [came(services, thread, "Thank you very much for this!"), came(services, thread, "Thank you much for this!")]
    assert [near(found) for found in known(services, None, *made)] == [(None, None), (None, None)]


def test_other_sites_do_not_count(services: Services, thread: Thread) -> None:
    other = add_thread(services, add_site(services, "other"))
    came(services, other, LAMPS.format("Anna"))
    assert near(known(services, None, came(services, thread, LAMPS.format("Bernd")))[0]) == (0, None)


def test_nobody_looks_for_copies_where_no_rule_does(
    services: Services, site: Site, fixed_clock: FixedClock, thread: Thread
) -> None:
    off = "rules: {near_copies: {enabled: false}}"
    # A preset of the shipped policy has the rule as well.
    add_policy_version(services, site, f"{off}\npresets: {{election: {{{off}}}}}\n")
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd"])
    assert not any("near_copies" in found for found in known(services, None, *made))


def test_the_third_of_a_kind_waits_for_a_person_with_the_cluster_in_its_finding(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread
) -> None:
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd", "Clara", "Doris"])
    after = judged(services, Worker(services), *made)
    assert [one.status for one in after] == [Status.APPROVED, Status.APPROVED, Status.PENDING, Status.PENDING]
    assert [one.copy_of for one in after] == [None] + [made[0].id] * 3
    (decision,) = decisions(services, made[2].id)
    assert decision.facts["near_copies"] == 2
    (finding,) = [found for found in decision.findings if found["rule"] == "near_copies"]
    assert (finding["code"], finding["start"], finding["end"]) == (made[0].id, 0, len(LAMPS.format("Clara")))
    with services.read() as session:
        sqlite = services.settings.sqlite
        asked = queue_page(QueueFilter(site_ids=[site.id], cluster=made[0].id), "oldest", 10, sqlite=sqlite)
        rows = session.execute(asked).all()
    assert [row[0] for row in rows] == [one.id for one in made]


def test_a_changed_policy_is_replayed_with_the_copies_of_then(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread
) -> None:
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd", "Clara"])
    judged(services, Worker(services), *made)
    fixed_clock.advance(days=3)
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    job = rehearse(services, ann, site, "format: 1\nrules: {near_copies: {verdict: reject}}\n", comments=100)
    while runner.run_one(services):
        pass
    with services.read() as session:
        found = rehearsed(session.get_one(Job, job.id).tally)
    assert (found.replayed.hits, found.replayed.of, found.changed.hits) == (3, 3, 2)


def test_an_edit_leaves_its_cluster_or_joins_one(services: Services, fixed_clock: FixedClock, thread: Thread) -> None:
    worker = Worker(services)
    made = lamps(services, fixed_clock, thread, ["Anna", "Bernd"])
    judged(services, worker, *made)
    harmless = came(services, thread, "The council meets on Thursday, and the ferry comes first on the list.")
    judged(services, worker, harmless)
    edit(services, made[1].id, "I take that back, the old lamp at the pier was better than all of these.")
    edit(services, harmless.id, LAMPS.format("Doris"))
    gone, joined = judged(services, worker, seen(services, made[1].id), seen(services, harmless.id))
    assert (gone.copy_of, joined.copy_of) == (None, made[0].id)
    # What it said before did come, and its own first text is no copy of it.
    assert decisions(services, harmless.id)[-1].facts["near_copies"] == 2
    edit(services, made[0].id, LAMPS.format("Emil"))
    (first,) = judged(services, worker, seen(services, made[0].id))
    assert first.copy_of is None
    assert decisions(services, first.id)[-1].facts["near_copies"] == 2


def test_reading_walks_through_no_table(services: Services, site: Site, thread: Thread) -> None:
    query: Any = copies_room._TEXTS.statement.params(after="0", last="1")
    compiled = query.compile(services.engine, compile_kwargs={"literal_binds": True, "render_postcompile": True})
    with services.read() as session:
        if services.engine.dialect.name == "sqlite":
            plan = [row[3] for row in session.execute(sql(f"EXPLAIN QUERY PLAN {compiled}"))]
            assert not [step for step in plan if step.startswith("SCAN")]
        else:
            # So small a table is read as a whole, unless that is forbidden.
            session.execute(sql("SET LOCAL enable_seqscan = off"))
            plan = [row[0] for row in session.execute(sql(f"EXPLAIN {compiled}"))]
            assert not [step for step in plan if "Seq Scan on comment " in step]
