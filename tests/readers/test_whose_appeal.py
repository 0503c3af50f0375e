"""An appeal goes to somebody else than who decided, through every door: by undoing, by a job, by a key of one's own.
And where nobody else is there, writer and moderator are told so."""

import pytest

from models import Moderator, Status
from service.accounts.api_keys import create_key, key_actor
from service.moderation.complaints.own_decisions import OwnDecision
from service.moderation.jobs import repair, runner
from service.moderation.jobs.repair_plan import Repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.undoing import undo, undo_all
from tests.readers.test_appeals import appeal, view


@pytest.fixture
def case(readers, newsroom, actor_of, decide):
    """Anna has refused a comment, whose writer appeals; Bert may decide too."""

    class Case:
        anna, bert = actor_of("Anna", "admin"), actor_of("Bert")
        comment = newsroom.comment()
        receipt = readers.receipt(comment)

    decide(Case.anna, Case.comment, "reject")
    assert appeal(readers, Case.receipt).status_code == 202
    return Case


def alone(services, case) -> None:
    with services.write() as session:
        session.get_one(Moderator, case.bert.id).disabled_at = services.clock.now()


@pytest.mark.parametrize("action", ["approve", "keep", "spam"])
def test_who_refused_it_does_not_undo_what_a_colleague_decided(readers, case, services, decide, action):
    settled = decide(case.bert, case.comment, action)
    before = view(readers, case.receipt)
    with pytest.raises(OwnDecision):
        undo(services, settled.decision_id, case.anna)
    assert view(readers, case.receipt) == before
    # Nor, where the colleague has changed their mind, that.
    reopened = undo(services, settled.decision_id, case.bert)
    (refused,) = undo_all(services, [reopened.decision_id], case.anna)
    assert refused.problem is not None
    assert refused.problem.code == "own_decision"
    assert view(readers, case.receipt)["appeal"]["status"] == "open"


def test_what_one_did_oneself_one_takes_back(readers, case, services, decide):
    alone(services, case)
    settled = decide(case.anna, case.comment, "approve")
    undo(services, settled.decision_id, case.anna)
    assert view(readers, case.receipt)["appeal"]["status"] == "open"


def run_jobs(services) -> None:
    while runner.run_one(services):
        pass


def test_a_job_does_not_undo_it_either(readers, newsroom, case, services):
    made = repair.begin(services, case.bert, newsroom.site, Scope(decided=True), Repair.SPAM)
    run_jobs(services)
    assert view(readers, case.receipt)["appeal"]["status"] == "upheld"
    repair.begin_undo(services, case.anna, made.id)
    run_jobs(services)
    assert readers.comment(case.comment).status is Status.SPAM
    repair.begin(services, case.anna, newsroom.site, Scope(decided=True), Repair.REVERT)
    run_jobs(services)
    assert readers.comment(case.comment).status is Status.SPAM
    assert view(readers, case.receipt)["appeal"]["status"] == "upheld"


def key_of(services, newsroom, maker):
    _, text = create_key(services, maker, site_id=newsroom.site.id, scope="moderate")
    actor = key_actor(services, text)
    assert actor is not None
    return actor


def test_a_key_is_its_makers_hand(readers, newsroom, case, services, decide):
    with pytest.raises(OwnDecision):
        decide(key_of(services, newsroom, case.anna), case.comment, "keep")
    # And what a key has refused, neither its maker nor another of their keys settles.
    other = newsroom.comment()
    receipt = readers.receipt(other)
    decide(key_of(services, newsroom, case.anna), other, "reject")
    appeal(readers, receipt)
    for hand in (case.anna, key_of(services, newsroom, case.anna)):
        with pytest.raises(OwnDecision):
            decide(hand, other, "approve")
    decide(case.bert, other, "approve")
    assert view(readers, receipt)["appeal"]["status"] == "reversed"


@pytest.mark.parametrize("by_key", [False, True])
def test_where_nobody_else_is_there_it_is_said_and_can_be_decided(readers, newsroom, case, services, decide, by_key):
    nobody = "Nobody else can decide here"
    assert nobody not in view(readers, case.receipt)["appeal"]["text"]
    alone(services, case)
    said = view(readers, case.receipt)["appeal"]
    assert nobody in said["text"]
    assert "Somebody else" not in readers.client.get(f"/receipts/{case.receipt}").text
    decide(key_of(services, newsroom, case.anna) if by_key else case.anna, case.comment, "keep")
    assert "The same person decided again" in view(readers, case.receipt)["appeal"]["text"]


def test_whoever_may_appeal_is_told_who_will_look(readers, newsroom, case, services, decide):
    other = newsroom.comment()
    receipt = readers.receipt(other)
    decide(case.anna, other, "reject")
    assert view(readers, receipt)["appeal_to_the_same"] is False
    assert "Somebody else than who decided" in readers.client.get(f"/receipts/{receipt}").text
    alone(services, case)
    assert view(readers, receipt)["appeal_to_the_same"] is True
    page = readers.client.get(f"/receipts/{receipt}").text
    assert "Nobody else can decide on this site" in page
    assert "Somebody else" not in page


def test_a_second_refusal_is_a_decision_of_its_own(readers, case, services, decide):
    """Who refused it may refuse it again, in the open: against that there is an appeal once more, for a colleague."""
    decide(case.bert, case.comment, "approve")
    assert view(readers, case.receipt)["appeal"]["status"] == "reversed"
    decide(case.anna, case.comment, "reject")
    assert appeal(readers, case.receipt).status_code == 202
    with pytest.raises(OwnDecision):
        decide(case.anna, case.comment, "keep")
    decide(case.bert, case.comment, "approve")
    assert readers.comment(case.comment).status is Status.APPROVED
