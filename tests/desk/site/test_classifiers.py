"""The site's own classifier by API and by page: seen by all who reach the site, changed by its admins alone."""

import pytest
from sqlalchemy import select

from models import ClassifierState, ClassifierVersion, TrainingSchedule
from service.moderation.learning.nightly import claim_due_site, store_classifier
from tests.factories import classifier_version

HERE = "/api/v1/moderation/sites/gazette/classifiers"
PAGE = "/moderate/sites/gazette/classifier"
MEASURED = {
    "roc_auc": 0.93,
    "recall": 0.87,
    "false_alarms": 0.01,
    "brier": 0.07,
    "calibration_error": 0.02,
    "published": 120,
    "stopped": 80,
}


@pytest.fixture
def learned(services, site):
    """Three of them: replaced, in force, and a candidate that was not better."""
    in_force = None
    for n, state in enumerate((ClassifierState.IN_FORCE, ClassifierState.IN_FORCE, ClassifierState.CANDIDATE), 1):
        measured = {"new": MEASURED, "old": None if n == 1 else MEASURED | {"recall": 0.4}}
        row = classifier_version(services, site, state, measured=measured, threshold=0.61)
        assert store_classifier(services, row, in_force) == state.value
        in_force = n if state is ClassifierState.IN_FORCE else in_force


def states(services, site):
    with services.read() as session:
        found = session.scalars(
            select(ClassifierVersion).where(ClassifierVersion.site_id == site.id).order_by(ClassifierVersion.n)
        )
        return [model.state.value for model in found]


def test_a_viewer_sees_what_was_learned(reader, learned):
    said = reader.get(HERE).get_json()
    assert [(model["n"], model["state"]) for model in said["classifiers"]] == [
        (3, "candidate"),
        (2, "in_force"),
        (1, "replaced"),
    ]
    standing = said["classifiers"][1]
    assert (standing["published"], standing["stopped"], standing["false_alarms"]) == (600, 212, 0.02)
    assert standing["measured"] == MEASURED
    assert standing["compared"]["recall"] == 0.4
    assert said["classifiers"][2]["compared"] is None
    assert (said["needed"], said["last_outcome"]) == (200, None)
    page = reader.get(PAGE).get_data(as_text=True)
    assert "from 812 decisions" in page
    assert "Of 100 good comments it would hold 1 wrongly, and it finds 87 of 100 that people stopped" in page
    assert "<button" not in page.partition("<main")[2]


def test_before_there_is_any(reader):
    assert reader.get(HERE).get_json()["classifiers"] == []
    assert "There is none in force" in reader.get(PAGE).get_data(as_text=True)


def test_an_admin_changes_which_is_in_force(services, site, boss, learned):
    assert boss.put(f"{HERE}/1", json={"state": "in_force"}).status_code == 200
    assert states(services, site) == ["in_force", "replaced", "candidate"]
    assert boss.put(f"{HERE}/1", json={"state": "in_force"}).status_code == 200
    assert boss.put(f"{HERE}/1", json={"state": "off"}).status_code == 200
    assert states(services, site) == ["off", "replaced", "candidate"]
    assert "It is switched off" in boss.get(PAGE).get_data(as_text=True)
    assert boss.post(PAGE, data={"what": "in_force", "n": "3"}).status_code == 303
    assert states(services, site) == ["replaced", "replaced", "in_force"]
    entries = boss.get("/api/v1/moderation/audit").get_json()["entries"]
    trail = [(entry["action"], entry["details"]) for entry in entries if entry["action"].startswith("classifier")]
    assert trail == [
        ("classifier.in_force", {"model": 3}),
        ("classifier.off", {"model": 1}),
        ("classifier.in_force", {"model": 1}),
    ]


@pytest.mark.parametrize(
    ("n", "body", "status"),
    [
        pytest.param(9, {"state": "in_force"}, 404, id="no such number"),
        pytest.param(10**30, {"state": "in_force"}, 404, id="a number that no column holds"),
        pytest.param(1, {"state": "off"}, 404, id="not in force"),
        pytest.param(1, {"state": "candidate"}, 422, id="no state to ask for"),
        pytest.param(1, {}, 422, id="no state"),
    ],
)
def test_what_cannot_be_done_is_refused(services, site, boss, learned, n, body, status):
    assert boss.put(f"{HERE}/{n}", json=body).status_code == status
    assert states(services, site) == ["replaced", "in_force", "candidate"]


def test_one_that_cannot_be_read_does_not_come_in_force(services, site, boss, learned):
    with services.write() as session:
        session.get_one(ClassifierVersion, (site.id, 1)).document = b"rejoinder-model 1\nof another release"
    answer = boss.put(f"{HERE}/1", json={"state": "in_force"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "classifier_not_readable")
    page = boss.post(PAGE, data={"what": "in_force", "n": "1"})
    assert (page.status_code, "Have one trained anew" in page.get_data(as_text=True)) == (409, True)
    assert states(services, site) == ["replaced", "in_force", "candidate"]


def test_training_can_be_asked_for(services, site, boss):
    assert claim_due_site(services) is None
    assert boss.post(f"{HERE}/training").status_code == 202
    assert claim_due_site(services) == site.id
    assert claim_due_site(services) is None
    assert boss.post(PAGE, data={"what": "train"}).status_code == 303
    assert claim_due_site(services) == site.id
    with services.write() as session:
        session.get_one(TrainingSchedule, site.id).outcome = "too_few"
    assert "too few decisions of one kind" in boss.get(PAGE).get_data(as_text=True)
    assert boss.post(PAGE, data={"what": "sing"}).status_code == 400


def test_nobody_else_changes_or_sees_it(services, site, reader, stranger, learned):
    assert reader.put(f"{HERE}/1", json={"state": "in_force"}).status_code == 403
    assert reader.post(f"{HERE}/training").status_code == 403
    assert reader.post(PAGE, data={"what": "train"}).status_code == 403
    for path in (HERE, PAGE):
        assert stranger.get(path).status_code == 404
    assert stranger.put(f"{HERE}/1", json={"state": "in_force"}).status_code == 404
    assert states(services, site) == ["replaced", "in_force", "candidate"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "", None, 200, id="seen"),
        pytest.param("PUT", "/2", {"state": "off"}, 200, id="changed"),
        pytest.param("POST", "/training", None, 202, id="trained"),
    ],
)
def test_the_old_name_answers_for_one_more_release(boss, learned, method, path, body, status):
    old = HERE.replace("/classifiers", "/models") + path
    answer = boss.open(old, method=method, json=body)
    new = boss.get(HERE).get_json()
    assert answer.status_code == status
    assert answer.get_json() == {"models" if key == "classifiers" else key: value for key, value in new.items()}
    assert answer.headers["Deprecation"].startswith("@")
    assert answer.headers["Link"] == f'<{HERE}{path}>; rel="successor-version"'
