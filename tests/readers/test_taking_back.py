"""What a reader takes back, and what a network does that counts once: nothing clears a record or counts twice."""

import pytest
from sqlalchemy import select

from models import AddressPurpose, AddressRecord, Report, Status
from service.readers.reports import NETWORK_MOST
from tests.readers.test_reports import ILLEGAL, choose


@pytest.mark.parametrize(("action", "outcome"), [("keep", "unfounded"), ("reject", "founded")])
def test_taking_back_what_is_settled_leaves_what_it_came_to(
    readers, newsroom, services, actor_of, decide, action, outcome
):
    """Else a network clears its record of reports that were unfounded."""
    comment = newsroom.published()
    receipt = readers.reported(comment, **ILLEGAL)
    decided = decide(actor_of(), comment, action)
    assert readers.client.delete(f"/api/v1/reports/{receipt}").get_json()["status"] == "taken_back"
    with services.read() as session:
        report = session.scalars(select(Report)).one()
        of_reports = select(AddressRecord).where(AddressRecord.purpose == AddressPurpose.REPORT)
        assert session.scalars(of_reports).all() == []
    assert (report.outcome, report.decision_id, report.text) == (outcome, decided.decision_id, None)
    assert readers.look(receipt)["status"] == "taken_back"


def test_a_record_is_not_cleared_by_taking_back(readers, newsroom, actor_of, decide):
    anna = actor_of()
    for n in range(4):
        fine = newsroom.published()
        receipt = readers.reported(fine, 1)
        decide(anna, fine, "keep")
        if n % 2:
            # A second one, taken back, is not what its reports came to either.
            receipt = readers.reported(fine, 1)
        assert readers.client.delete(f"/api/v1/reports/{receipt}").status_code == 200
    bad = newsroom.published()
    readers.reported(bad, 1)
    assert readers.comment(bad).priority == 2


@pytest.mark.parametrize(("action", "outcome"), [("approve", "unfounded"), ("reject", "founded")])
def test_what_helped_to_hide_a_comment_still_gets_its_verdict(
    readers, newsroom, services, site, actor_of, decide, action, outcome
):
    choose(services, site, 3)
    comment = newsroom.published()
    receipts = [readers.reported(comment, network) for network in (1, 2, 3)]
    assert readers.comment(comment).status is Status.PENDING
    for receipt in receipts:
        assert readers.client.delete(f"/api/v1/reports/{receipt}").get_json()["status"] == "taken_back"
    assert (readers.comment(comment).open_reports, readers.comment(comment).priority) == (3, 0)
    decide(actor_of(), comment, action)
    with services.read() as session:
        assert set(session.scalars(select(Report.outcome))) == {outcome}
        assert session.scalars(select(Report.text)).all() == [None] * 3
    assert [readers.look(receipt)["status"] for receipt in receipts] == ["taken_back"] * 3


def test_what_was_taken_back_hides_nothing(readers, newsroom, services, site):
    choose(services, site, 3)
    comment = newsroom.published()
    readers.client.delete(f"/api/v1/reports/{readers.reported(comment, 1)}")
    for network in (2, 3):
        readers.reported(comment, network)
    assert readers.comment(comment).status is Status.APPROVED


def test_taking_back_frees_no_place(readers, newsroom):
    comment = newsroom.published()
    for _ in range(NETWORK_MOST):
        readers.client.delete(f"/api/v1/reports/{readers.reported(comment, 1)}")
    assert readers.report(comment, 1).get_json()["code"] == "reported_enough"
    assert readers.report(comment, 2).status_code == 202


def test_a_network_counts_once_whenever_it_says_it(readers, newsroom, services, site, fixed_clock):
    """Its hash changes every thirty days, and is found again by the one before."""
    choose(services, site, 3)
    comment = newsroom.published()
    for _ in range(NETWORK_MOST):
        readers.reported(comment, 1)
        fixed_clock.advance(days=25)
    readers.reported(comment, 2)
    assert readers.comment(comment).status is Status.APPROVED
    with services.read() as session:
        assert len(set(session.scalars(select(Report.network)))) == 2


def test_a_network_that_nobody_can_recognise_counts_towards_hiding_no_more(
    readers, newsroom, services, site, fixed_clock
):
    choose(services, site, 3)
    comment = newsroom.published()
    for _ in range(4):
        readers.reported(comment, 1)
        fixed_clock.advance(days=61)
    assert readers.comment(comment).status is Status.APPROVED
