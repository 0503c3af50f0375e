"""Logs and metrics. Every log line passes `scrub_event`: no address and no receipt gets through."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

# Wide on purpose: a false hit costs a word in a log line, a miss costs somebody's address.
_ADDRESS = re.compile(
    r"[^\s@<>\"'(),:;\[\]{}=&?/\\]{1,64}(?:@|%40|&#64;|＠)[^\s@<>\"'(),;\[\]{}&?/\\]{1,255}", re.IGNORECASE
)
# Name and password in a URL, with the host they are for.
_USERINFO = re.compile(r"://[^\s/?#]{0,512}@[^\s/?#\"',;)\]}]*")
_API_KEY = re.compile(r"\brj_[a-z]{1,20}_[\w-]{8,}")
_TOKEN_PATH = re.compile(r"(/(?:receipts|confirm|unsubscribe|sign-in)/)[^/\s?#\"']+")
_TOKEN_FIELD = re.compile(
    r"((?:receipt|earlier_receipt|token|key|secret|password|authorization|cookie)\"?'?\s*[=:]\s*\"?'?(?:bearer\s+)?)"
    r"[^\s\"'&,;}]{6,}",
    re.IGNORECASE,
)


def scrub(text: str) -> str:
    """The text with addresses, receipts and keys replaced; safe for logs."""
    text = _USERINFO.sub("://[address]", text)
    text = _ADDRESS.sub("[address]", text)
    text = _API_KEY.sub("[token]", text)
    text = _TOKEN_PATH.sub(r"\1[token]", text)
    return _TOKEN_FIELD.sub(r"\1[token]", text)


def _scrub_value(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(str(key)): _scrub_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_scrub_value(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return scrub(str(value))


def scrub_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: the last before rendering, tracebacks included."""
    return {key: _scrub_value(value) for key, value in event.items()}


class _ScrubbingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def set_up_logging(level: str = "info", *, colours: bool | None = None) -> None:
    """Logs to standard error: JSON lines, or readable ones on a terminal. Foreign loggers are scrubbed too."""
    number = getattr(logging, level.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ScrubbingFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    terminal = sys.stderr.isatty() if colours is None else colours
    renderer: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrub_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> Any:
    """A structlog logger; pass values as keywords, never inside the message."""
    return structlog.get_logger(name)


# Every metric of the service, in one table of contents.
COMMENTS = Counter("rejoinder_comments_total", "Comments by the status they moved to", ["status"])
DECISION_SECONDS = Histogram(
    "rejoinder_decision_seconds",
    "From a comment's arrival to its first decision",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
)
RULE_FAILURES = Counter("rejoinder_rule_could_not_check_total", "Rules that could not run", ["rule"])
POLICIES_COMPILED = Counter(
    "rejoinder_policies_compiled_total",
    "Policies made ready to judge with; again: they had been put away for want of room",
    ["why"],
)
DNS_LOOKUPS = Counter("rejoinder_dns_lookups_total", "Mail domains looked up, by what came of it", ["outcome"])
OUTSIDE_CHECKS = Counter("rejoinder_outside_checks_total", "Outside checks by outcome", ["kind", "outcome"])
OUTSIDE_SECONDS = Histogram(
    "rejoinder_outside_check_seconds",
    "How long outside checks took to answer or to fail",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
OUTSIDE_RESTING = Gauge(
    "rejoinder_outside_checks_resting",
    "Outside checks that are not asked for a moment because they kept failing",
    multiprocess_mode="livesum",
)
HTTP_REQUESTS = Counter(
    "rejoinder_http_requests_total",
    "Requests answered, by the rule that matched, whom access took the caller for, and status",
    ["method", "route", "role", "status"],
)
HTTP_SECONDS = Histogram(
    "rejoinder_http_request_duration_seconds",
    "From a request's headers to its answer, its body's way here included; status as 2xx",
    ["method", "route", "role", "status"],
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
JUDGING_SECONDS = Histogram(
    "rejoinder_judging_seconds",
    "Judging one batch of comments: facts, rules, moves, without writing",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
DATABASE_ERRORS = Counter("rejoinder_database_errors_total", "Statements and connections that failed", ["kind"])
INTAKE_SECONDS = Histogram("rejoinder_intake_seconds", "From a submission's body to its answer")
INTAKE_REFUSED = Counter("rejoinder_intake_refused_total", "Submissions refused, by code", ["code"])
REDIS_FAILURES = Counter("rejoinder_redis_failures_total", "Redis calls that failed, by what was wanted", ["call"])
LIMITER_OPEN = Counter("rejoinder_limiter_open_total", "Submissions let through because the limiter had no Redis")
SWEPT = Counter("rejoinder_swept_total", "Comments sent to the stream again")
DEAD_LETTERS = Counter("rejoinder_dead_letters_total", "Comments that no worker could judge")
COUNTS_COMPARED = Counter(
    "rejoinder_counts_compared_total", "Threads and comments whose kept counts were compared with a recount", ["of"]
)
COUNTS_MENDED = Counter(
    "rejoinder_counts_mended_total", "Kept counts that differed from a recount and were put right", ["what"]
)
DELIVERIES = Counter("rejoinder_deliveries_total", "Mails by outcome; done: sent, or rightly not", ["kind", "outcome"])
DOCUMENTS = Counter("rejoinder_documents_total", "Published documents by how they were served", ["how"])
QUEUE_OLDEST = Gauge(
    "rejoinder_queue_oldest_seconds",
    "Age of the oldest comment not yet judged",
    multiprocess_mode="mostrecent",
)
