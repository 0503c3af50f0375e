"""The address behind a comment, for somebody who gives a reason: the one way by which it is ever shown."""

from models import AddressPurpose, Comment, Report
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.errors import NotFound
from service.privacy.addresses import address_of, open_address
from service.wiring import Services


def reveal_address(services: Services, actor: Actor, comment_id: str, reason: str) -> str:
    """The writer's address in plain. The reason is kept in the trail. Raises NotFound where none is kept."""
    # One transaction: no address comes out whose reveal is not in the trail.
    with services.write() as session:
        comment = session.get(Comment, comment_id)
        record = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=comment_id)
        if comment is None or record is None:
            raise NotFound("No address is kept for this comment.")
        address = open_address(services.keyring, record)
        refuse_shut_out(session, actor, services.clock.now())
        audit(
            session,
            actor,
            "comment.reveal_email",
            target=comment.id,
            site_id=comment.site_id,
            details={"reason": reason},
            now=services.clock.now(),
        )
    return address


def reveal_reporter(services: Services, actor: Actor, report_id: str, reason: str) -> tuple[str | None, str | None]:
    """Name and address in plain of whoever said that a comment is illegal. The reason is kept in the trail. Raises
    NotFound where neither is kept."""
    with services.write() as session:
        report = session.get(Report, report_id)
        record = address_of(session, purpose=AddressPurpose.REPORT, owner_id=report_id)
        if report is None or (report.name is None and record is None):
            raise NotFound("Nothing is kept of who sent this report.")
        address = None if record is None else open_address(services.keyring, record)
        refuse_shut_out(session, actor, services.clock.now())
        audit(
            session,
            actor,
            "report.reveal_email",
            target=report.comment_id,
            site_id=report.site_id,
            details={"report": report.id, "reason": reason},
            now=services.clock.now(),
        )
        return report.name, address
