"""Asks the process that checks policies (`check_process`), in turns: few at once, one of a site, one of a person.

Who puts a policy in force waits for nobody who only looks: viewers may check as well, and as often as they like.
These turns hold within a process; those of all processes are `shared_turns`.
"""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from moderation_rules import PolicyError
from moderation_rules.policy.yaml_document import PolicyProblem
from service.errors import TooMany, Unavailable
from service.moderation.policies.check_process import BEGUN, WALL_SECONDS
from service.telemetry import logger

log = logger(__name__)

# At once in one process, and how many wait: these are threads that answer nobody else.
MOST_AT_ONCE = 2
MOST_WAITING = 2
# Beside them, for policies that are put in force.
MOST_AT_ONCE_IN_FORCE = 1
# And for what judging anew would do.
MOST_AT_ONCE_COUNTED = 1
# Of one site, the one that waits among them; of one person or key it is one everywhere.
MOST_OF_A_SITE = 2

_START = """import json, sys
sys.path[:] = json.loads(sys.argv[1])
from service.moderation.policies.check_process import main
main(int(sys.argv[2]))
"""
# What Python and its time zones may need; no setting of ours, no secret.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONTZPATH")

ENDED = "this policy takes too much time or memory to check: fewer or simpler patterns, words and layers"


@dataclass(frozen=True, slots=True)
class Checked:
    """Of a policy that works: the list files that it names, and the most words that one judge of it has."""

    files: frozenset[str]
    words: int


def enough_of_person() -> TooMany:
    """Why somebody waits for their own check first."""
    return TooMany("Another policy of yours is being checked.", retry_after=2)


def enough_of_site() -> TooMany:
    """Why a site waits for its own checks first."""
    return TooMany("Other policies of this site are being checked.", retry_after=2)


def enough_of_all() -> Unavailable:
    """Why everybody waits."""
    return Unavailable("Other policies are being checked.", retry_after=2)


class Turns:
    """Who may have a policy checked now, in one process: `at_once` of them, while `MOST_WAITING` wait."""

    def __init__(self, at_once: int = MOST_AT_ONCE) -> None:
        self._at_once = at_once
        self._changed = threading.Condition()
        self._running: set[str] = set()
        self._here: Counter[str] = Counter()
        self._people: set[str] = set()

    @contextlib.contextmanager
    def of(self, site_id: str, person: str) -> Iterator[None]:
        """Waits for the site's turn. Raises TooMany where the person or the site has enough here already, Unavailable
        where all have. `person`: who asks, a moderator's or a key's id."""
        with self._changed:
            if person in self._people:
                raise enough_of_person()
            if self._here[site_id] >= MOST_OF_A_SITE:
                raise enough_of_site()
            if self._here.total() >= self._at_once + MOST_WAITING:
                raise enough_of_all()
            self._here[site_id] += 1
            self._people.add(person)
        try:
            with self._changed:
                # Whoever runs is ended in time, so this ends too.
                self._changed.wait_for(lambda: len(self._running) < self._at_once and site_id not in self._running)
                self._running.add(site_id)
            try:
                yield
            finally:
                with self._changed:
                    self._running.discard(site_id)
        finally:
            with self._changed:
                self._people.discard(person)
                self._here[site_id] -= 1
                self._here += Counter()
                self._changed.notify_all()


