"""The one transaction that writes moves: what it refuses, what it leaves alone, and what is counted of it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import REGISTRY

from models import ALLOWED, Action, ActorKind, CommentVersion, Site, Status, Thread, new_id
from service.accounts.actors import Actor
from service.moderation.decisions import AlreadyDecided, DecisionRequest, apply_decisions
from service.moderation.moves import After, Cause, Move, after
from service.moderation.record import ForbiddenMove, count_moves, standings, write
from service.moderation.undoing import undo
from service.wiring import Services
from tests.factories import add_comment, add_thread, edit
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen, seen_thread

NOT_LISTED = [
    (old, new, action)
    for old in Status
    for new in Status
    for action in Action
    if action not in ALLOWED[old].get(new, ())
]


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def move_of(services: Services, comment_id: str, action: Action, to: Status) -> Move:
    with services.read() as session:
        standing = standings(session, [comment_id])[comment_id]
    return Move(new_id(), standing, After(to, None, 1, to), Cause(action, ActorKind.SYSTEM))


def test_a_move_that_the_table_does_not_list_is_not_written(services: Services, thread: Thread) -> None:
    comment, other = add_comment(services, thread), add_comment(services, thread)
    good = move_of(services, other.id, Action.APPROVE, Status.APPROVED)
    any_move = move_of(services, comment.id, Action.APPROVE, Status.APPROVED)
    for old, new, action in NOT_LISTED:
        bad = replace(
            any_move,
            standing=replace(any_move.standing, status=old),
            after=After(new, None, 1, new),
            cause=Cause(action, ActorKind.SYSTEM),
        )
        with services.write() as session, pytest.raises(ForbiddenMove, match=f"{action} from {old} to {new}"):
            write(session, [good, bad], now=services.clock.now(), mails=False)
    assert (seen(services, comment.id).revision, seen(services, other.id).revision) == (0, 0)
    assert decisions(services, other.id) == []


def test_an_edit_brings_a_text_and_nothing_else_does(services: Services, thread: Thread) -> None:
    comment = add_comment(services, thread)
    made = edit(services, comment.id, "Other words.")
    with services.read() as session:
        standing = standings(session, [comment.id])[comment.id]
    for move in (
        replace(made, standing=standing, text=None),
        Move(new_id(), standing, after(standing, Status.SPAM), Cause(Action.SPAM, ActorKind.SYSTEM), text=made.text),
    ):
        with services.write() as session, pytest.raises(ForbiddenMove):
            write(session, [move], now=services.clock.now(), mails=False)
    assert seen(services, comment.id).revision == 1


def test_an_edit_is_a_decision_of_its_writer(services: Services, thread: Thread, fixed_clock: FixedClock) -> None:
    comment = add_comment(services, thread, status=Status.PENDING, revision=1)
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {thread.site_id: "moderator"})
    apply_decisions(services, [DecisionRequest(comment.id, "approve", ann, expected_revision=1)])
    approved = seen(services, comment.id)
    version = seen_thread(services, thread.id).version
    fixed_clock.advance(minutes=5)
    edit(services, comment.id, "Other words.")
    now = seen(services, comment.id)
    assert (now.status, now.revision, now.current_version, now.published_version) == (Status.RECEIVED, 3, 2, 1)
    assert (now.edited_at, now.sent_at) == (fixed_clock.now(), fixed_clock.now())
    assert (now.reviewed_at, now.dead_at, now.solo_failures) == (None, None, 0)
    # An edit decides nothing, and the public sees what it saw.
    assert now.decided_at == approved.decided_at
    assert seen_thread(services, thread.id).version == version
    last = decisions(services, comment.id)[-1]
    assert (last.action, last.actor_kind, last.actor_id) == ("edit", ActorKind.AUTHOR, None)
    assert (last.from_status, last.to_status) == (Status.APPROVED, Status.RECEIVED)
    assert (last.version_n, last.revision, last.published_before) == (2, 3, 1)
    with services.read() as session:
        stored = session.get_one(CommentVersion, (comment.id, 2))
    assert (stored.text, stored.status, stored.created_at) == ("Other words.", Status.RECEIVED, fixed_clock.now())


def test_an_edit_is_not_taken_back_nor_is_what_was_decided_before_it(services: Services, thread: Thread) -> None:
    comment = add_comment(services, thread, status=Status.PENDING, revision=1)
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {thread.site_id: "moderator"})
    (approved,) = apply_decisions(services, [DecisionRequest(comment.id, "approve", ann, expected_revision=1)])
    edited = edit(services, comment.id, "Other words.")
    for decision_id in (approved.decision_id, edited.decision_id):
        assert decision_id is not None
        with pytest.raises(AlreadyDecided) as refused:
            undo(services, decision_id, ann)
        assert refused.value.extra["decided"]["by"] == {"kind": "author", "name": None}
        assert refused.value.extra["decided"]["action"] == "edit"
    assert seen(services, comment.id).revision == 3


def counted() -> dict[str, float]:
    """Comments by the status they moved to, and how many waits were measured."""
    found: dict[str, float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "rejoinder_comments_total":
                found[sample.labels["status"]] = sample.value
            elif sample.name == "rejoinder_decision_seconds_count":
                found["waits"] = sample.value
    return found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param(["approve"], {"approved": 1, "waits": 1}, id="first decision"),
        pytest.param(["keep"], {}, id="seen before it was judged"),
        pytest.param(["approve", "edit"], {"approved": 1, "waits": 1}, id="edit"),
        pytest.param(["approve", "edit", "approve"], {"approved": 2, "waits": 1}, id="judged anew"),
        pytest.param(["pending", "spam"], {"pending": 1, "spam": 1, "waits": 1}, id="second decision"),
    ],
)
def test_moves_are_counted_where_they_lead(
    services: Services, thread: Thread, steps: list[str], expected: dict[str, Any]
) -> None:
    comment = add_comment(services, thread)
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {thread.site_id: "moderator"})
    start = counted()
    for step in steps:
        if step == "edit":
            count_moves([edit(services, comment.id, "Other words.")], services.clock.now() + timedelta(days=1))
        else:
            apply_decisions(
                services,
                [DecisionRequest(comment.id, step, ann, expected_revision=seen(services, comment.id).revision)],
            )
    end = counted()
    assert {name: end[name] - start.get(name, 0) for name in end if end[name] != start.get(name, 0)} == expected
