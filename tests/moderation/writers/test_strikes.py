"""Strikes are what the decisions that stand say: lapsing, by reason, and gone with what is taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import Struct

from models import Action, ActorKind, ReasonDetails, SiteSettings, StrikeLadder
from service.moderation.writers.strikes import proposed, strikes_in

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = SiteSettings(
    reasons={"rude": "Rude.", "dull": "Dull.", "vile": "Vile."},
    reason_details={"dull": ReasonDetails(strikes=0), "vile": ReasonDetails(strikes=3, days=10)},
    strikes=StrikeLadder(warn=1, hold=3, ban=6),
)


class Made(Struct, frozen=True, kw_only=True):
    action: str
    id: str = "d"
    comment_id: str = "c"
    version_n: int = 1
    actor_kind: ActorKind = ActorKind.MODERATOR
    job_id: str | None = None
    reason: str | None = "rude"
    undoes: str | None = None
    created_at: datetime = NOW - timedelta(days=1)


def reject(id_: str = "1", **more: object) -> Made:
    return Made(id=id_, action=Action.REJECT, **more)


def undo(id_: str, undoes: str) -> Made:
    return Made(id=id_, action=Action.UNDO, undoes=undoes, reason=None)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        pytest.param([reject()], 1, id="a-refusal"),
        pytest.param([reject(reason="vile")], 3, id="as-the-site-weighs-it"),
        pytest.param([reject(reason="dull")], 0, id="no-offence"),
        pytest.param([reject(reason=None)], 1, id="without-a-reason"),
        pytest.param([reject(reason="removed since")], 1, id="reason-of-no-list"),
        pytest.param([Made(action=Action.SPAM, reason=None)], 1, id="spam"),
        pytest.param([reject(reason="vile", created_at=NOW - timedelta(days=10))], 0, id="lapsed"),
        pytest.param([reject(actor_kind=ActorKind.POLICY)], 0, id="by-a-rule"),
        pytest.param([reject(job_id="j")], 0, id="by-a-job"),
        pytest.param([reject(), undo("2", "1")], 0, id="undone"),
        pytest.param([reject(), undo("2", "1"), undo("3", "2")], 1, id="undo-undone"),
        pytest.param([reject(), reject("2", reason="vile"), undo("3", "2")], 1, id="back-to-the-one-before"),
        pytest.param([reject(), Made(id="2", action=Action.APPROVE)], 0, id="approved-after-all"),
        pytest.param([reject(), Made(id="2", action=Action.KEEP)], 1, id="kept"),
        pytest.param([reject(), reject("2", version_n=2)], 2, id="an-edit-as-well"),
        pytest.param([reject(), reject("2", comment_id="e")], 2, id="two-comments"),
        pytest.param([reject(), reject("2")], 1, id="refused-twice"),
    ],
)
def test_strikes(line, count):
    assert sum(strike.weight for strike in strikes_in(line, SETTINGS, NOW)) == count


@pytest.mark.parametrize(
    ("refusals", "done", "proposal"),
    [
        (0, (), None),
        (1, (), "warn"),
        (3, (), "hold"),
        (6, (), "ban"),
        (6, ("ban",), None),
        (6, ("hold",), "ban"),
        (3, ("hold",), None),
        (3, ("ban",), None),
    ],
)
def test_what_the_desk_proposes(refusals, done, proposal):
    line = [reject(str(n), comment_id=str(n)) for n in range(refusals)]
    assert proposed(strikes_in(line, SETTINGS, NOW), SETTINGS, done) == proposal


def test_a_ladder_of_noughts_proposes_nothing():
    never = SiteSettings(strikes=StrikeLadder(warn=0, hold=0, ban=0))
    assert proposed(strikes_in([reject()], never, NOW), never) is None
