"""Moves in any order: counts, what the public sees, and whose word stands, compared with a simple model."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from models import Action, ActorKind, Ancestor, Comment, CommentVersion, Place, Question, Site, Status, Thread, new_id
from models.comment import STAFF
from models.queries.comments import decisions_of
from models.queries.queue_filter import QueueFilter
from service.accounts.actors import Actor
from service.desk.queue.listing import find_ids
from service.errors import Conflict, Refused
from service.moderation.decisions import DecisionRequest, RevisionRequired, apply_decisions
from service.moderation.moves import Cause, Move, after, withdrawal_by_writer
from service.moderation.places import place_thread
from service.moderation.record import standings, write
from service.moderation.undoing import undo
from service.publishing.documents import read_thread_page
from service.wiring import Services
from tests.factories import add_comment, add_thread, edit


def placed_rows(connection: Connection, thread_id: str) -> list[tuple[object, ...]]:
    """All rows of a thread's places, of what is above them and of its questions."""
    of_thread = select(Comment.id).where(Comment.thread_id == thread_id)
    return [
        tuple(row)
        for table in (Place, Ancestor, Question)
        for row in connection.execute(
            select(table.__table__).where(table.comment_id.in_(of_thread)).order_by(*table.__table__.primary_key)
        )
    ]


ACTIONS = ("approve", "reject", "spam", "pending", "keep")
TO = {"approve": "approved", "reject": "rejected", "spam": "spam", "pending": "pending"}


@dataclass
class Model:
    """What a comment should be: as a reader of the rules would keep it on paper."""

    status: str = "received"
    revision: int = 0
    current: int = 1
    shown: int | None = None
    # Versions that somebody, or the policy, has said yes to at some time.
    approved: set[int] = field(default_factory=set)

    def judge(self, to: str) -> None:
        was_edit = self.status in ("received", "pending") and self.shown is not None
        self.revision += 1
        if to == "approved":
            self.status, self.shown = "approved", self.current
            self.approved.add(self.current)
        elif was_edit:
            self.status = "pending" if to == "pending" else "approved"
        else:
            self.status, self.shown = to, None


