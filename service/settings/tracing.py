"""Whether traces are sent, and whether they can be."""

from collections.abc import Mapping
from importlib.util import find_spec

from service.errors import Misconfigured
from service.settings.values import switch, words

_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
_EXPORTERS = frozenset({"otlp", "console", "none"})
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def tracing_switch(name: str, text: str, environ: Mapping[str, str]) -> bool:
    """Whether tracing is on. Raises Misconfigured where it is and cannot work: nobody should miss traces silently."""
    if not switch(name, text):
        return False
    if not all(_is_installed(module) for module in _NEEDED):
        raise Misconfigured(f"{name} is on and OpenTelemetry is not installed; pip install 'rejoinder[tracing]'")
    exporters = environ.get("OTEL_TRACES_EXPORTER", "")
    if not _EXPORTERS.issuperset(words(exporters)):
        raise Misconfigured(f"OTEL_TRACES_EXPORTER is {exporters!r}; write otlp, console or none")
    protocol = next((found for variable in _PROTOCOLS if (found := environ.get(variable, "").strip())), "")
    if protocol not in {"", "http/protobuf"}:
        raise Misconfigured(f"{_PROTOCOLS[1]} is {protocol!r}; write http/protobuf, which is what is spoken here")
    return True


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
