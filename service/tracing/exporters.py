"""Where spans go: what OpenTelemetry's own variable says of it."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor


def processors_told() -> "list[SpanProcessor]":
    """As `OTEL_TRACES_EXPORTER` says; `service.settings.tracing` has looked at it before."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

    wanted = (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(",")
    found: list[SpanProcessor] = []
    for name in map(str.strip, wanted):
        if name == "otlp":
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            found.append(BatchSpanProcessor(OTLPSpanExporter()))
        elif name == "console":
            found.append(SimpleSpanProcessor(ConsoleSpanExporter()))
    return found
