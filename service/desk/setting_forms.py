"""The form of a setting: it is kept, or shown again with what is wrong at its fields and all that was typed."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
from flask import redirect
from werkzeug.wrappers import Response as AnyResponse

from service.desk.requests import MISSHAPEN, field_error
from service.errors import FieldError, Invalid, Refused
from service.localization import detail_of, words_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a form, in words: `fields` at each by its name; `rest`: what is of none of them."""

    fields: Mapping[str, str] = field(default_factory=dict)
    rest: Collection[str] = ()

    def __bool__(self) -> bool:
        return bool(self.fields or self.rest)


def kept_or_shown(keep: Callable[[], object], show: Callable[[Wrong], str], back: str, names: Collection[str]) -> Any:
    """Back to the page at `back`, or the page once more. `names`: the fields that the page has.

    `keep` reads the form and keeps it; it raises Invalid for what cannot be so.
    """
    try:
        keep()
    except Invalid as wrong:
        return show(wrong_with(wrong, names)), wrong.status
    return _redirected(f"{back}?done=kept")


def wrong_with(refused: Refused, names: Collection[str]) -> Wrong:
    """What a refusal says of a form with these fields."""
    at = {error.field: words_of(error) for error in reversed(refused.errors) if error.field in names}
    rest = [words_of(error) for error in refused.errors if error.field not in names]
    return Wrong(at, rest if refused.errors else [detail_of(refused)])


def read_form(
    given: Mapping[str, Any],
    type_: type[T],
    name: Callable[[str], str] = str,
    forms: Mapping[str, str] = MappingProxyType({}),
) -> T:
    """The fields as `type_`. Raises Invalid with all that is wrong, not the first alone.

    `name`: what the form calls a field of the type; `forms`: what fields of a form of their own have to look like.
    """
    left, wrong = dict(given), list[FieldError]()
    while True:
        try:
            found = msgspec.convert(left, type_, strict=False)
        except msgspec.ValidationError as error:
            fault = field_error(str(error))
            top = fault.field.partition(".")[0]
            if top not in left:  # It is needed, and was wrong before.
                break
            words = forms.get(fault.field) if fault.message == MISSHAPEN else None
            wrong.append(FieldError(name(fault.field), fault.code, words or fault.made or fault.message))
            # Without it, to see what else is wrong.
            del left[top]
        else:
            break
    if wrong:
        raise Invalid(errors=wrong)
    return found


def _redirected(where: str) -> AnyResponse:
    return redirect(where, 303)
