"""What a decision does to a comment, as a table."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models import ALLOWED, Action, ActorKind, Decision, Status
from service.moderation.moves import (
    TO,
    After,
    Cause,
    Move,
    NewText,
    Standing,
    after,
    before,
    edit_by_writer,
    kept,
    requeued,
    retold,
    shifted,
    withdrawal_by_writer,
)

S = Status
FRESH = Standing(
    id="c",
    site_id="s",
    thread_id="t",
    status=S.RECEIVED,
    revision=0,
    current_version=1,
    published_version=None,
    was_published=False,
    priority=0,
    created_at=datetime(2026, 3, 14, tzinfo=UTC),
    wants_proof=False,
)
TEXT = NewText(text="Other words.", html="<p>Other words.</p>", renderer=1, fingerprint=b"f" * 16, sketch=None)
PENDING = replace(FRESH, status=S.PENDING)
PUBLISHED = replace(FRESH, status=S.APPROVED, published_version=1, was_published=True)
EDITED = replace(PUBLISHED, status=S.RECEIVED, current_version=2)
EDIT_PENDING = replace(EDITED, status=S.PENDING)
EDIT_REFUSED = replace(EDITED, status=S.APPROVED)
TAKEN_DOWN = replace(FRESH, status=S.REJECTED, was_published=True)


@pytest.mark.parametrize(
    ("before", "to", "expected"),
    [
        pytest.param(FRESH, S.APPROVED, After(S.APPROVED, 1, 1, S.APPROVED), id="fresh approved"),
        pytest.param(FRESH, S.PENDING, After(S.PENDING, None, 1, S.PENDING), id="fresh held"),
        pytest.param(FRESH, S.SPAM, After(S.SPAM, None, 1, S.SPAM), id="fresh spam"),
        pytest.param(PENDING, S.APPROVED, After(S.APPROVED, 1, 1, S.APPROVED), id="pending approved"),
        pytest.param(PENDING, S.REJECTED, After(S.REJECTED, None, 1, S.REJECTED), id="pending rejected"),
        pytest.param(PUBLISHED, S.REJECTED, After(S.REJECTED, None, 1, S.REJECTED), id="taken down"),
        pytest.param(PUBLISHED, S.PENDING, After(S.PENDING, None, 1, S.PENDING), id="taken down to be looked at"),
        pytest.param(PUBLISHED, S.APPROVED, After(S.APPROVED, 1, 1, S.APPROVED), id="approved again"),
        pytest.param(EDITED, S.APPROVED, After(S.APPROVED, 2, 2, S.APPROVED), id="edit approved"),
        pytest.param(EDITED, S.PENDING, After(S.PENDING, 1, 2, S.PENDING), id="edit held, old text stays"),
        pytest.param(EDITED, S.SPAM, After(S.APPROVED, 1, 2, S.SPAM), id="edit is spam, old text stays"),
        pytest.param(EDIT_PENDING, S.REJECTED, After(S.APPROVED, 1, 2, S.REJECTED), id="edit rejected by a person"),
        pytest.param(EDIT_PENDING, S.APPROVED, After(S.APPROVED, 2, 2, S.APPROVED), id="edit approved by a person"),
        pytest.param(EDIT_REFUSED, S.REJECTED, After(S.REJECTED, None, 1, S.REJECTED), id="then taken down"),
        pytest.param(EDIT_REFUSED, S.APPROVED, After(S.APPROVED, 2, 2, S.APPROVED), id="refused edit approved"),
        pytest.param(TAKEN_DOWN, S.APPROVED, After(S.APPROVED, 1, 1, S.APPROVED), id="put up again"),
    ],
)
def test_a_decision_moves_the_comment(before: Standing, to: Status, expected: After) -> None:
    assert after(before, to) == expected


JUDGED = st.sampled_from([S.APPROVED, S.PENDING, S.REJECTED, S.SPAM])


@given(st.lists(st.one_of(JUDGED, st.just("edit")), max_size=12))
def test_whatever_happens_only_an_approved_text_is_ever_up(steps: list[Status | str]) -> None:
    standing, approved = FRESH, set()
    for step in steps:
        if isinstance(step, Status):
            then = after(standing, step)
            if then.version_status is S.APPROVED:
                approved.add(then.version_n)
            assert then.published_version is None or then.published_version in approved
            assert (then.status is S.APPROVED) <= (then.published_version is not None)
            standing = replace(standing, status=then.status, published_version=then.published_version)
        elif standing.status not in (S.REJECTED, S.SPAM):
            standing = replace(standing, status=S.RECEIVED, current_version=standing.current_version + 1)


def possible(standing: Standing, last: Decision | None) -> Iterator[Move]:
    """Every move that somebody may ask for here; `last`: the decision that brought it here."""
    if standing.status in (S.WITHDRAWN, S.ERASED):
        return
    for action, to in TO.items():
        yield Move("d", standing, after(standing, to), Cause(action, ActorKind.POLICY))
    yield Move("d", standing, kept(standing), Cause(Action.KEEP, ActorKind.MODERATOR))
    if standing.status is not S.RECEIVED and standing.current_version < 3:
        then = retold(standing, standing.current_version, standing.status)
        yield Move("d", standing, then, Cause(Action.REDACT, ActorKind.MODERATOR), text=TEXT)
    if last is not None and last.action == Action.REDACT:
        then = retold(standing, last.version_n, standing.status)
        yield Move("d", standing, then, Cause(Action.UNDO, ActorKind.MODERATOR), text=TEXT)
    elif last is not None and last.action != Action.EDIT:
        yield Move("d", standing, before(last), Cause(Action.UNDO, ActorKind.MODERATOR))
    if standing.status is S.PENDING:
        # A dead letter.
        yield Move("d", standing, requeued(standing), Cause(Action.REJUDGE, ActorKind.MODERATOR))
    if standing.status is not S.REJECTED and standing.current_version < 3:
        yield edit_by_writer(standing, TEXT, "d")
    yield withdrawal_by_writer(standing, "d")


def test_the_table_lists_what_can_happen_and_nothing_else() -> None:
    made = set()
    known: set[object] = set()
    waiting: list[tuple[Standing, Decision | None]] = [(FRESH, None)]
    while waiting:
        standing, last = waiting.pop()
        for move in possible(standing, last):
            made.add((standing.status, move.after.status, move.cause.action))
            assert move.allowed
            then = replace(move.standing_after, revision=0)
            decision = Decision(
                action=move.cause.action,
                from_status=standing.status,
                version_n=move.after.version_n,
                published_before=standing.published_version,
            )
            key = then, decision.action, decision.from_status, decision.version_n, decision.published_before
            if key not in known:
                known.add(key)
                waiting.append((then, decision))
    assert made == {(old, new, action) for old, to in ALLOWED.items() for new, by in to.items() for action in by}


@pytest.mark.parametrize(
    ("at", "to", "then"),
    [
        pytest.param(0, 4, (0, 4), id="before it"),
        pytest.param(20, 24, (15, 19), id="behind it"),
        pytest.param(10, 20, None, id="the passage itself"),
        pytest.param(12, 14, None, id="within it"),
        pytest.param(5, 15, (5, 10), id="into it"),
        pytest.param(15, 25, (15, 20), id="out of it"),
        pytest.param(5, 25, (5, 20), id="around it"),
        pytest.param(None, None, (None, None), id="of the whole text"),
    ],
)
def test_a_finding_moves_with_its_letters(at: int | None, to: int | None, then: tuple[int | None, ...] | None) -> None:
    # Ten letters go, five come.
    [*found] = shifted([{"rule": "r", "field": "text", "start": at, "end": to}], 10, 20, 5)
    assert [(one["start"], one["end"]) for one in found] == ([] if then is None else [then])


def test_after_an_edit_the_new_text_waits_and_the_old_one_stays_up() -> None:
    move = edit_by_writer(PUBLISHED, TEXT, "d")
    assert move.standing_after == replace(PUBLISHED, status=S.RECEIVED, revision=1, current_version=2)
    assert not move.visible
    assert not move.by_person
