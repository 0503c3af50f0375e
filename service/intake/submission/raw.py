"""A request's body -> RawSubmission: decoded, nothing else. JSON, urlencoded and multipart forms."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import msgspec
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from service.errors import BadRequest, FieldError, Invalid, TooLarge, Unsupported, phrase
from service.web_server.bodies import MOST

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
MAX_FIELDS = 50


class InvalidJson(BadRequest):
    code, title = "invalid_json", "The request is not valid JSON"


class InvalidEncoding(BadRequest):
    code, title = "invalid_utf8", "The request is not valid UTF-8"


class InvalidForm(BadRequest):
    code, title = "invalid_form", "The form cannot be read"


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """What came in, decoded and untrusted: any field may be missing, of any type and any length."""

    values: Mapping[str, Any] = field(repr=False)
    form: bool = False

    def texts(self) -> dict[str, str]:
        """The fields that are text, as typed: what a form shows again."""
        return {name: value for name, value in self.values.items() if isinstance(value, str)}


def is_form(request: Request) -> bool:
    return request.mimetype in FORMS


def read_raw(request: Request) -> RawSubmission:
    """Reads and decodes the body.

    Raises what `service.web_server.bodies` says of a body that did not come whole, such as TooLarge; Unsupported for
    another content type, charset or encoding, BadRequest when it cannot be decoded.
    """
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in {"utf-8", "utf8", "us-ascii"}:
        raise Unsupported("Send UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unsupported("Send the content without compression.")
    if request.mimetype == "application/json":
        return RawSubmission(_json(_body(request)))
    if request.mimetype == "application/x-www-form-urlencoded":
        return RawSubmission(_urlencoded(_body(request)), form=True)
    if request.mimetype == "multipart/form-data":
        boundary = request.mimetype_params.get("boundary", "")
        return RawSubmission(_multipart(_body(request), boundary), form=True)
    raise Unsupported("Send application/json, or an HTML form.")


def read_json(data: bytes) -> RawSubmission:
    """A JSON body of a size that may come in. Raises BadRequest, Invalid."""
    return RawSubmission(_json(_without_mark(data)))


def _body(request: Request) -> bytes:
    try:
        data = request.get_data(cache=False)
    except (TooLarge, RequestEntityTooLarge):
        raise TooLarge(phrase("A comment with all its fields may have %(size)s KiB.", size=MOST // 1024)) from None
    return _without_mark(data)


def _without_mark(data: bytes) -> bytes:
    # Some programs begin every text with a byte order mark.
    return data.removeprefix(BOM_UTF8)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidEncoding from None


def _json(data: bytes) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # It is strict: half a surrogate pair in a field that nobody reads is JSON to everybody else.
        document = _lenient_json(_text(data))
    if not isinstance(document, dict):
        raise Invalid(errors=[FieldError("", "not_an_object", "Send one JSON object with the comment's fields.")])
    return document


def _lenient_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidJson from None


def _no_constant(name: str) -> NoReturn:
    # NaN and Infinity are no JSON, though Python's reader would take them.
    raise ValueError(name)


def _urlencoded(data: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(_text(data), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise InvalidEncoding from None
    except ValueError:
        raise InvalidForm(f"A form may have {MAX_FIELDS} fields.") from None
    return dict(pairs)


def _multipart(data: bytes, boundary: str) -> dict[str, Any]:
    """RFC 7578. A file in a field gives the field no value: nothing here takes files."""
    if not boundary:
        raise InvalidForm("A multipart form has to name its boundary.")
    values: dict[str, Any] = {}
    name = ""
    parts: list[bytes] = []
    try:
        decoder = MultipartDecoder(boundary.encode("ascii"), max_parts=MAX_FIELDS)
        decoder.receive_data(data)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, Field | File):
                name, parts = (event.name if isinstance(event, Field) else ""), []
            elif isinstance(event, Data):
                parts.append(event.data)
                if not event.more_data and name:
                    values[name] = _text(b"".join(parts))
            elif isinstance(event, NeedData):
                raise InvalidForm("The form ends too early.")
    except (ValueError, KeyError, RequestEntityTooLarge):
        raise InvalidForm from None
    return values