def machine(services: Services, thread: Thread, *, questions: bool = False) -> type[RuleBasedStateMachine]:
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {"": "moderator"})

    class AnyOrder(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.models: dict[str, Model] = {}
            self.parents: dict[str, str] = {}
            # Decisions that can perhaps be taken back: id -> the comment and its model before.
            self.past: dict[str, tuple[str, Model]] = {}
            self.thread = add_thread(services, thread.site_id, new_id(), questions=questions)
            # In a thread of questions: those that the newsroom wrote, and what each replies to.
            self.staff: set[str] = set()
            # Those among them that nobody may take back.
            self.edits: set[str] = set()
            self.version = 0
            self.seen: object = None

        @initialize()
        def begin(self) -> None:
            self.post(None)

        @precondition(lambda self: len(self.models) < 3)
        @rule(parent=st.none() | st.integers(0, 5), staff=st.booleans())
        def post(self, parent: int | None, staff: bool = False) -> None:
            known = list(self.models)
            above = known[parent % len(known)] if parent is not None and known else None
            comment = add_comment(services, self.thread, parent_id=above, badge=STAFF if staff else None)
            self.models[comment.id] = Model()
            if staff:
                self.staff.add(comment.id)
            if above is not None:
                self.parents[comment.id] = above

        @precondition(lambda self: self.some("received", "pending", "approved", "spam"))
        @rule(n=st.integers(0, 5))
        def edit(self, n: int) -> None:
            comment_id, model = self.pick(n, "received", "pending", "approved", "spam")
            self.edited(comment_id, model)

        @precondition(lambda self: self.some("received"))
        @rule(n=st.integers(0, 5), to=st.sampled_from(sorted(TO.values())), stale=st.booleans())
        def policy_judges(self, n: int, to: str, stale: bool) -> None:
            comment_id, model = self.pick(n, "received")
            with services.read() as session:
                standing = standings(session, [comment_id])[comment_id]
            if stale:
                # The writer was faster: the worker still holds what it read before.
                self.edited(comment_id, model)
            move = Move(new_id(), standing, after(standing, Status(to)), Cause(Action(_action(to)), ActorKind.POLICY))
            with services.write() as session:
                written = write(session, [move], now=services.clock.now(), mails=False)
                now = standings(session, [comment_id])[comment_id]
            assert bool(written) is not stale
            if written:
                assert move.standing_after == now
                self.past[move.decision_id] = comment_id, _copy(model)
                model.judge(to)

        @rule(n=st.integers(0, 5), action=st.sampled_from(ACTIONS), behind=st.integers(0, 1), blind=st.booleans())
        def person_decides(self, n: int, action: str, behind: int, blind: bool) -> None:
            comment_id, model = self.pick(n)
            revision = None if blind else model.revision - behind
            (outcome,) = apply_decisions(
                services, [DecisionRequest(comment_id, action, ann, expected_revision=revision)]
            )
            if model.status == "withdrawn" or (revision not in (None, model.revision)):
                assert isinstance(outcome.problem, Conflict)
                return
            if blind and action == "approve":
                assert isinstance(outcome.problem, RevisionRequired)
                return
            assert outcome.problem is None
            assert outcome.decision_id is not None
            self.past[outcome.decision_id] = comment_id, _copy(model)
            if action == "keep":
                model.revision += 1
            else:
                model.judge(TO[action])

        @precondition(lambda self: self.past)
        @rule(back=st.integers(0, 6))
        def taken_back(self, back: int) -> None:
            decision_id = list(self.past)[-1 - back % len(self.past)]
            comment_id, before = self.past[decision_id]
            model = self.models[comment_id]
            try:
                outcome = undo(services, decision_id, ann)
            except Refused:
                gone = model.status == "withdrawn" or model.revision != before.revision + 1
                assert gone or decision_id in self.edits
                return
            assert decision_id not in self.edits
            assert model.revision == before.revision + 1
            assert outcome.decision_id is not None
            self.past[outcome.decision_id] = comment_id, _copy(model)
            # What the policy had not judged then goes to a person now.
            model.status = "pending" if before.status == "received" else before.status
            model.shown, model.revision = before.shown, model.revision + 1

        @precondition(lambda self: self.some("received", *TO.values()))
        @rule(n=st.integers(0, 5))
        def withdraw(self, n: int) -> None:
            comment_id, model = self.pick(n, "received", *TO.values())
            with services.write() as session:
                move = withdrawal_by_writer(standings(session, [comment_id], lock=True)[comment_id], new_id())
                assert write(session, [move], now=services.clock.now(), mails=False)
            self.past[move.decision_id] = comment_id, _copy(model)
            model.status, model.shown, model.revision = "withdrawn", None, model.revision + 1

        @rule(data=st.data(), actions=st.lists(st.sampled_from(ACTIONS), min_size=2, max_size=4))
        def person_decides_twice_in_one_batch(self, data: st.DataObject, actions: list[str]) -> None:
            comment_id, model = self.pick(data.draw(st.integers(0, 5)))
            if model.status == "withdrawn":
                return
            outcomes = apply_decisions(
                services,
                [
                    DecisionRequest(comment_id, action, ann, expected_revision=model.revision + n)
                    for n, action in enumerate(actions)
                ],
            )
            for action, outcome in zip(actions, outcomes, strict=True):
                assert outcome.problem is None
                assert outcome.decision_id is not None
                self.past[outcome.decision_id] = comment_id, _copy(model)
                if action == "keep":
                    model.revision += 1
                else:
                    model.judge(TO[action])

        def edited(self, comment_id: str, model: Model) -> None:
            move = edit(services, comment_id, f"Another wording {model.revision}.")
            with services.read() as session:
                assert move.standing_after == standings(session, [comment_id])[comment_id]
            self.past[move.decision_id] = comment_id, _copy(model)
            self.edits.add(move.decision_id)
            model.status, model.current, model.revision = "received", model.current + 1, model.revision + 1

        def some(self, *statuses: str) -> list[str]:
            return [id_ for id_, model in self.models.items() if not statuses or model.status in statuses]

        def pick(self, n: int, *statuses: str) -> tuple[str, Model]:
            among = self.some(*statuses)
            comment_id = among[n % len(among)]
            return comment_id, self.models[comment_id]

        def questions_are_as_the_model(self, shown: set[str]) -> None:
            """A published question is answered while a published staff reply stands anywhere below it."""

            # What a reply stands below: what was never published has no place, and the reply begins a conversation.
            above = {id_: parent for id_, parent in self.parents.items() if self.models[parent].approved}

            def first(comment_id: str) -> str:
                return first(above[comment_id]) if comment_id in above else comment_id

            answered = {first(comment_id) for comment_id in shown & self.staff}
            asked = {id_ for id_ in shown if id_ not in above and id_ not in self.staff}
            for only, expected in (("answered", asked & answered), ("unanswered", asked - answered)):
                page = read_thread_page(services, "gazette", self.thread.key, only=only)
                assert {item["id"] for item in page["comments"] if item["parent_id"] is None} == expected
            with services.read() as session:
                waiting = QueueFilter(site_ids=[self.thread.site_id], unanswered=True)
                listed = set(find_ids(session, waiting, "priority", 1_000).ids)
            assert listed & self.models.keys() == asked - answered

        def teardown(self) -> None:
            # Kept move by move, places are what they would be made anew.
            with services.write() as session:
                thread = session.get_one(Thread, self.thread.id)
                assert thread.placed_version == thread.version
                kept = placed_rows(session.connection(), thread.id)
                thread.placed_version = None
                session.flush()
                place_thread(session.connection(), thread.id)
                assert placed_rows(session.connection(), thread.id) == kept

        @invariant()
        def database_is_as_the_model(self) -> None:
            with services.read() as session:
                rows = {row.id: row for row in session.scalars(select(Comment).where(Comment.id.in_(self.models)))}
                thread = session.get_one(Thread, self.thread.id)
                trails = {comment_id: list(session.scalars(decisions_of(comment_id))) for comment_id in self.models}
                versions = {
                    (row.comment_id, row.n): row.status
                    for row in session.scalars(select(CommentVersion).where(CommentVersion.comment_id.in_(self.models)))
                }
            for comment_id, model in self.models.items():
                row = rows[comment_id]
                assert (row.status.value, row.revision, row.current_version, row.published_version) == (
                    model.status,
                    model.revision,
                    model.current,
                    model.shown,
                )
                if model.shown is not None:
                    # An edit never inherits an approval.
                    assert model.shown in model.approved
                    assert versions[comment_id, model.shown] is Status.APPROVED
            shown = {comment_id for comment_id, model in self.models.items() if model.shown is not None}
            assert thread.published_count == len(shown)
            page = read_thread_page(services, "gazette", thread.key, limit=200)
            assert {item["id"] for item in page["comments"] if item["state"] == "published"} == shown
            if questions:
                self.questions_are_as_the_model(shown)
            for comment_id, trail in trails.items():
                # An unbroken chain: each decision begins where the one before ends, and the row stands at its end.
                assert [made.revision for made in trail] == list(range(1, rows[comment_id].revision + 1))
                ends = [Status.RECEIVED, *(made.to_status for made in trail)]
                assert [made.from_status for made in trail] == ends[:-1]
                assert rows[comment_id].status is ends[-1]
                edits = [made for made in trail if made.action == Action.EDIT]
                assert [made.version_n for made in edits] == list(range(2, rows[comment_id].current_version + 1))
                assert {made.actor_kind for made in edits} <= {ActorKind.AUTHOR}
            # Whatever the public sees has moved the thread's version.
            seen = {comment_id: model.shown for comment_id, model in self.models.items() if model.shown is not None}
            if seen != self.seen and self.seen is not None:
                assert thread.version > self.version
            self.seen, self.version = seen, thread.version

    return AnyOrder


def _action(to: str) -> str:
    return next(action for action, status in TO.items() if status == to)


def _copy(model: Model) -> Model:
    return Model(model.status, model.revision, model.current, model.shown, set(model.approved))


@pytest.mark.parametrize("questions", [False, True], ids=["a discussion", "questions"])
def test_moves_in_any_order(services: Services, site: Site, questions: bool) -> None:
    run_state_machine_as_test(
        machine(services, add_thread(services, site), questions=questions),
        settings=settings(
            # Each step of a thread of questions reads its filters as well.
            max_examples=15 if questions else 40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
