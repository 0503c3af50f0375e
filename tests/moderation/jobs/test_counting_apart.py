"""What judging anew would do is counted without compiling a policy in the process that answers requests."""

import pytest

from models import ActorKind, Site, new_id
from service.accounts.actors import Actor
from service.errors import TooMany
from service.moderation.jobs import repair_count, repair_plan
from service.moderation.jobs.repair import Repair, count
from service.moderation.jobs.repair_scope import Scope
from service.moderation.judging.worker import Worker
from service.moderation.policies import in_force
from service.moderation.policies.checking import converse
from service.moderation.policies.word_lists import put_list, read_list
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version, add_site, add_thread

STRICT = "lists: [{name: ours, kind: banned, words: [zwibbel, plonkel], verdict: reject}]"
LAYERED = """
lists: [{name: ours, kind: banned, file: ours.txt, verdict: reject}]
sections: {sport: {lists: [{name: ours, kind: banned, words: [grumfel], verdict: spam}]}}
"""


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, "herald", first_comments_held=False)


@pytest.fixture
def ann(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


@pytest.fixture
def _judged(services: Services, site: Site) -> None:
    add_policy_version(services, site, STRICT)
    for key, section in (("a", None), ("b", "sport")):
        thread = add_thread(services, site, key, section=section)
        for text in ("Mind the zwibbel there.", "Mind the plonkel there.", "Mind the grumfel there."):
            comment = add_comment(services, thread, text)
            send(services.slow_redis, [(comment.id, 0)])
    Worker(services).drain()
    with services.write() as session:
        put_list(session, site, "ours.txt", read_list(b"plonkel\n"), None, services.clock.now())
    add_policy_version(services, site, LAYERED, n=2, lists={"ours.txt": 1})


@pytest.mark.usefixtures("_judged")
def test_lists_and_layers_count_and_nothing_is_compiled_here(
    services: Services, site: Site, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(in_force, "compile_in_force", lambda found: compiled.append(found.site_id))
    monkeypatch.setattr(repair_plan, "policy_in_force", lambda *_: compiled.append("here"))
    found = count(services, ann, site, Scope(policy_version="1"), Repair.REJUDGE)
    assert found.complete
    assert dict(found.changes) == {"rejected>approved": 3, "approved>spam": 1}
    assert dict(found.counts) == {"changed": 4, "unchanged": 2}
    assert compiled == []


@pytest.mark.usefixtures("_judged")
def test_where_the_process_is_ended_the_count_says_at_least(
    services: Services, site: Site, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair_count, "JUDGING", "math:sqrt")
    found = count(services, ann, site, Scope(policy_version="1"), Repair.REJUDGE)
    assert (found.complete, dict(found.counts)) == (False, {})


def test_one_person_has_one_such_count_at_once() -> None:
    with (
        converse("herald", "math:sqrt", b"{}", person="ann"),
        pytest.raises(TooMany),
        converse("mail", "math:sqrt", b"{}", person="ann"),
    ):
        pass
