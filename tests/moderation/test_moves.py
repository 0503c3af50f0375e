"""What a decision does to a comment, as a table."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from models import ALLOWED, Status
from service.moderation.moves import After, Standing, after, allowed

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


@pytest.mark.parametrize("gone", [S.WITHDRAWN, S.ERASED])
def test_what_is_gone_stays_gone(gone: Status) -> None:
    assert not any(allowed(replace(FRESH, status=gone), to) for to in ALLOWED[S.PENDING] - {S.ERASED})
