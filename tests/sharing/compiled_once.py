"""What one app of this process compiled serves the next: most tests make one of their own, of the same parts."""

from collections.abc import Callable
from functools import cache
from typing import Any

import redis.utils
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, util
from sqlalchemy.sql.elements import ClauseElement
from werkzeug.routing import Rule


def share_compiled_parts() -> None:
    """From now on each route, template and statement is compiled once in this process, and no package is asked for its
    version with every connection."""
    Flask.jinja_options = Flask.jinja_options | {"bytecode_cache": _InMemory()}
    Rule.compile = _once(Rule.compile)  # type: ignore[method-assign]
    ClauseElement._compile_w_cache = _for_every_engine(ClauseElement._compile_w_cache)
    redis.utils.get_lib_version = cache(redis.utils.get_lib_version)


class _InMemory(BytecodeCache):
    """Compiled templates by name and file; Jinja throws away what was made from another source."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def _once(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Of a route without defaults or converters of an app's own, all that is compiled depends on its words alone."""
    known: dict[Any, Rule] = {}

    def compile_once(rule: Rule) -> None:
        assert rule.map is not None
        if rule.defaults or rule.map.host_matching or rule.map.converters != rule.map.default_converters:
            compile_rule(rule)
            return
        words = (rule.rule, rule.subdomain, rule.merge_slashes, frozenset(rule.arguments))
        if words not in known:
            compile_rule(rule)
            known[words] = rule
            return
        first = known[words]
        rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
        rule.arguments = set(first.arguments)
        rule._build = first._build.__func__.__get__(rule)  # type: ignore[attr-defined]
        rule._build_unknown = first._build_unknown.__func__.__get__(rule)  # type: ignore[attr-defined]

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
