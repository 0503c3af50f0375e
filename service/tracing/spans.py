"""Spans: what they are while tracing is on, and the nothing that they are while it is off."""

import os
import re
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from service.tracing.exporters import processors_told

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry import trace as otel
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

Value = str | int | float
Kind = Literal["internal", "server", "client", "consumer"]
Result = TypeVar("Result")

# In the WSGI environment: the request's span.
SPAN = "rejoinder.span"
HEADER = "HTTP_TRACEPARENT"
# Seconds that a process that ends waits for what it has not sent yet: a collector that is away holds nobody up.
LAST_SPANS_SECONDS = 2.0

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


class Span:
    """One that nobody keeps: what everybody gets while tracing is off."""

    __slots__ = ()

    # For who goes on with the trace elsewhere; "" where there is none.
    traceparent: str = ""

    def set(self, **attributes: Value) -> None:
        """Adds `rejoinder.…` attributes."""

    def answered(self, method: str, route: str, role: str, status: int) -> None:
        """Names a request's span by what it turned out to be."""

    def within(self, work: Callable[..., Result], *args: Any) -> Result:
        """Does the work; spans that are begun in it, in this thread, are this one's children."""
        return work(*args)

    def __enter__(self) -> "Span":
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _traceback: object) -> None:
        return None


NO_SPAN = Span()


class _Kept(Span):
    """One of OpenTelemetry's. As a context it is the parent of what is begun in it, unless it is `apart`."""

    __slots__ = ("_apart", "_span", "_token", "traceparent")

    def __init__(self, span: "otel.Span", *, apart: bool) -> None:
        self._span, self._apart = span, apart
        self._token: Token[Context] | None = None
        context = span.get_span_context()
        sampled = context.trace_flags & 1
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{sampled:02x}"

    def set(self, **attributes: Value) -> None:
        self._span.set_attributes({f"rejoinder.{name}": value for name, value in attributes.items()})

    def answered(self, method: str, route: str, role: str, status: int) -> None:
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        self.set(role=role)
        if status >= 500:
            self._failed(str(status))

    def within(self, work: Callable[..., Result], *args: Any) -> Result:
        from opentelemetry.context import attach, detach
        from opentelemetry.trace import set_span_in_context

        token = attach(set_span_in_context(self._span))
        try:
            return work(*args)
        finally:
            detach(token)

    def __enter__(self) -> "Span":
        if not self._apart:
            from opentelemetry.context import attach
            from opentelemetry.trace import set_span_in_context

            self._token = attach(set_span_in_context(self._span))
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _traceback: object) -> None:
        if self._token is not None:
            from opentelemetry.context import detach

            detach(self._token)
        if kind is not None:
            self._failed(kind.__name__)
        self._span.end()

    def _failed(self, what: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        # Without a description: an error's words may quote anything.
        self._span.set_status(Status(StatusCode.ERROR))
        self._span.set_attribute("error.type", what)


class _Tracing:
    """What one process traces with."""

    def __init__(self, provider: "TracerProvider") -> None:
        self.provider = provider
        self.tracer = provider.get_tracer("rejoinder")

    def span(
        self, name: str, kind: Kind, parent: str, links: Iterable[str], apart: bool, attributes: dict[str, Value]
    ) -> Span:
        from opentelemetry.trace import Link, SpanKind, set_span_in_context

        above = _remote(parent)
        # Links that lead to traces nobody keeps would only take the places of others.
        linked = [Link(found.get_span_context()) for link in links if link[-2:] == "01" and (found := _remote(link))]
        span = self.tracer.start_span(
            name,
            context=None if above is None else set_span_in_context(above),
            kind=SpanKind[kind.upper()],
            attributes={f"rejoinder.{name}": value for name, value in attributes.items()},
            links=linked,
            record_exception=False,
            set_status_on_exception=False,
        )
        return _Kept(span, apart=apart)


def _remote(traceparent: str) -> "otel.Span | None":
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

    flags = TraceFlags(int(found[3], 16) & 1)
    context = SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags)
    return NonRecordingSpan(context) if context.is_valid else None


_tracing: _Tracing | None = None


def span(
    name: str, *, kind: Kind = "internal", parent: str = "", links: Iterable[str] = (), **attributes: Value
) -> Span:
    """A span to be used as a context, which ends it. `name` is a constant: nothing that came from outside.

    `parent`: a traceparent, else the span that is under way in this thread. `links`: traceparents as well.
    """
    if _tracing is None:
        return NO_SPAN
    return _tracing.span(name, kind, parent, links, False, attributes)


def request_span(environ: dict[str, Any], is_from_proxy: Callable[[dict[str, Any]], bool]) -> Span:
    """A request's span, also in its environment. It goes on with the trace that a proxy of ours has begun; what
    readers say of traces is nothing to us."""
    if _tracing is None:
        return NO_SPAN
    given: str = environ.get(HEADER, "")
    parent = given if given and is_from_proxy(environ) else ""
    # Apart: a coroutine goes on in another thread than the one that began it.
    environ[SPAN] = found = _tracing.span("request", "server", parent, (), True, {})
    return found


def traceparent_of(environ: dict[str, Any]) -> str:
    """What goes on with this request's trace; "" where there is none."""
    found: Span = environ.get(SPAN, NO_SPAN)
    return found.traceparent


def traceparent_here() -> str:
    """What goes on with the span that is under way in this thread; "" where there is none."""
    if _tracing is None:
        return ""
    from opentelemetry.trace import get_current_span

    here = get_current_span()
    return _Kept(here, apart=True).traceparent if here.get_span_context().is_valid else ""


def start(role: str, processor: "SpanProcessor | None" = None) -> None:
    """Traces from now on in this process; call it after any fork. `processor`: what takes the spans, in place of what
    `OTEL_TRACES_EXPORTER` says. Raises ImportError without OpenTelemetry: `service.settings.tracing` looks before."""
    global _tracing
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    resource = Resource.create({} if named else {"service.name": f"rejoinder-{role}"})
    # What is left at the end is sent by `stop`, which waits for no collector that is away.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    processors = processors_told() if processor is None else [processor]
    for each in processors:
        provider.add_span_processor(each)
    _tracing = _Tracing(provider) if processors else None


def stop() -> None:
    """Sends what is left, and traces no more. Returns after LAST_SPANS_SECONDS at the latest."""
    global _tracing
    ending, _tracing = _tracing, None
    if ending is not None:
        thread = threading.Thread(target=ending.provider.shutdown, name="last-spans", daemon=True)
        thread.start()
        thread.join(LAST_SPANS_SECONDS)
