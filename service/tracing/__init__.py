"""OpenTelemetry traces, where `REJOINDER_TRACING` is on; while it is off, OpenTelemetry is not even imported.

A span says what was done, how long it took and what came of it: a route's rule, a role, a status, a number, an id of
ours. Never what somebody wrote or is: no text, name, address, network, path, query or error's words. So nothing here
instruments a library, whose spans would quote URLs and statements, and an exception leaves the name of its type.

A comment's way is one trace: the request's traceparent (https://www.w3.org/TR/trace-context/) rides along with it to
the worker. What is done for many at once, a commit or a batch, is a trace of its own that links to theirs.

Where traces go and how many of them, OpenTelemetry's own variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER`, …).

May enter: what a span may be and where it goes. May not: what is traced, which each room says itself.
"""

from service.tracing.spans import NO_SPAN, SPAN, Span, request_span, span, start, stop, traceparent_here, traceparent_of

__all__ = ["NO_SPAN", "SPAN", "Span", "request_span", "span", "start", "stop", "traceparent_here", "traceparent_of"]
