"""Setting a comment aside from its pane: plain forms, each answered with the comment as it is then."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from models import EscalateTo
from service.accounts.access import current_actor, open_to
from service.desk.queue.answers import answer_case
from service.desk.requests import NUMBER_MOST, line_field, number_field
from service.desk.site_access import comment_reached
from service.errors import FieldError, Invalid
from service.moderation.set_aside.escalate import answer, escalate, take_back
from service.moderation.set_aside.hold import hold, let_go
from service.wiring import Services, current_services

set_aside_pages = Blueprint("set_aside_pages", __name__, url_prefix="/moderate/comments/<comment_id>")

# When a newsroom's morning begins, by the clock of whoever holds the comment.
MORNING = time(8)
WHILES = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}


@set_aside_pages.post("/hold")
@open_to("moderator")
def post_hold(comment_id: str) -> str | AnyResponse:
    services = _reached(comment_id)
    hold(
        services,
        current_actor(),
        comment_id,
        until=_time_asked(services.clock.now()),
        for_id=line_field(request.form, "moderator", 26) or None,
        note=line_field(request.form, "note", 1000) or None,
        expected_revision=_revision(),
    )
    return answer_case(comment_id, "held")


@set_aside_pages.post("/let-go")
@open_to("moderator")
def post_let_go(comment_id: str) -> str | AnyResponse:
    let_go(_reached(comment_id), current_actor(), comment_id)
    return answer_case(comment_id, "let_go")


@set_aside_pages.post("/escalate")
@open_to("moderator")
def post_escalate(comment_id: str) -> str | AnyResponse:
    services = _reached(comment_id)
    to = request.form.get("to", "")
    if to not in set(EscalateTo):
        raise Invalid(errors=[FieldError("to", "unknown_value", "There is nobody of this name to ask.")])
    escalate(
        services,
        current_actor(),
        comment_id,
        EscalateTo(to),
        line_field(request.form, "note", 2000),
        due_at=_time_asked(services.clock.now()),
        for_id=line_field(request.form, "moderator", 26) or None,
        expected_revision=_revision(),
    )
    return answer_case(comment_id, "escalated")


@set_aside_pages.post("/answer")
@open_to("moderator")
def post_answer(comment_id: str) -> str | AnyResponse:
    services = _reached(comment_id)
    action = request.form.get("action", "")
    if action not in ("", "approve", "reject", "spam"):
        raise Invalid(errors=[FieldError("action", "unknown_value", "There is no such decision.")])
    text = line_field(request.form, "answer", 2000)
    answer(services, current_actor(), comment_id, text, action=action or None, expected_revision=_revision())
    return answer_case(comment_id, "answered")


@set_aside_pages.post("/take-back")
@open_to("moderator")
def post_take_back(comment_id: str) -> str | AnyResponse:
    take_back(_reached(comment_id), current_actor(), comment_id)
    return answer_case(comment_id, "taken_back")


def _reached(comment_id: str) -> Services:
    services = current_services()
    with services.read() as session:
        comment_reached(session, comment_id, "moderator")
    return services


def _revision() -> int | None:
    return number_field(request.form, "expected_revision", NUMBER_MOST)


def _time_asked(now: datetime) -> datetime | None:
    """The time of the form's choice; None for no time at all. Raises Invalid."""
    chosen = request.form.get("when", "")
    if chosen in WHILES:
        return now + WHILES[chosen]
    if chosen not in ("tomorrow", "date"):
        return None
    zone = _zone()
    day = now.astimezone(zone).date() + timedelta(days=1)
    if chosen == "date":
        try:
            day = date.fromisoformat(request.form.get("date", ""))
        except ValueError:
            raise Invalid(errors=[FieldError("date", "invalid", "Choose a day.")]) from None
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def _zone() -> tzinfo:
    """The browser's time zone, as its script says; UTC without one."""
    try:
        return ZoneInfo(request.form.get("zone", "")[:60] or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
