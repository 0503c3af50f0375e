"""Jobs of several sites take turns; one site, and one person on it, has only so many."""

import pytest
from sqlalchemy import select

from models import ActorKind, Job, JobState, Site, new_id
from service.accounts.actors import Actor
from service.moderation.jobs import rehearsal, runner
from service.moderation.jobs.job import CLAIM, MOST_OF_ONE, MOST_OF_SITE, TooManyJobs
from service.moderation.jobs.rehearsal import rehearse
from service.wiring import Services
from tests.factories import add_site, add_thread, comment_in_status
from tests.fixed_clock import FixedClock

MILD = "format: 1\n"


@pytest.fixture
def herald(services: Services) -> Site:
    return add_site(services, "herald")


def person(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


def ask(services: Services, site: Site, actor: Actor | None = None) -> str:
    return rehearse(services, actor or person(site), site, MILD, comments=100).id


def taken(services: Services) -> str | None:
    job = runner.take(services)
    return None if job is None else job.id


def job_of(services: Services, job_id: str) -> Job:
    with services.read() as session:
        return session.get_one(Job, job_id)


def check_one_of_a_site(services: Services, site: Site, other: Site) -> None:
    first, second = ask(services, site), ask(services, site)
    theirs = ask(services, other)
    assert [taken(services), taken(services), taken(services)] == [first, theirs, None]
    assert job_of(services, second).state is JobState.WAITING


def test_workers_do_one_job_of_a_site_at_a_time(services: Services, site: Site, herald: Site) -> None:
    check_one_of_a_site(services, site, herald)


@pytest.mark.postgres
def test_workers_do_one_job_of_a_site_at_a_time_on_postgresql(postgres_services: Services) -> None:
    check_one_of_a_site(postgres_services, add_site(postgres_services, "one"), add_site(postgres_services, "two"))


def test_a_lost_workers_site_goes_on(services: Services, site: Site, fixed_clock: FixedClock) -> None:
    first, second = ask(services, site), ask(services, site)
    assert taken(services) == first
    fixed_clock.advance(seconds=CLAIM.total_seconds() + 1)
    assert taken(services) == second, "it has waited longer since its last turn"
    assert taken(services) is None


def served(services: Services) -> str:
    """The site whose job is done next, by its slug."""
    before = states(services)
    assert runner.run_one(services)
    (changed,) = [job for job, state in states(services).items() if before.get(job) != state]
    with services.read() as session:
        return session.get_one(Site, session.get_one(Job, changed).site_id).slug


def states(services: Services) -> dict[str, tuple[JobState, int]]:
    with services.read() as session:
        return {job.id: (job.state, job.done) for job in session.scalars(select(Job))}


def test_a_site_with_many_jobs_does_not_keep_another_waiting(
    services: Services, site: Site, herald: Site, fixed_clock: FixedClock
) -> None:
    for _ in range(4):
        ask(services, site)
    order = []
    for n in range(6):
        if n == 1:
            for _ in range(2):
                ask(services, herald)
        fixed_clock.advance(seconds=1)
        order.append(served(services))
    assert order == [site.slug, "herald", site.slug, "herald", site.slug, site.slug]


def test_a_long_job_makes_way(
    services: Services, site: Site, herald: Site, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "CHUNK", 1)
    monkeypatch.setattr(runner, "TURN", 2)
    thread = add_thread(services, site)
    for _ in range(5):
        comment_in_status(services, thread)
    long = ask(services, site)
    ask(services, herald)
    order = []
    while True:
        fixed_clock.advance(seconds=1)
        if all(state is JobState.DONE for state, _ in states(services).values()):
            break
        order.append(served(services))
    assert order == [site.slug, "herald", site.slug]
    assert job_of(services, long).done == 5


def test_one_person_has_only_so_many_and_leaves_room(services: Services, site: Site, herald: Site) -> None:
    mallory, ann = person(site), person(site)
    for _ in range(MOST_OF_ONE):
        ask(services, site, mallory)
    with pytest.raises(TooManyJobs) as refused:
        ask(services, site, mallory)
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) > 0
    ask(services, site, ann)
    ask(services, herald, mallory)
    while runner.run_one(services):
        pass
    ask(services, site, mallory)


def test_a_site_has_only_so_many(services: Services, site: Site, herald: Site) -> None:
    for _ in range(MOST_OF_SITE):
        ask(services, site)
    with pytest.raises(TooManyJobs):
        ask(services, site)
    ask(services, herald)
