"""A site's classifier: what it learns from, when it comes in force, and that judging uses it."""

import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import (
    ActorKind,
    ClassifierState,
    ClassifierVersion,
    Comment,
    Site,
    Status,
    Thread,
    TrainingSchedule,
)
from moderation_rules.learning.toy import toy_classifier
from service.moderation.judging.worker import Worker
from service.moderation.learning import nightly
from service.moderation.learning.nightly import (
    claim_due_site,
    collect_samples,
    is_better,
    schedule_new_sites,
    store_classifier,
    train_site,
)
from service.moderation.learning.training import Trained, TrainingFailed, TrainingOrder, measure, train_in_subprocess
from service.moderation.moves import Action
from service.moderation.policies import in_force
from service.moderation.policies.in_force import Policies
from service.moderation.policies.site_policy import SitePolicy
from service.queue import stream
from service.wiring import Services
from tests.factories import add_chain, add_comment, add_decision, add_site, add_thread, classifier_version
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen

GOOD = "The harbour plan number {n} deserves a second reading by the council."
BAD = "Lovely cheap watches number {n}, visit the watches shop today."


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def decided(
    services: Services,
    thread: Thread,
    each: int,
    *,
    actor: ActorKind = ActorKind.MODERATOR,
    good: str = GOOD,
    bad: str = BAD,
    **changes: Any,
) -> None:
    """`each` comments of either kind in turn, with one decision on each."""
    chain = add_chain(services, thread.site_id)
    now = services.clock.now()
    with services.write() as session:
        for n in range(2 * each):
            kind, status, action = ((good, Status.APPROVED, Action.APPROVE), (bad, Status.SPAM, Action.SPAM))[n % 2]
            # Without sketches: else they would be near copies, and what is learned would not show.
            comment = add_comment(
                services, thread, kind.format(n=n), chain=chain, status=status, sketch=None, session=session
            )
            add_decision(session, comment, action, status, now=now, actor_kind=actor, **changes)


def models_of(services: Services, site: Site) -> list[ClassifierVersion]:
    with services.read() as session:
        return list(
            session.scalars(
                select(ClassifierVersion).where(ClassifierVersion.site_id == site.id).order_by(ClassifierVersion.n)
            )
        )


def test_a_first_classifier_comes_in_force_and_holds(services: Services, site: Site, thread: Thread) -> None:
    decided(services, thread, 210)
    assert train_site(services, site.id, threading.Event()) == "in_force"
    (model,) = models_of(services, site)
    assert (model.n, model.state, model.published + model.stopped) == (1, ClassifierState.IN_FORCE, 336)
    assert model.measured["new"]["roc_auc"] > 0.95
    assert model.false_alarms == 0.02
    assert 0.5 <= model.threshold < 1

    comment = add_comment(services, thread, BAD.format(n=9000))
    stream.send(services.redis, [(comment.id, 0)])
    Worker(services, consumer="w").drain()
    assert seen(services, comment.id).status is Status.PENDING
    found = [finding for finding in decisions(services, comment.id)[0].findings if finding["rule"] == "learned"]
    assert found[0]["model"] == 1
    assert "likely to be stopped" in found[0]["message"]

    assert train_site(services, site.id, threading.Event()) == "nothing_new"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"actor": ActorKind.POLICY}, id="the machine's own"),
        pytest.param({"job_id": "01JOB"}, id="made by a job"),
    ],
)
def test_only_what_people_read_teaches(services: Services, site: Site, thread: Thread, changes: dict[str, Any]) -> None:
    decided(services, thread, 3, **changes)
    assert collect_samples(services, site.id) == []


def test_it_is_off_until_there_are_enough(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "ENOUGH", 4)
    decided(services, thread, 3)
    assert train_site(services, site.id, threading.Event()) == "too_few"
    decided(services, thread, 1)
    assert train_site(services, site.id, threading.Event()) == "too_few_fresh"
    assert models_of(services, site) == []


def test_the_last_word_counts_in_order_and_page_by_page(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "READ_AT_ONCE", 2)
    decided(services, thread, 3)
    with services.write() as session:
        first, second, *_ = session.scalars(select(Comment).order_by(Comment.id))
        now = services.clock.now()
        add_decision(session, first, Action.REJECT, Status.REJECTED, now=now, revision=2)
        add_decision(session, second, Action.PENDING, Status.PENDING, now=now, revision=2)
    taught = collect_samples(services, site.id)
    # The second is open again; the first was published and is now refused, and that is the newest decision.
    assert [one.sample[1] for one in taught] == [0, 1, 0, 1, 1]
    assert taught[-1].sample[0] == GOOD.format(n=0)
    assert [one.decision_id for one in taught] == sorted(one.decision_id for one in taught)


