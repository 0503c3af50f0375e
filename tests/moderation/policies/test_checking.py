"""Policies are checked beside the one who asks: whatever a check does, it ends, and others get their turn."""

import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from moderation_rules import PolicyError
from service.errors import TooMany, Unavailable
from service.moderation.policies import check_process, checking
from service.moderation.policies.checking import ENDED, MOST_AT_ONCE, MOST_OF_A_SITE, MOST_WAITING, Turns, check
from tests.waiting import wait_until

NAMING = "format: 1\ninherits: nothing\nlists:\n"


def listed(*files: str) -> str:
    return NAMING + "".join(f"  - {{name: l{n}, kind: banned, file: {file}}}\n" for n, file in enumerate(files))


def test_a_policy_that_works_says_what_it_goes_by() -> None:
    found = check("site", listed("ours.txt"), {"ours.txt": 7, "others.txt": 9}, person="ada")
    assert (found.files, found.words) == ({"ours.txt"}, 7)


def test_what_is_wrong_is_said_as_without_a_process() -> None:
    with pytest.raises(PolicyError) as caught:
        check("site", "rules:\n  word_lits: {}\n\udc80", {}, person="ada")
    with pytest.raises(PolicyError) as here:
        check_process.load_policy("rules:\n  word_lits: {}\n\udc80")
    assert caught.value.errors == here.value.errors


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        pytest.param(listed("a.txt", "b.txt"), 30, id="two lists"),
        pytest.param(listed("a.txt", "a.txt", "a.txt"), 30, id="one named three times"),
        pytest.param(
            listed("a.txt")
            + "sections:\n  s: {lists: [{name: s, kind: banned, file: b.txt}]}\n"
            + "  t: {lists: [{name: s, kind: banned, file: a.txt}]}\nthreads: {x: {}}\n",
            30,
            id="with the heaviest section",
        ),
    ],
)
def test_words_count_as_often_as_a_judge_has_them(policy: str, words: int) -> None:
    answer = check_process.checked({"yaml": policy, "words": {"a.txt": 10, "b.txt": 20}})
    assert answer["words"] == words


def test_shipped_lists_count_where_they_are_named_again() -> None:
    said = "lists:\n" + "".join(f"  - {{name: l{n}, kind: banned, file: swearing_en.txt}}\n" for n in range(3))
    (once, thrice) = (
        check_process.checked({"yaml": text, "words": {}})["words"] for text in (said[: said.index("\n", 8)], said)
    )
    assert thrice == 3 * once > 0


@pytest.mark.parametrize("how", ["time", "memory"])
def test_a_check_that_takes_too_much_is_ended(how: str) -> None:
    """Both limits are the kernel's. Here a child that takes what nothing else stops, with smaller ones."""
    takes = "while True: pass" if how == "time" else "x = bytearray(64 << 20)"
    code = (
        "import os, socket, sys\n"
        "from service.moderation.policies import check_process\n"
        "check_process.CPU_SECONDS, check_process.MEMORY_BYTES = 1, 8 << 20\n"
        f"def checked(request):\n    {takes}\n    return {{}}\n"
        "check_process.checked = checked\n"
        "check_process._answer(int(sys.argv[1]))\n"
    )
    mine, childs = socket.socketpair()
    with mine, childs:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(childs.fileno())],
            pass_fds=[childs.fileno()],
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stderr=subprocess.DEVNULL,
        )
        childs.close()
        mine.sendall(b"{}")
        mine.shutdown(socket.SHUT_WR)
        assert mine.recv(1) == check_process.BEGUN
        assert mine.recv(1) == b""
        assert process.wait() == (-signal.SIGKILL if how == "time" else 0)


def test_no_answer_is_said_of_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_ask", lambda request: b"")
    with pytest.raises(PolicyError, match=ENDED):
        check("site", "format: 1\n", {}, person="ada")


def test_a_server_that_was_ended_is_started_again() -> None:
    check("site", "format: 1\n", {}, person="ada")
    server = checking._server._process
    assert server is not None
    server.kill()
    server.wait()
    check("site", "format: 1\n", {}, person="ada")
    assert checking._server._process is not server


def test_a_server_that_is_just_ending_does_no_policy_wrong() -> None:
    """What was handed to it and not begun is asked of the next one."""
    server = checking._Server()
    try:
        server.connect().close()
        first = server._process
        assert first is not None
        first.send_signal(signal.SIGSTOP)
        with server.connect() as handed:
            first.kill()
            assert handed.recv(1) == b""
        with server.connect() as begun:
            assert begun.recv(1) == check_process.BEGUN
    finally:
        server.stop()


def test_a_child_has_neither_settings_nor_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REJOINDER_SECRET", "not for children")
    server = checking._Server()
    server.connect().close()
    assert server._process is not None
    try:
        with open(f"/proc/{server._process.pid}/environ", "rb") as environ:
            assert b"REJOINDER" not in environ.read()
    finally:
        server.stop()


class Held:
    """Threads that hold turns until they are let go."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.running: list[str] = []
        self._go = threading.Event()
        self._threads: list[threading.Thread] = []

    def ask(self, site: str) -> None:
        """Asks for a turn as another person, and returns when the thread has it or waits for it."""
        before = self.turns._here.total()
        self._threads.append(threading.Thread(target=self._hold, args=(site, str(len(self._threads)))))
        self._threads[-1].start()
        wait_until(lambda: self.turns._here.total() > before)

    def end(self) -> None:
        self._go.set()
        for thread in self._threads:
            thread.join()

    def _hold(self, site: str, person: str) -> None:
        with self.turns.of(site, person):
            self.running.append(site)
            self._go.wait(60)


@pytest.fixture
def held():
    found = Held()
    yield found
    found.end()


def test_a_site_waits_for_itself_and_holds_nobody_else(held: Held) -> None:
    for _ in range(MOST_OF_A_SITE):
        held.ask("greedy")
    with pytest.raises(TooMany):
        held.turns.of("greedy", "ada").__enter__()
    with held.turns.of("other", "ada"):
        assert held.running == ["greedy"]


def test_all_sites_together_hold_a_few_threads(held: Held) -> None:
    for n in range(MOST_AT_ONCE + MOST_WAITING):
        held.ask(f"site{n}")
    with pytest.raises(Unavailable):
        held.turns.of("one more", "ada").__enter__()
    wait_until(lambda: len(held.running) == MOST_AT_ONCE)
    held.end()
    assert len(held.running) == MOST_AT_ONCE + MOST_WAITING
    with held.turns.of("site0", "ada"):
        assert held.turns._here.total() == 1


def test_a_person_has_one_check_at_a_time_wherever(held: Held) -> None:
    held.ask("site")
    with pytest.raises(TooMany):
        held.turns.of("other", "0").__enter__()
    with held.turns.of("other", "1"):
        assert held.turns._here.total() == 2
    held.end()
    with held.turns.of("site", "0"):
        assert held.turns._people == {"0"}


def test_who_only_looks_is_in_nobodys_way(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many look: a policy of the same site is put in force, by one who looks at the time as well."""
    monkeypatch.setattr(checking, "_turns", held.turns)
    for site in ("site", "site", "other", "another"):
        held.ask(site)
    with pytest.raises(TooMany):
        check("site", "format: 1\n", {}, person="ada")
    assert check("site", "format: 1\n", {}, person="0", in_force=True).words == 0
