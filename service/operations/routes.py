"""Whether the process lives, whether it can work, and where it is wanted in public, the metrics."""

import msgspec
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.accounts.access import open_to
from service.described import described
from service.errors import NotFound
from service.operations.metrics import metrics_text
from service.operations.readiness import readiness_problems
from service.web_server.draining import is_draining
from service.wiring import current_services

blueprint = Blueprint("operations", __name__)

STOPPING = "This process is stopping; it answers what it has begun."


class Health(msgspec.Struct, frozen=True):
    status: str


class Readiness(msgspec.Struct, frozen=True):
    """`reasons`: what is missing, by part, with what to do."""

    status: str
    reasons: dict[str, str]


@blueprint.get("/healthz")
@open_to("anyone")
@described("Whether the process lives", answers={200: Health})
def healthz() -> Response:
    return _json(Health("ok"))


@blueprint.get("/readyz")
@open_to("anyone")
@described("Whether database and Redis answer", answers={200: Readiness, 503: Readiness})
def readyz() -> Response:
    reasons = {"web": STOPPING} if is_draining() else readiness_problems(current_services())
    if reasons:
        return _json(Readiness("not_ready", reasons), 503)
    return _json(Readiness("ready", {}))


@blueprint.get("/metrics")
@open_to("anyone")
@described(
    "Metrics for Prometheus, where `REJOINDER_METRICS` says `public`", answers={200: "text/plain"}, refusals=(404,)
)
def metrics() -> Response:
    services = current_services()
    if not services.settings.metrics_public:
        raise NotFound("Metrics are on a port of their own.")
    response = Response(metrics_text(services))
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    response.headers["Cache-Control"] = "no-store"
    return response


def _json(answer: msgspec.Struct, status: int = 200) -> Response:
    response = Response(msgspec.json.encode(answer), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
