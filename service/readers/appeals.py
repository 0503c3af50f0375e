"""A writer's appeal against a refusal: taken in by the receipt, once a decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import Appeal, new_id
from service.database_errors import again_when_contended
from service.errors import FieldError, Invalid
from service.intake.rate_limits import limits_of, take_from_limits
from service.intake.receipts import NotRefused, find_comment, last_decision, view_of, why_no_appeal
from service.intake.receive import Intake
from service.intake.types import ReceiptView
from service.markup.characters import visible
from service.moderation.complaints.settling import recount
from service.moderation.editorial.texts import trimmed
from service.moderation.record import standings
from service.privacy.prefixes import prefix_hash
from service.readers.report_fields import TEXT_MAX, too_long
from service.wiring import Services


def appeal(
    intake: Intake, receipt: str, values: Mapping[str, Any], ip: str | None, asked: str | None = None
) -> ReceiptView:
    """Takes an appeal; it waits for somebody else than who decided. `values`: {"text": …}; `ip`: who asks, which counts
    like a comment; `asked`: the language for a reason, before all others.

    Raises UnknownReceipt, NotRefused, AlreadyAppealed, Invalid, SentTooOften.
    """
    services, now = intake.services, intake.services.clock.now()
    with services.read() as session:
        comment = find_comment(session, services.keyring, receipt)
        why = why_no_appeal(session, comment, now)
        if why is not None:
            raise why
        site_id = comment.site_id
    text = _read_text(values)
    prefix = None if ip is None else prefix_hash(services.keyring, ip, now)
    limits = limits_of(services.keyring, services.settings.submit_limit, prefix_hash=prefix, address=None)
    take_from_limits(intake.limiter, limits, site_id=site_id)
    return _store(services, receipt, text, now, asked)


def _read_text(values: Mapping[str, Any]) -> str:
    typed = values.get("text")
    if typed is not None and not isinstance(typed, str):
        raise Invalid(errors=[FieldError("text", "not_text", "This has to be text.")])
    text = trimmed(typed or "")
    if not visible(text, 1):
        raise Invalid(errors=[FieldError("text", "required", "Say why the decision was wrong.")])
    if len(text) > TEXT_MAX:
        raise Invalid(errors=[FieldError("text", "too_long", too_long(TEXT_MAX, len(text)))])
    return text


@again_when_contended
def _store(services: Services, receipt: str, text: str, now: datetime, asked: str | None) -> ReceiptView:
    with services.write() as session:
        comment = find_comment(session, services.keyring, receipt, lock=True)
        standings(session, [comment.id], lock=True)
        # Looked at again, now that nobody can move it.
        why = why_no_appeal(session, comment, now)
        if why is not None:
            raise why
        last = last_decision(session, comment)
        if last is None:
            raise NotRefused("There is no decision against it.")
        session.add(
            Appeal(
                id=new_id(),
                comment_id=comment.id,
                site_id=comment.site_id,
                version_n=comment.current_version,
                against=last.id,
                decider_kind=last.actor_kind,
                decider_id=last.actor_id,
                text=text,
                created_at=now,
            )
        )
        session.flush()
        recount(session.connection(), [comment.id])
        session.refresh(comment)
        return view_of(session, comment, now, asked)
