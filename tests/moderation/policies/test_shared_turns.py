"""Policies are checked in turns however many web processes there are: what one holds, the others know."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from service.errors import Refused, TooMany, Unavailable
from service.moderation.policies import shared_turns
from service.moderation.policies.checking import MOST_AT_ONCE, MOST_OF_A_SITE, MOST_WAITING
from service.moderation.policies.shared_turns import NAME, shared_turn
from service.moderation.policies.versions import check_policy
from service.redis_keys import key
from service.wiring import Services, wire
from tests.factories import add_site
from tests.moderation.jobs.test_bounded_repairs import moderator_of
from tests.waiting import wait_until


class Processes:
    """What other processes hold, each by a client of its own, until it is let go."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.running: list[str] = []
        self._go = threading.Event()
        self._threads: list[threading.Thread] = []

    def ask(self, site: str, person: str = "", *, in_force: bool = False) -> None:
        """Asks for a turn as another person, and returns when that process has it or waits for it."""
        before = self.here()
        who = person or f"person {len(self._threads)}"
        self._threads.append(threading.Thread(target=self._hold, args=(site, who, in_force)))
        self._threads[-1].start()
        wait_until(lambda: self.here() > before)

    def here(self) -> int:
        redis = self._services.redis
        return sum(int(redis.zcard(key(redis, NAME.format(name)))) for name in ("looked-at", "in-force"))

    def end(self) -> None:
        self._go.set()
        for thread in self._threads:
            thread.join()

    def _hold(self, site: str, person: str, in_force: bool) -> None:
        with shared_turn(wire(self._services.settings).redis, site, person, in_force=in_force):
            self.running.append(site)
            self._go.wait(60)


@pytest.fixture
def others(services: Services) -> Iterator[Processes]:
    found = Processes(services)
    yield found
    found.end()


def refused(services: Services, site: str, person: str, *, in_force: bool = False) -> type[Refused] | None:
    try:
        with shared_turn(services.redis, site, person, in_force=in_force):
            return None
    except Refused as error:
        return type(error)


def scripts_called(services: Services) -> int:
    return int(services.redis.info("commandstats")["cmdstat_evalsha"]["calls"])


def test_a_person_has_one_check_in_all_processes(services: Services, others: Processes) -> None:
    others.ask("site", "ada")
    assert refused(services, "other", "ada") is TooMany
    assert refused(services, "other", "bob") is None
    others.end()
    assert refused(services, "other", "ada") is None
    assert others.here() == 0


def test_a_site_waits_for_itself_in_all_processes(services: Services, others: Processes) -> None:
    for _ in range(MOST_OF_A_SITE):
        others.ask("greedy")
    wait_until(lambda: others.running == ["greedy"])
    assert refused(services, "greedy", "ada") is TooMany
    assert refused(services, "other", "ada") is None
    others.end()
    assert others.running == ["greedy"] * MOST_OF_A_SITE


def test_few_are_checked_at_once_in_all_processes(services: Services, others: Processes) -> None:
    for n in range(MOST_AT_ONCE + MOST_WAITING):
        others.ask(f"site{n}")
    assert refused(services, "one more", "ada") is Unavailable
    wait_until(lambda: len(others.running) == MOST_AT_ONCE)
    assert refused(services, "site0", "person 0", in_force=True) is None


def test_what_a_killed_process_held_ends_by_itself(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_turns, "RUNS_SECONDS", 0)
    with shared_turn(services.redis, "site", "ada", in_force=False):
        assert refused(services, "site", "ada") is None


def test_a_turn_is_short_and_renewed_while_its_process_lives(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_turns, "RENEW_SECONDS", 0.01)
    name = key(services.redis, NAME.format("looked-at"))
    with shared_turn(services.redis, "site", "ada", in_force=False):
        ((member, first),) = services.redis.zrange(name, 0, -1, withscores=True)
        seconds, micros = services.redis.time()
        assert first <= seconds * 1000 + micros / 1000 + 10_000
        wait_until(lambda: services.redis.zscore(name, member) > first)
        # What has ended is not brought back: another may have begun.
        services.redis.zrem(name, member)
        before = scripts_called(services)
        wait_until(lambda: scripts_called(services) > before + 1)
        assert services.redis.zcard(name) == 0


def test_without_redis_each_process_takes_turns_by_itself() -> None:
    gone: Any = Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    with shared_turn(gone, "site", "ada", in_force=False):
        pass


def test_the_service_asks_for_these_turns(services: Services, others: Processes) -> None:
    site = add_site(services)
    ann = moderator_of(site)
    others.ask(site.id, ann.id)
    with pytest.raises(TooMany):
        check_policy(services, ann, site, "format: 1\n")
    assert check_policy(services, ann, site, "format: 1\n", in_force=True) == {}
