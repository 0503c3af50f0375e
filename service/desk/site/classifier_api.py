"""A site's own classifiers: how each came about and how well it does; put in force, switched off, trained anew."""

from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion, Site, TrainingSchedule
from models.queries.sites import classifiers_of
from moderation_rules.learning.train import ENOUGH
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import ClassifierBody, ClassifierLine, ClassifiersAnswer, Measured, ModelsAnswer
from service.desk.site_access import reached_site, site_named
from service.moderation.learning import classifiers
from service.wiring import current_services

classifier_api = Blueprint("classifiers", __name__, url_prefix="/api/v1/moderation/sites/<site>")
classifier_api.after_request(keep_private)

# When the old name /models was given up (RFC 9745: seconds since 1970): 2026-11-26.
DEPRECATED_SINCE = "@1795651200"

_SEEN = (401, 403, 404)
_CHANGED = (400, 401, 403, 404, 409, 415, 422, 503)
_TRAINED = (401, 403, 404, 503)


@classifier_api.get("/classifiers")
@open_to("viewer")
@described("What the site has learned: its classifiers, newest first", answers={200: ClassifiersAnswer}, refusals=_SEEN)
def get_classifiers(site: str) -> Response:
    return json_answer(_seen(site))


@classifier_api.put("/classifiers/<int:n>")
@open_to("admin")
@described(
    "Put a classifier in force, or switch off the one that is",
    body=ClassifierBody,
    answers={200: ClassifiersAnswer},
    refusals=_CHANGED,
)
def put_classifier(site: str, n: int) -> Response:
    return json_answer(_changed(site, n))


@classifier_api.post("/classifiers/training")
@open_to("admin")
@described(
    "Have a worker train now instead of at night; it is put in force only if it is better",
    answers={202: ClassifiersAnswer},
    refusals=_TRAINED,
)
def post_training(site: str) -> Response:
    return json_answer(_trained(site), 202)


@classifier_api.get("/models")
@open_to("viewer")
@described("The old name of /classifiers", answers={200: ModelsAnswer}, refusals=_SEEN, deprecated=True)
def get_models(site: str) -> Response:
    return _as_models(_seen(site))


@classifier_api.put("/models/<int:n>")
@open_to("admin")
@described(
    "The old name of /classifiers/{n}",
    body=ClassifierBody,
    answers={200: ModelsAnswer},
    refusals=_CHANGED,
    deprecated=True,
)
def put_model(site: str, n: int) -> Response:
    return _as_models(_changed(site, n))


@classifier_api.post("/models/training")
@open_to("admin")
@described("The old name of /classifiers/training", answers={202: ModelsAnswer}, refusals=_TRAINED, deprecated=True)
def train_now(site: str) -> Response:
    return _as_models(_trained(site), 202)


def _seen(slug: str) -> ClassifiersAnswer:
    with current_services().read() as session:
        return view(session, site_named(session, slug, "viewer"))


def _changed(slug: str, n: int) -> ClassifiersAnswer:
    services, actor = current_services(), current_actor()
    site = reached_site(slug, "admin")
    body = read_json(ClassifierBody)
    classifiers.set_state(services, actor, site, n, ClassifierState(body.state))
    with services.read() as session:
        return view(session, site)


def _trained(slug: str) -> ClassifiersAnswer:
    services, actor = current_services(), current_actor()
    site = reached_site(slug, "admin")
    classifiers.train_now(services, actor, site)
    with services.read() as session:
        return view(session, site)


def _as_models(answer: ClassifiersAnswer, status: int = 200) -> Response:
    """The answer as it was before classifiers had one name; RFC 9745 and RFC 8288 say so to whoever still asks."""
    told = {name: getattr(answer, name) for name in answer.__struct_fields__ if name != "classifiers"}
    response = json_answer(ModelsAnswer(models=answer.classifiers, **told), status)
    response.headers["Deprecation"] = DEPRECATED_SINCE
    before, _, after = request.path.rpartition("/models")
    response.headers["Link"] = f'<{before}/classifiers{after}>; rel="successor-version"'
    return response


def view(session: Session, site: Site) -> ClassifiersAnswer:
    """All classifiers that are kept, newest first, and what came of the last training."""
    versions = session.scalars(classifiers_of(site.id)).all()
    schedule = session.get(TrainingSchedule, site.id)
    next_at: datetime | None = None if schedule is None else schedule.next_at
    return ClassifiersAnswer(
        site=site.slug,
        needed=ENOUGH,
        classifiers=[_line(version) for version in versions],
        next_training_at=next_at,
        last_training_at=None if schedule is None else schedule.ended_at,
        last_outcome=None if schedule is None else schedule.outcome,
    )


def _line(version: ClassifierVersion) -> ClassifierLine:
    return ClassifierLine(
        n=version.n,
        state=version.state,
        trained_at=version.trained_at,
        published=version.published,
        stopped=version.stopped,
        false_alarms=version.false_alarms,
        threshold=version.threshold,
        measured=_measured(version.measured.get("new")),
        compared=_measured(version.measured.get("old")),
        checksum=version.checksum,
    )


def _measured(found: dict[str, float] | None) -> Measured | None:
    if not found:
        return None
    return Measured(
        published=int(found["published"]),
        stopped=int(found["stopped"]),
        roc_auc=found["roc_auc"],
        recall=found["recall"],
        false_alarms=found["false_alarms"],
        brier=found.get("brier"),
        calibration_error=found.get("calibration_error"),
    )