@pytest.mark.parametrize(
    ("new", "old", "better"),
    [
        pytest.param((0.9, 0.01), 0.8, True, id="better"),
        pytest.param((0.8, 0.01), 0.8, False, id="as good"),
        pytest.param((0.7, 0.01), 0.8, False, id="worse"),
        pytest.param((0.9, 0.3), 0.8, False, id="better, but holds too much"),
        pytest.param((0.7, 0.01), None, True, id="first"),
        pytest.param((0.55, 0.01), None, False, id="first, hardly better than a coin"),
    ],
)
def test_it_has_to_be_better(new: tuple[float, float], old: float | None, better: bool) -> None:
    measured = {"roc_auc": new[0], "false_alarms": new[1]}
    assert is_better(Trained(b"", 0.5, measured, None if old is None else {"roc_auc": old})) is better


@pytest.mark.parametrize(
    ("bad", "outcome", "states"),
    [
        pytest.param("Fine brass lamps number {n}, visit the lamp shop.", "in_force", "replaced in_force", id="better"),
        # The toy in force stops every text about watches, and no other: nothing can sort these better.
        pytest.param(BAD, "candidate", "in_force candidate", id="not better"),
    ],
)
def test_a_retrained_classifier_replaces_only_a_worse_one(
    services: Services,
    site: Site,
    thread: Thread,
    monkeypatch: pytest.MonkeyPatch,
    bad: str,
    outcome: str,
    states: str,
) -> None:
    monkeypatch.setattr(nightly, "ENOUGH", 100)
    monkeypatch.setattr(nightly, "HOLDOUT_LEAST", 10)
    store_classifier(services, classifier_version(services, site, ClassifierState.IN_FORCE), None)
    decided(services, thread, 110, bad=bad)
    assert train_site(services, site.id, threading.Event()) == outcome
    old, new = models_of(services, site)
    assert [old.state.value, new.state.value] == states.split()
    assert new.measured["old"]["published"] == new.measured["new"]["published"] == 22


def test_what_was_switched_off_stays_off(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "ENOUGH", 100)
    monkeypatch.setattr(nightly, "HOLDOUT_LEAST", 10)
    store_classifier(services, classifier_version(services, site, ClassifierState.OFF), None)
    decided(services, thread, 110)
    assert train_site(services, site.id, threading.Event()) == "candidate"
    assert [model.state for model in models_of(services, site)] == [ClassifierState.OFF, ClassifierState.CANDIDATE]


def test_what_the_old_one_has_learned_is_not_fresh(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "ENOUGH", 100)
    decided(services, thread, 110)
    row = classifier_version(services, site, ClassifierState.IN_FORCE)
    row.last_decision_id = collect_samples(services, site.id)[150].decision_id
    store_classifier(services, row, None)
    # 69 decisions came after; of the newest fifth all are fresh, and a fifth of 220 is enough.
    assert train_site(services, site.id, threading.Event()) == "candidate"
    with services.write() as session:
        session.get_one(ClassifierVersion, (site.id, 1)).last_decision_id = collect_samples(services, site.id)[
            -1
        ].decision_id
        session.delete(session.get_one(ClassifierVersion, (site.id, 2)))
    assert train_site(services, site.id, threading.Event()) == "nothing_new"


def test_models_are_versioned(services: Services, site: Site) -> None:
    in_force: int | None = None
    for n in range(1, 7):
        assert (
            store_classifier(services, classifier_version(services, site, ClassifierState.IN_FORCE), in_force)
            == "in_force"
        )
        in_force = n
    for _ in (7, 8):
        assert (
            store_classifier(services, classifier_version(services, site, ClassifierState.CANDIDATE), in_force)
            == "candidate"
        )
    assert store_classifier(services, classifier_version(services, site, ClassifierState.IN_FORCE), 5) == "superseded"
    assert [(model.n, model.state.value) for model in models_of(services, site)] == [
        (3, "replaced"),
        (4, "replaced"),
        (5, "replaced"),
        (6, "in_force"),
        (8, "candidate"),
    ]


def test_a_model_in_force_counts_from_the_next_batch(services: Services, site: Site) -> None:
    policies = Policies()
    today = services.clock.now().date()
    with services.read() as session:
        assert policies.of(session, [site.id], today)[site.id].classifier is None
    store_classifier(services, classifier_version(services, site, ClassifierState.CANDIDATE), None)
    with services.read() as session:
        assert policies.of(session, [site.id], today)[site.id].classifier is None
    store_classifier(services, classifier_version(services, site, ClassifierState.IN_FORCE), None)
    with services.read() as session:
        policy = policies.of(session, [site.id], today)[site.id]
        assert policies.of(session, [site.id], today)[site.id] is policy
    assert policy.classifier_n == 2
    assert policy.classifier is not None
    assert policy.classifier.probability("lovely watches") > 0.9


