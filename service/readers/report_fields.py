"""The fields of a report, checked, all that is wrong said at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models import ReportReason
from service.errors import FieldError, Invalid, nphrase
from service.intake.submission.address_syntax import InvalidAddress, read_address
from service.markup.characters import one_line, visible
from service.moderation.complaints.weighing import LEGAL
from service.moderation.editorial.texts import trimmed

TEXT_MAX = 2_000
LAW_MAX = 200
NAME_MAX = 200
# Nobody can look into what is only called wrong, or illegal.
_EXPLAINED = frozenset({ReportReason.OTHER, ReportReason.ILLEGAL})
# Who tells of abused children need not say who they are: Regulation (EU) 2022/2065, article 16 (2) (c).
_SIGNED = frozenset({ReportReason.ILLEGAL})


@dataclass(frozen=True, slots=True)
class ReportFields:
    """A report that may come past the edge. Its repr shows neither the address nor who sends it nor what is said.

    `law`, `name` and `email` (in its normal form) are those of whoever says that content is illegal, else None.
    """

    reason: ReportReason
    text: str | None = field(repr=False)
    law: str | None = field(repr=False)
    name: str | None = field(repr=False)
    email: str | None = field(repr=False)


def read_report(values: Mapping[str, Any]) -> ReportFields:
    """The checked report. Raises Invalid with one FieldError for each field that needs another look."""
    errors: list[FieldError] = []
    typed = {name: _typed(values, name, errors) for name in ("reason", "text", "law", "name", "email")}
    reason = _reason(typed["reason"], errors)
    text = trimmed(typed["text"])
    if len(text) > TEXT_MAX:
        errors.append(FieldError("text", "too_long", too_long(TEXT_MAX, len(text))))
    elif reason in _EXPLAINED and not visible(text, 1):
        errors.append(FieldError("text", "required", "Please explain what is wrong with it."))
    law = name = email = None
    if reason in LEGAL:
        law = _line(typed["law"], "law", LAW_MAX, errors)
        name = _line(typed["name"], "name", NAME_MAX, errors)
        if reason in _SIGNED and name is None:
            errors.append(FieldError("name", "required", "Your name is missing."))
        email = _email(typed["email"], errors, required=reason in _SIGNED)
    if errors:
        first: dict[str, FieldError] = {}
        for error in errors:
            first.setdefault(error.field, error)
        raise Invalid(errors=list(first.values()))
    assert reason is not None
    return ReportFields(reason, text or None, law, name, email)


def _typed(values: Mapping[str, Any], name: str, errors: list[FieldError]) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        errors.append(FieldError(name, "not_text", "This has to be text."))
        return ""
    return value


def _reason(typed: str, errors: list[FieldError]) -> ReportReason | None:
    chosen = typed.strip()
    if not chosen:
        errors.append(FieldError("reason", "required", "Say what is wrong with it."))
        return None
    try:
        return ReportReason(chosen)
    except ValueError:
        listed = ", ".join(ReportReason)
        errors.append(FieldError("reason", "unknown_value", f"A reason is one of: {listed}."))
        return None


def _line(typed: str, name: str, most: int, errors: list[FieldError]) -> str | None:
    """One line that can be seen; None for an empty one."""
    line = one_line(typed)
    if len(line) > most:
        errors.append(FieldError(name, "too_long", too_long(most, len(line))))
    return line if visible(line, 1) else None


def _email(typed: str, errors: list[FieldError], *, required: bool) -> str | None:
    if not one_line(typed):
        if required:
            errors.append(FieldError("email", "required", "Your e-mail address is missing."))
        return None
    try:
        return read_address(typed).normal
    except InvalidAddress:
        errors.append(FieldError("email", "not_an_address", "This is not a complete e-mail address."))
        return None


def too_long(most: int, has: int) -> str:
    """What is said of a text that is longer than it may be."""
    return nphrase(
        "At most %(num)s character; this has %(has)s.", "At most %(num)s characters; this has %(has)s.", most, has=has
    )
