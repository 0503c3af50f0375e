"""Policies are checked in a process of their own, which can be ended: whatever one asks of RE2, YAML or our own code,
it costs the one who answers requests neither its memory nor its interpreter lock.

A server is started with the first check and ends with the process that started it. It has imported what checking needs,
and does nothing but fork a child for each check, which the kernel ends after `WALL_SECONDS`, `CPU_SECONDS` or
`MEMORY_BYTES` more than it began with. So nothing of a check is left behind, and each takes milliseconds to begin.

Of this service the server imports nothing: no setting, secret or connection is in its reach. A child may also judge
by a policy, so that no request has one compiled (`checking.converse`).
"""

import contextlib
import gc
import json
import os
import resource
import signal
import socket
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import count_words
from moderation_rules.policy.document import default_policy, load_policy
from moderation_rules.policy.layers import LAYERS, files_named, layers_of
from moderation_rules.policy.yaml_document import PolicyError
from moderation_rules.rule import PatternBudget

BEGUN = b"+"  # the first that a child says: what is silent after it has been ended
WALL_SECONDS = 30
CPU_SECONDS = 8
# For judging by a policy, lists and all: ten thousand words take half a second.
JUDGING_CPU_SECONDS = 20
# Before the end, so that the pattern can still be named.
PATTERN_SECONDS = 4.0
MEMORY_BYTES = 320 << 20

# What checking needs to have been asked once, so that every child finds it there.
_WARMING = "lists: [{name: a, kind: banned, words: [abc]}]\nrules: {word_list: {banned: [abc]}}\nthreads: {x: {}}\n"


def main(control: int) -> None:
    """Serves checks until the other end of the socket `control` is closed.

    With each byte comes one end of a connection, on which a child reads a request, a line of JSON, and answers. Where
    the request says `by` whom, that function has the connection from there on; it is imported by the child alone.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # A process at its limit leaves nothing of what it was asked on a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(5)
    checked({"yaml": _WARMING, "words": {}})
    gc.freeze()
    with socket.socket(fileno=control) as listening:
        while True:
            asked, ends, _, _ = socket.recv_fds(listening, 1, 1)
            if not asked:
                return
            with contextlib.suppress(OSError):
                # Too many processes: this check does not begin.
                if os.fork() == 0:
                    listening.close()
                    _answer(ends[0])
            os.close(ends[0])


def checked(request: Mapping[str, Any]) -> dict[str, Any]:
    """Checks `yaml`; `words`: how many words each list file has that it may name.

    Answers with what is wrong (`problems`), or the files that it names (`files`) and the most words of files that one
    judge of it has, without the inherited (`words`).
    """
    # The lists were checked when they were uploaded; here it counts only which there are.
    files = dict.fromkeys(request["words"], "")
    budget = PatternBudget(is_late=lambda: time.process_time() > PATTERN_SECONDS)
    try:
        settings = load_policy(request["yaml"], lists=files, patterns=budget).settings
    except PolicyError as error:
        return {"problems": [[one.line, one.column, one.path, one.message] for one in error.errors]}
    return {"files": sorted(files_named(settings)), "words": _heaviest(settings, request["words"])}


def _heaviest(settings: Mapping[str, Any], words: Mapping[str, int]) -> int:
    """How many words of list files a judge has at most: a list counts as often as it is named."""
    known = dict(words)
    inherited = default_policy().settings["lists"]

    def weight(layer: Mapping[str, Any]) -> int:
        total = 0
        for own in layer.get("lists", ()):
            name = own.get("file")
            if name is None or own in inherited:
                continue
            if name not in known:
                known[name] = count_words(shipped_lists()[name])
            total += known[name]
        return total

    layers = (map(weight, layers_of(settings, kind)) for kind in LAYERS)
    return weight(settings) + sum(max(kind, default=0) for kind in layers)


def _answer(end: int) -> None:
    """The child's whole life."""
    try:
        _limit()
        with socket.socket(fileno=end) as connection, connection.makefile("rwb") as stream:
            connection.sendall(BEGUN)
            request = json.loads(stream.readline())
            if "by" in request:
                _limit_cpu(JUDGING_CPU_SECONDS)
                module, _, name = request["by"].partition(":")
                getattr(import_module(module), name)(request, stream)
            else:
                _limit_cpu(CPU_SECONDS)
                stream.write(json.dumps(checked(request)).encode())
                stream.flush()
    finally:
        # Without an answer the other end reads that the connection is closed.
        os._exit(0)


def _limit() -> None:
    signal.alarm(WALL_SECONDS)
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm", encoding="ascii") as numbers:
            most = int(numbers.read().split()[0]) * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _limit_cpu(seconds: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
