"""How long what readers said in reports is kept, and how it goes."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import AddressPurpose, AddressRecord, Report, ReportOutcome
from models.queries.complaints import hidden_by_reports, settled_before
from service.privacy.addresses import forget_addresses
from service.wiring import Services

# Six months after a decision nobody can complain of it any more: Regulation (EU) 2022/2065, article 20 (1).
KEPT_FOR = timedelta(days=183)
DROPPED_AT_ONCE = 500


def forget_report(session: Session, report: Report, now: datetime) -> None:
    """Empties a report: nothing of its words nor of who sent it is left, and it weighs no more. Its comment's row is
    locked, and counted anew afterwards.

    What it came to stays: a network's record is not its reader's to clear. Where it helped to hide the comment, or
    was settled once, it stays open until somebody has decided.
    """
    forget_addresses(session, owner_id=report.id)
    report.text = report.law = report.name = report.key_lookup = report.key_digest = None
    report.taken_back_at = report.taken_back_at or now
    undecided = report.settled_at is None and report.outcome is None
    if undecided and session.scalar(hidden_by_reports(report.comment_id, report.version_n)) is None:
        report.outcome, report.settled_at = ReportOutcome.TAKEN_BACK, now
    session.flush()


def drop_settled(services: Services) -> int:
    """Deletes reports that were settled so long ago, with the addresses that came with them; how many. Some at a time.

    Their receipts lead nowhere then. What is settled can be opened again only while nobody has decided since: not by
    then.
    """
    before = services.clock.now() - KEPT_FOR
    with services.read() as session:
        old = list(session.scalars(settled_before(before, DROPPED_AT_ONCE)))
    if old:
        with services.write() as session:
            session.execute(
                delete(AddressRecord).where(
                    AddressRecord.owner_id.in_(old), AddressRecord.purpose == AddressPurpose.REPORT
                )
            )
            session.execute(delete(Report).where(Report.id.in_(old), Report.settled_at < before))
    return len(old)
