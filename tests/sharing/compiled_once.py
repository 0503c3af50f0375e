"""What one app of this process compiled serves the next: most tests make one of their own, of the same parts."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, util
from sqlalchemy.sql.elements import ClauseElement
from werkzeug.routing import Rule


def share_compiled_parts() -> None:
    """From now on each route, template and statement is compiled once in this process."""
    Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": _InMemory()}
    Rule._compile_builder = _once(Rule._compile_builder)
    ClauseElement._compile_w_cache = _for_every_engine(ClauseElement._compile_w_cache)


class _InMemory(BytecodeCache):
    """Compiled templates by name and file; Jinja throws away what was made from another source."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def _once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """Of a route without defaults, what builds its URLs depends on nothing but its pieces."""
    known: dict[Any, Any] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        pieces = (rule.rule, tuple(rule._trace), append_unknown)
        if pieces not in known:
            known[pieces] = compile_builder(rule, append_unknown)
        return known[pieces]

    return compile_once


def _for_every_engine(compile_with_cache: Callable[..., Any]) -> Callable[..., Any]:
    """A statement is the same for every engine of one kind, as it is for every connection of one engine."""
    shared = util.LRUCache[Any, Any](4000)
    first: dict[Any, Dialect] = {}

    def compile_once(statement: Any, dialect: Any, *, compiled_cache: Any, **more: Any) -> Any:
        if compiled_cache is None:
            return compile_with_cache(statement, dialect, compiled_cache=None, **more)
        serializer = getattr(dialect, "_json_serializer", None)
        kind = (type(dialect), dialect.server_version_info, getattr(serializer, "__code__", serializer))
        return compile_with_cache(statement, first.setdefault(kind, dialect), compiled_cache=shared, **more)

    return compile_once