class _Server:
    """The process that checks, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def connect(self) -> socket.socket:
        """A connection to a child that checks one policy. Raises OSError."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self.stop()  # Children of it that live on may still hold its end.
            try:
                return self._sent()
            except OSError:
                # It was ended by somebody; the next one lives.
                self.stop()
                return self._sent()

    def stop(self) -> None:
        """Ends the process. A check that runs is finished."""
        process, control, self._process, self._control = self._process, self._control, None, None
        if control is not None:
            control.close()
        if process is not None:
            process.kill()
            process.wait()

    def forget(self) -> None:
        """In a process that was forked off: the server is the other's."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0
        self.__init__()  # type: ignore[misc]

    def _sent(self) -> socket.socket:
        control = self._control or self._start()
        here, there = socket.socketpair()
        with there:
            try:
                socket.send_fds(control, [b"+"], [there.fileno()])
            except OSError:
                here.close()
                raise
        return here

    def _start(self) -> socket.socket:
        here, there = socket.socketpair()
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), str(there.fileno())],
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                # Signals of a terminal are for whoever started it.
                start_new_session=True,
            )
        self._control = here
        return here


_turns, _turns_in_force, _turns_of_counts = Turns(), Turns(MOST_AT_ONCE_IN_FORCE), Turns(MOST_AT_ONCE_COUNTED)
_server = _Server()
atexit.register(_server.stop)
os.register_at_fork(after_in_child=_server.forget)


def check(site_id: str, yaml: str, words: Mapping[str, int], *, person: str, in_force: bool = False) -> Checked:
    """Checks a policy. `words`: how many words each list file has that it may name; `in_force`: whether it will be put
    in force where it works.

    Raises PolicyError for one that cannot work, or that takes too much to check; TooMany, Unavailable.
    """
    with (_turns_in_force if in_force else _turns).of(site_id, person):
        try:
            said = _ask(json.dumps({"yaml": yaml, "words": dict(words)}).encode())
        except OSError as error:
            log.error("policy_check_failed", error=type(error).__name__)
            raise Unavailable("Policies cannot be checked now.") from error
    if not said:
        raise PolicyError([PolicyProblem(1, 1, "", ENDED)])
    answer = json.loads(said)
    if "problems" in answer:
        raise PolicyError([PolicyProblem(*problem) for problem in answer["problems"]])
    return Checked(frozenset(answer["files"]), answer["words"])


@contextlib.contextmanager
def converse(site_id: str, by: str, request: bytes, *, person: str) -> Iterator[Callable[[bytes], bytes]]:
    """A child in which `by` ("module:function") answers line by line: yields what sends a line and waits for the
    answer, which is empty once the child has ended. `request`: the first line, a JSON object, which has no answer.

    Raises TooMany and Unavailable as `check` does.
    """
    first = json.dumps({"by": by, "request": request.decode()}).encode()
    with _turns_of_counts.of(site_id, person):
        try:
            connection = _begun()
        except OSError as error:
            log.error("policy_check_failed", error=type(error).__name__)
            raise Unavailable("Nothing can be judged for this count now.") from error
        with connection, connection.makefile("rb") as stream:

            def say(line: bytes) -> bytes:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    connection.sendall(line + b"\n")
                    return stream.readline()
                return b""

            with contextlib.suppress(ConnectionError):
                connection.sendall(first + b"\n")
            yield say


def _begun() -> socket.socket:
    """A connection to a child that lives. Raises OSError."""
    for _ in range(2):
        connection = _server.connect()
        connection.settimeout(2 * WALL_SECONDS)
        with contextlib.suppress(ConnectionError, TimeoutError):
            if connection.recv(len(BEGUN)) == BEGUN:
                return connection
        connection.close()
    raise ChildProcessError("no process could be started")


def _ask(request: bytes) -> bytes:
    """The answer; empty where the child ended without one. Raises OSError where no child could begin."""
    for _ in range(2):
        said = _asked(request)
        if said:
            return said.removeprefix(BEGUN)
    # Between the server's end and the next check it takes a moment; twice is no chance.
    raise ChildProcessError("no process could be started")


def _asked(request: bytes) -> bytes:
    """All that came: `BEGUN`, and the answer behind it."""
    with _server.connect() as connection:
        # The child ends itself; this is for a machine that stands still.
        connection.settimeout(2 * WALL_SECONDS)
        said = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            said = connection.recv(len(BEGUN))
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                said += stream.read()
        return said
