"""What a reader's request asks for, checked: which thread, which part of it, in which order."""

import re
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from models.database.ids import is_id
from models.thread import key_fault
from service.errors import BadRequest, FieldError, InvalidQuery

Sort = Literal["oldest", "newest", "top"]
# Of a thread of questions.
Answered = Literal["answered", "unanswered"]
SORTS: tuple[Sort, ...] = ("oldest", "newest", "top")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_DEPTH = 100
MAX_CURSOR = 400
MAX_COUNTS = 100

_NUMBER = re.compile(r"[0-9]{1,4}")

Fields = dict[str, list[str]]


class PageQuery(msgspec.Struct, frozen=True):
    """Which part of a thread: at most `limit` comments in the order of `sort`.

    `cursor` is what an earlier page gave; `parent` asks for the replies below one comment; `around` for the page
    on which a comment stands; `depth` for so many levels of replies under the first. `only`: of a thread of questions
    those with or without an answer by the newsroom, each with its answers; the limit is of questions then.
    """

    sort: Sort = "oldest"
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    parent: str | None = None
    around: str | None = None
    depth: int | None = None
    only: Answered | None = None


def read_fields(query_string: str) -> Fields:
    """The query string as WSGI gives it -> field -> values. Raises BadRequest for what is not UTF-8."""
    try:
        text = query_string.encode("latin-1").decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_COUNTS + 20)
    except UnicodeError:
        raise BadRequest("The query is not UTF-8.") from None
    except ValueError:
        raise BadRequest("The query has too many fields.") from None
    fields: Fields = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def read_page(fields: Fields) -> tuple[str, PageQuery]:
    """Fields -> the thread's key and what is asked of it. Raises InvalidQuery, naming every field that is wrong."""
    wrong: list[FieldError] = []
    key = _key(_first(fields, "thread"), wrong)
    sort = _first(fields, "sort") or "oldest"
    if sort not in SORTS:
        wrong.append(FieldError("sort", "unknown_sort", "Sort by oldest, newest or top."))
    cursor = _first(fields, "cursor") or None
    if cursor is not None and (len(cursor) > MAX_CURSOR or not cursor.isascii()):
        wrong.append(unknown_cursor())
    asked = PageQuery(
        sort="oldest" if sort not in SORTS else sort,
        limit=_number(fields, "limit", 1, MAX_LIMIT, wrong) or DEFAULT_LIMIT,
        cursor=cursor,
        parent=_comment(fields, "parent", wrong),
        around=_comment(fields, "around", wrong),
        depth=_number(fields, "depth", 0, MAX_DEPTH, wrong),
        only=_answered(fields, wrong),
    )
    if wrong:
        raise InvalidQuery(errors=wrong)
    return key, asked


def _answered(fields: Fields, wrong: list[FieldError]) -> Answered | None:
    value = _first(fields, "filter")
    if value is None or value == "":
        return None
    if value != "answered" and value != "unanswered":
        wrong.append(FieldError("filter", "unknown_filter", "Filter by answered or unanswered."))
        return None
    for other in ("parent", "around", "depth"):
        if _first(fields, other):
            wrong.append(FieldError(other, "not_with_filter", "Questions are filtered in a thread as a whole."))
    return "answered" if value == "answered" else "unanswered"


def read_counts(fields: Fields) -> tuple[str, ...]:
    """Fields -> the threads' keys, each once. Raises InvalidQuery."""
    keys = tuple(dict.fromkeys(fields.get("thread", [])))
    wrong: list[FieldError] = []
    if not keys:
        _key(None, wrong)
    if len(keys) > MAX_COUNTS:
        wrong.append(FieldError("thread", "too_many", f"Ask for at most {MAX_COUNTS} threads at once."))
    else:
        for key in keys:
            _key(key, wrong)
    if wrong:
        raise InvalidQuery(errors=wrong)
    return keys


def unknown_cursor() -> FieldError:
    return FieldError("cursor", "unknown_cursor", "This cursor is not one of ours; start again without it.")


def _first(fields: Fields, name: str) -> str | None:
    values = fields.get(name)
    return values[0] if values else None


def _key(value: str | None, wrong: list[FieldError]) -> str:
    key = value or ""
    fault = key_fault(key)
    if fault is not None:
        wrong.append(FieldError("thread", *fault))
    return key


def _number(fields: Fields, name: str, least: int, most: int, wrong: list[FieldError]) -> int | None:
    value = _first(fields, name)
    if value is None or value == "":
        return None
    number = int(value) if _NUMBER.fullmatch(value) else -1
    if not least <= number <= most:
        wrong.append(FieldError(name, "out_of_range", f"Write a whole number from {least} to {most}."))
        return None
    return number


def _comment(fields: Fields, name: str, wrong: list[FieldError]) -> str | None:
    value = _first(fields, name)
    if value is None or value == "":
        return None
    if not is_id(value):
        wrong.append(FieldError(name, "not_an_id", "This is not the id of a comment."))
        return None
    return value
