"""What a decision asks of the database: on a server each statement is a round trip, for which other writers wait."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from models import ActorKind, Comment, Site, Status, new_id
from service.accounts.actors import Actor, SignInNeeded
from service.accounts.api_keys import key_actor, revoke_key
from service.moderation.decision_keys import DecisionKeyReused, RequestKey
from service.moderation.decisions import DecisionRequest, Outcome, apply_decisions
from service.moderation.undoing import undo
from service.wiring import Services
from tests.factories import add_api_key, add_comment, add_thread
from tests.fixed_clock import FixedClock


@contextmanager
def steps_of(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the database meanwhile: first words of statements, the ends of transactions."""
    steps: list[str] = []
    heard = {
        "before_cursor_execute": lambda _connection, _cursor, sql, *_rest: steps.append(sql.split()[0]),
        "commit": lambda _connection: steps.append("COMMIT"),
    }
    for name, listener in heard.items():
        event.listen(engine, name, listener)
    try:
        yield steps
    finally:
        for name, listener in heard.items():
            event.remove(engine, name, listener)


@pytest.fixture
def ann(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


def key_of(actor: Actor, body: bytes = b"b" * 16) -> RequestKey:
    return RequestKey(actor.id, b"k" * 16, body)


def wanted(services: Services, site: Site, ann: Actor, action: str, count: int) -> list[DecisionRequest]:
    comments = [
        add_comment(services, add_thread(services, site, key=new_id()), status=Status.PENDING, revision=1)
        for _ in range(count)
    ]
    return [DecisionRequest(comment.id, action, ann, expected_revision=1) for comment in comments]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("action", "statements"),
    [
        # The comments, locked; all that is written of them, and the locks of their threads.
        ("reject", 2),
        # And where they stand in their threads; what changes there.
        ("approve", 4),
    ],
)
def test_a_servers_round_trips(
    services: Services, site: Site, ann: Actor, action: str, statements: int, count: int
) -> None:
    requests = wanted(services, site, ann, action, count)
    with steps_of(services.engine) as steps:
        outcomes = apply_decisions(services, requests, key_of(ann))
    assert [outcome.problem for outcome in outcomes] == [None] * count
    if services.engine.dialect.name == "postgresql":
        assert (len(steps), steps[-1]) == (statements + 1, "COMMIT"), steps
    else:
        # In this process a statement is no round trip: what counts there are commits, each of which waits for a disk.
        assert steps.count("COMMIT") == 1
        assert len(steps) <= 16 + 3 * (count - 1), steps


def test_who_acts_is_asked_for_in_the_same_transaction(services: Services, site: Site) -> None:
    text = add_api_key(services, site, "moderate")
    program = key_actor(services, text)
    assert program is not None
    first, second = wanted(services, site, program, "reject", 2)
    with steps_of(services.engine) as steps:
        (made,) = apply_decisions(services, [first])
    assert made.problem is None
    assert steps.count("COMMIT") == 1
    if services.engine.dialect.name == "postgresql":
        # The comment and the caller, in one round trip; all that is written.
        assert steps == ["SELECT", "SELECT", "WITH", "COMMIT"]
    revoke_key(services, None, key_id=program.id)
    with pytest.raises(SignInNeeded):
        apply_decisions(services, [second])
    with services.read() as session:
        assert session.get_one(Comment, second.comment_id).status is Status.PENDING


def test_taking_back_costs_a_server_no_more(services: Services, site: Site, ann: Actor) -> None:
    (made,) = apply_decisions(services, wanted(services, site, ann, "reject", 1))
    assert made.decision_id is not None
    with steps_of(services.engine) as steps:
        undo(services, made.decision_id, ann)
    assert steps.count("COMMIT") == 1
    if services.engine.dialect.name == "postgresql":
        # Where the decision is; it, and the comment, locked; what is written; whether it had been set aside.
        assert len(steps) - 1 <= 5, steps


def test_a_caller_is_looked_up_by_one_statement(services: Services, site: Site) -> None:
    text = add_api_key(services, site, "moderate")
    assert key_actor(services, text) is not None
    with steps_of(services.engine) as steps:
        assert key_actor(services, text) is not None
    assert [step for step in steps if step != "BEGIN"] == ["SELECT"]


def test_a_key_that_nobody_asked_for_is_noticed_where_it_is_written(services: Services, site: Site, ann: Actor) -> None:
    first, second = wanted(services, site, ann, "reject", 2)
    (made,) = apply_decisions(services, [first], key_of(ann))
    with pytest.raises(DecisionKeyReused):
        apply_decisions(services, [second], key_of(ann, b"c" * 16))
    assert apply_decisions(services, [first], key_of(ann)) == [made]
    # The refused request has left no trace.
    assert made_of(apply_decisions(services, [second])) == ["rejected"]


def test_a_key_of_yesterday_stands_in_nobodys_way(
    services: Services, site: Site, ann: Actor, fixed_clock: FixedClock
) -> None:
    first, second = wanted(services, site, ann, "reject", 2)
    apply_decisions(services, [first], key_of(ann))
    fixed_clock.advance(hours=25)
    (made,) = apply_decisions(services, [second], key_of(ann, b"c" * 16))
    assert made.problem is None
    assert apply_decisions(services, [second], key_of(ann, b"c" * 16)) == [made]


def made_of(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome.status) for outcome in outcomes]