def test_only_the_latest_classifiers_are_kept(services: Services, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "MOST_CLASSIFIERS", 2)
    sites = [site.id, *[add_site(services, slug).id for slug in ("one", "two", "plain")]]
    for site_id in sites[:3]:
        store_classifier(services, classifier_version(services, site_id, ClassifierState.IN_FORCE), None)
    policies, today = Policies(), services.clock.now().date()

    def ask(*site_ids: str) -> list[SitePolicy]:
        with services.read() as session:
            return list(policies.of(session, site_ids, today).values())

    (plain,) = ask(sites[3])
    (first,) = ask(sites[0])
    (second,) = ask(sites[1])
    assert ask(sites[0]) == [first]
    ask(sites[2])
    assert ask(sites[0])[0] is first
    assert ask(sites[3])[0] is plain
    assert ask(sites[1])[0] is not second


def test_what_is_measured() -> None:
    fresh = [("lovely watches", 1), ("more watches", 1), ("a bridge", 1), ("a boat", 0), ("the harbour", 0)]
    found = measure(toy_classifier(), fresh, 0.001)
    assert (found["recall"], found["false_alarms"], found["published"], found["stopped"]) == (0.6667, 0.0, 2, 3)
    assert found["roc_auc"] == pytest.approx(5 / 6, abs=1e-3)
    # The bridge is given 12 of 100 as everything else that it does not know: 0.88 off once, 0.12 off twice.
    assert found["brier"] == pytest.approx((0.88**2 + 2 * 0.12**2) / 5, abs=2e-3)
    assert found["calibration_error"] == pytest.approx(abs(3 * 0.119 - 1) / 5, abs=2e-3)


def test_a_damaged_model_is_left_out_and_trained_anew(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "ENOUGH", 100)
    decided(services, thread, 110)
    row = classifier_version(services, site, ClassifierState.IN_FORCE)
    row.last_decision_id = collect_samples(services, site.id)[-1].decision_id
    row.document = row.document[:-1] + bytes([row.document[-1] ^ 1])
    store_classifier(services, row, None)
    with services.read() as session:
        policy = Policies().of(session, [site.id], services.clock.now().date())[site.id]
    assert (policy.classifier, policy.classifier_n) == (None, None)
    assert train_site(services, site.id, threading.Event()) == "in_force"
    assert models_of(services, site)[-1].measured["old"] is None


def test_a_turn_is_taken_once_a_night(services: Services, site: Site, fixed_clock: FixedClock) -> None:
    schedule_new_sites(services)
    schedule_new_sites(services)
    assert claim_due_site(services) is None
    fixed_clock.advance(hours=16)
    assert claim_due_site(services) == site.id
    assert claim_due_site(services) is None
    with services.read() as session:
        next_at = session.scalars(select(TrainingSchedule.next_at)).one()
    assert next_at.hour == nightly.NIGHT_HOUR
    assert timedelta(0) < next_at - fixed_clock.now() <= timedelta(days=1)


def test_what_came_of_a_turn_is_kept(
    services: Services, site: Site, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule_new_sites(services)
    fixed_clock.advance(hours=16)
    stop = threading.Event()
    monkeypatch.setattr(nightly, "train_site", lambda *_: stop.set() or "too_few")
    nightly.run(services, stop)
    with services.read() as session:
        turn = session.scalars(select(TrainingSchedule)).one()
    assert (turn.outcome, turn.ended_at) == ("too_few", fixed_clock.now())

    fixed_clock.advance(days=1)
    stop.clear()

    def fails(*_: object) -> str:
        stop.set()
        raise TrainingFailed("lost")

    monkeypatch.setattr(nightly, "train_site", fails)
    nightly.run(services, stop)
    with services.read() as session:
        assert session.scalars(select(TrainingSchedule)).one().outcome == "failed"


def test_without_scikit_learn_nothing_is_trained(
    services: Services, site: Site, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "find_spec", lambda _name: None)
    stop = threading.Event()
    stop.set()
    nightly.run(services, stop)
    with services.read() as session:
        assert session.scalars(select(TrainingSchedule)).all() == []


def test_training_ends_when_told() -> None:
    stop = threading.Event()
    stop.set()
    samples = [(f"text {n}", n % 2) for n in range(400)]
    assert train_in_subprocess(TrainingOrder(samples, samples, 0.02), stop) is None


def test_training_that_fails_says_so() -> None:
    with pytest.raises(TrainingFailed, match="TooFew"):
        train_in_subprocess(TrainingOrder([("one", 0), ("two", 1)], [], 0.02), threading.Event())


def test_judging_needs_no_scikit_learn() -> None:
    program = (
        "import sys, service.moderation.judging.worker, service.moderation.learning.nightly\n"
        "import service.cli.rules.commands\n"
        "from moderation_rules import Comment, Facts, compile_policy, default_policy\n"
        "from moderation_rules.learning.toy import toy_classifier\n"
        "judge = compile_policy(default_policy(), classifier=toy_classifier())\n"
        "assert judge.judge(Comment('lovely watches'), Facts()).learned > .9\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'sklearn', 'numpy', 'scipy'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
