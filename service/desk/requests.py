"""Requests into types, or a clear no: unreadable is 400, another kind of content 415, a wrong field 422."""

import re
from collections.abc import Collection
from typing import Any, TypeVar

import msgspec
from flask import request
from werkzeug.datastructures import MultiDict

from models.database.ids import is_id
from service.accounts.access import look_again, optional_actor
from service.errors import BadRequest, FieldError, Invalid, Unsupported, phrase
from service.localization import noop

T = TypeVar("T")
# The largest number that a column of ours keeps: revisions, versions.
NUMBER_MOST = 2**31 - 1
# Of a text that does not match its pattern.
MISSHAPEN = noop("This does not have the right form.")

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_LIMIT = re.compile(r"Expected `(?P<kind>int|str|array)`(?: of length)? (?P<sign><=|>=) (?P<n>\d+)")
_NO_INTEGER = re.compile(r"Expected `int(?: \| \w+)*`, got")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]*)`")


def read_query(type_: type[T], several: Collection[str] = ()) -> T:
    """The query string as `type_`. An empty value counts as absent. Raises Invalid, BadRequest.

    `several`: names that may be given more than once, and are lists then.
    """
    given: dict[str, str | list[str]] = {}
    for name, values in request.args.lists():
        if name in several:
            values = [value for value in values if value] or [""]
        if len(values) > 1 and name in several:
            given[name] = values
            continue
        if len(values) > 1:
            raise Invalid(errors=[FieldError(name[:60], "repeated", "Give this only once.")])
        if "\ufffd" in values[0]:
            raise BadRequest("The query is not UTF-8.")
        if values[0]:
            given[name] = values[0]
    return _convert(given, type_, strict=False)


def text_field(given: MultiDict[str, str], name: str, most: int) -> str:
    """A field of a page's query or form as it was typed, at most so long; without NUL, which no database keeps."""
    return given.get(name, "").replace("\x00", "")[:most]


def line_field(given: MultiDict[str, str], name: str, most: int) -> str:
    """The same without the blanks around it."""
    return given.get(name, "").replace("\x00", "").strip()[:most]


def id_field(given: MultiDict[str, str], name: str) -> str:
    """An id of ours from a page's query or form; "" for anything else, as if it had not been given."""
    found = given.get(name, "")
    return found if is_id(found) else ""


def number_field(given: MultiDict[str, str], name: str, most: int) -> int | None:
    """A whole number from 0 to `most` in plain digits; None for anything else, as if it had not been given."""
    return whole_number(given.get(name, ""), most)


def whole_number(typed: str, most: int) -> int | None:
    """The same of what stands in a part of a field."""
    if not (typed.isascii() and typed.isdecimal()) or len(typed) > len(str(most)):
        return None
    return found if (found := int(typed)) <= most else None


def read_body() -> bytes:
    """The whole body. Raises SignInNeeded, Forbidden where the caller was closed, revoked or demoted while it came."""
    body = request.get_data(cache=False)
    actor = optional_actor()
    if actor is not None:
        look_again(actor)
    return body


def read_json(type_: type[T]) -> T:
    """The JSON body as `type_`. Raises BadRequest, Unsupported, Invalid."""
    if not request.is_json:
        raise Unsupported("Send JSON, as application/json.")
    try:
        given = msgspec.json.decode(read_body())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None
    return _convert(given, type_, strict=True)


def _convert(given: Any, type_: type[T], *, strict: bool) -> T:
    _refuse_unstorable(given, "")
    try:
        return msgspec.convert(given, type_, strict=strict)
    except msgspec.ValidationError as error:
        raise Invalid(errors=[field_error(str(error))]) from None


def _refuse_unstorable(value: Any, path: str) -> None:
    """NUL and lone surrogates: PostgreSQL keeps neither."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Invalid(errors=[FieldError(path, "characters", "This has characters that cannot be kept.")])
    elif isinstance(value, dict):
        for name, inner in value.items():
            # A name that no type knows may be anything; it is refused, not repeated.
            _refuse_unstorable(inner, f"{path}.{name[:60]}" if path else name[:60])
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            _refuse_unstorable(inner, f"{path}[{n}]")


def field_error(message: str) -> FieldError:
    """msgspec's words, with the field apart and in a reader's language where they are few."""
    found = _AT.match(message)
    assert found is not None  # The pattern takes any text.
    what, path = found["what"], found["path"] or ""
    if unknown := _UNKNOWN.search(what):
        return FieldError(_under(path, unknown["name"][:60]), "unknown_field", "There is no such field.")
    if missing := _MISSING.search(what):
        return FieldError(_under(path, missing["name"]), "missing", "This is needed.")
    if "enum value" in what:
        return FieldError(path, "unknown_value", "This is not one of the values that can be asked for.")
    if "matching regex" in what:
        # The expression says nothing to a reader; /openapi.json has it.
        return FieldError(path, "invalid", MISSHAPEN)
    if limit := _LIMIT.fullmatch(what):
        return FieldError(path, "invalid", _limited(limit["kind"], limit["sign"], int(limit["n"])))
    if _NO_INTEGER.match(what):
        return FieldError(path, "invalid", "This has to be a whole number.")
    return FieldError(path, "invalid", what.replace("`", "") + ".")


def _limited(kind: str, sign: str, n: int) -> str:
    """What a value, or a text's length, may be at least or at most."""
    if kind.startswith("str"):
        if sign == ">=" and n == 1:
            return noop("This is needed.")
        if sign == ">=":
            return phrase("This has to have at least %(least)s characters.", least=n)
        return phrase("This can have at most %(most)s characters.", most=n)
    if kind.startswith("array"):
        return phrase("There can be at most %(most)s of these.", most=n) if sign == "<=" else noop("This is needed.")
    if sign == ">=":
        return phrase("This has to be at least %(least)s.", least=n)
    return phrase("This can be at most %(most)s.", most=n)


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
