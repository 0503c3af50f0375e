"""A site's own classifiers: how each came about and how well it does; put in force, switched off, trained anew."""

from datetime import datetime

from flask import Blueprint, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ClassifierState, ClassifierVersion, Site, TrainingSchedule
from moderation_rules.learning.train import ENOUGH
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import ClassifierBody, ClassifierLine, ClassifiersAnswer, Measured
from service.desk.site_access import site_named
from service.moderation.learning import classifiers
from service.wiring import current_services

classifier_api = Blueprint("classifiers", __name__, url_prefix="/api/v1/moderation/sites/<site>/models")
classifier_api.after_request(keep_private)


@classifier_api.get("")
@open_to("viewer")
@described(
    "What the site has learned: its classifiers, newest first",
    answers={200: ClassifiersAnswer},
    refusals=(401, 403, 404),
)
def get_models(site: str) -> Response:
    with current_services().read() as session:
        return json_answer(view(session, site_named(session, site, "viewer")))


@classifier_api.put("/<int:n>")
@open_to("admin")
@described(
    "Put a classifier in force, or switch off the one that is",
    body=ClassifierBody,
    answers={200: ClassifiersAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def put_model(site: str, n: int) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        at = site_named(session, site, "admin")
    body = read_json(ClassifierBody)
    classifiers.set_state(services, actor, at, n, ClassifierState(body.state))
    with services.read() as session:
        return json_answer(view(session, at))


@classifier_api.post("/training")
@open_to("admin")
@described(
    "Have a worker train now instead of at night; it is put in force only if it is better",
    answers={202: ClassifiersAnswer},
    refusals=(401, 403, 404, 503),
)
def train_now(site: str) -> Response:
    services, actor = current_services(), current_actor()
    with services.read() as session:
        at = site_named(session, site, "admin")
    classifiers.train_now(services, actor, at)
    with services.read() as session:
        return json_answer(view(session, at), 202)


def view(session: Session, site: Site) -> ClassifiersAnswer:
    """All classifiers that are kept, newest first, and what came of the last training."""
    models = session.scalars(
        select(ClassifierVersion).where(ClassifierVersion.site_id == site.id).order_by(ClassifierVersion.n.desc())
    ).all()
    schedule = session.get(TrainingSchedule, site.id)
    next_at: datetime | None = None if schedule is None else schedule.next_at
    return ClassifiersAnswer(
        site=site.slug,
        needed=ENOUGH,
        models=[_line(model) for model in models],
        next_training_at=next_at,
        last_training_at=None if schedule is None else schedule.ended_at,
        last_outcome=None if schedule is None else schedule.outcome,
    )


def _line(model: ClassifierVersion) -> ClassifierLine:
    return ClassifierLine(
        n=model.n,
        state=model.state,
        trained_at=model.trained_at,
        published=model.published,
        stopped=model.stopped,
        false_alarms=model.false_alarms,
        threshold=model.threshold,
        measured=_measured(model.measured.get("new")),
        compared=_measured(model.measured.get("old")),
        checksum=model.checksum,
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
