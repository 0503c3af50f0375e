"""A site's own lists in the worker: compiled once for each version of the policy, seen when it is switched on."""

import pytest

from models import ListFile, Site, Status
from moderation_rules import PolicyError
from service.errors import Invalid
from service.moderation.jobs.rehearsal import rehearse_in_process
from service.moderation.judging.worker import Worker
from service.moderation.policies import in_force, word_lists
from service.moderation.policies.in_force import Policies, policy_at
from service.moderation.policies.word_lists import load_with, newest_numbers, put_list, read_list
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version, add_site, add_thread
from tests.lookups import decisions, seen

NAMING = "format: 1\nlists:\n  - {name: ours, kind: banned, file: ours.txt, verdict: reject}\n"


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, "harbour", first_comments_held=False)


def upload(services: Services, site: Site, words: str) -> None:
    with services.write() as session:
        put_list(session, site, "ours.txt", read_list(words.encode()), None, services.clock.now())


def switch_on(services: Services, site: Site, n: int, lists: dict[str, int], document: str = NAMING) -> None:
    add_policy_version(services, site, document, n=n, lists=lists)


def test_the_worker_finds_a_lists_word_once_its_version_is_in_force(services: Services, site: Site) -> None:
    worker = Worker(services, consumer="tested")
    thread = add_thread(services, site)

    def judged(text: str) -> tuple[Status, str | None]:
        comment = add_comment(services, thread, text)
        send(services.redis, [(comment.id, comment.revision)])
        worker.drain()
        return seen(services, comment.id).status, decisions(services, comment.id)[0].policy_version

    upload(services, site, "zwibbel")
    switch_on(services, site, 1, {"ours.txt": 1})
    upload(services, site, "plonkel")
    assert judged("Mind the zwibbel over there, please.") == (Status.REJECTED, "1")
    assert judged("Mind the plonkel over there, please.") == (Status.APPROVED, "1")
    switch_on(services, site, 2, {"ours.txt": 2})
    assert judged("Look at the plonkel over there again.") == (Status.REJECTED, "2")
    assert judged("Look at the zwibbel over there again.") == (Status.APPROVED, "2")
    with services.read() as session:
        old = policy_at(session, site, "1", services.clock.now().date())
    assert old is not None
    assert old.policy.lists["ours.txt"] == "zwibbel"


def test_a_long_list_is_compiled_once_for_each_version(
    services: Services, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    compile_site = in_force.compile_site

    def counted(version: str, *args: object, **more: object) -> object:
        compiled.append(version)
        return compile_site(version, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(in_force, "compile_site", counted)
    policies, today = Policies(), services.clock.now().date()
    upload(services, site, "zwibbel")
    switch_on(services, site, 1, {"ours.txt": 1})
    for words in ("plonkel", "grumfel"):
        with services.read() as session:
            policies.of(session, [site.id], today)
        # What is only uploaded is no reason to compile anything.
        upload(services, site, words)
    assert compiled == ["1"]
    switch_on(services, site, 2, {"ours.txt": 3})
    with services.read() as session:
        policies.of(session, [site.id], today)
        policies.of(session, [site.id], today)
    assert compiled == ["1", "2"]


def test_a_policy_whose_list_is_lost_leaves_everything_to_people(services: Services, site: Site) -> None:
    upload(services, site, "zwibbel")
    switch_on(services, site, 1, {"ours.txt": 1})
    with services.write() as session:
        session.query(ListFile).delete()
    with services.read() as session:
        found = Policies().of(session, [site.id], services.clock.now().date())[site.id]
    assert (found.version, found.readable) == ("1-unreadable", False)


def test_lists_beside_a_policy_win_over_the_sites_own(services: Services, site: Site) -> None:
    upload(services, site, "zwibbel")
    with services.read() as session:
        numbers = newest_numbers(session, site.id)
        policy, used = load_with(session, site.id, NAMING, numbers, {"ours.txt": "grumfel"})
        assert (policy.lists["ours.txt"], used) == ("grumfel", {})
        policy, used = load_with(session, site.id, NAMING, numbers)
        assert (policy.lists["ours.txt"], used) == ("zwibbel", {"ours.txt": 1})
        with pytest.raises(PolicyError, match="there is no list file"):
            load_with(session, site.id, NAMING, {})
    *_, job = rehearse_in_process(services, site, NAMING, beside={"ours.txt": "grumfel"})
    assert job.asked["lists"] == {}


def test_a_site_never_sees_anothers_list(services: Services, site: Site) -> None:
    other = add_site(services, "herald")
    upload(services, other, "zwibbel")
    with services.read() as session:
        assert newest_numbers(session, site.id) == {}
        with pytest.raises(PolicyError):
            load_with(session, site.id, NAMING, {"ours.txt": 1})


def test_a_list_that_is_too_long_is_read_once_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    words = word_lists.count_words

    class Line(str):
        __slots__ = ()

        def removeprefix(self, prefix: str, /) -> str:
            read.append(1)
            return super().removeprefix(prefix)

    class Text(str):
        __slots__ = ()

        def splitlines(self, keepends: bool = False) -> list[str]:
            return [Line(line) for line in super().splitlines(keepends)]

    monkeypatch.setattr(word_lists, "MOST_WORDS", 5)
    monkeypatch.setattr(word_lists, "count_words", lambda text, most: words(Text(text), most))
    with pytest.raises(Invalid, match="line 7: more than 5 words"):
        read_list(b"# ours\n" + b"word\n" * 50)
    assert len(read) == 7
