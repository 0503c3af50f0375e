"""How fast readers are served: production's way against Flask's view, a constant, nginx and Isso.

    python -m benchmarks.read [--comments 100] [--seconds 4] [--warm-seconds 1] [--rounds 3]
        [--ways shortcut,fixed,static]

Needs `wrk`; nginx and Isso (from PyPI) are left out where they cannot be had. Every server has two processes and is
there all the time; the ways take turns within each round. Only what one run found may be compared: medians of requests
a second, and the processor time that the server's processes used for a request, which others on the machine disturb
less. Every way but Isso's sends the same bytes; that is looked at first. Nothing is written outside a temporary folder.

shortcut      as `rejoinder web` serves it
flask_only    the same view without the shortcut in front
fixed         the same answer as a constant, from the same server: the most that it can do
static        nginx, with the answer in a file
cached        nginx with the shipped micro-cache, in front of `shortcut`
isso          the same number of comments

`... 304`: the same, asked with the ETag of what is there.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import report
from benchmarks.load import environment
from benchmarks.servers.nginx import nginx, nginx_binary
from benchmarks.servers.peers import isso_server
from benchmarks.servers.processes import cpu_seconds, end, free_port, interruptible
from models import Base, Comment, CommentVersion, Site, Status, Thread, WriterChain, new_id
from service.app import THREADS, create_app
from service.embedded.roles import web_command
from service.markup import render
from service.publishing.documents import Documents
from service.publishing.query import PageQuery
from service.settings import Settings
from service.telemetry import set_up_logging
from service.web_server.bodies import Entrance
from service.wiring import Services, wire

PATH = "/api/v1/sites/bench/comments?thread=1&limit=200"
ROOMS = ("service.publishing.routes",)
WAYS = ("shortcut", "flask_only", "fixed", "static", "cached", "isso")
_PRODUCTION = "service.app:from_environment"


def _services() -> Services:
    set_up_logging("error")
    return wire(Settings.from_environment(os.environ))


def flask_only() -> Entrance:
    return Entrance(create_app(_services(), ROOMS), lambda environ: "", threads=THREADS)


def fixed() -> Any:
    rendered = Documents(_services()).page("bench", "1", PageQuery(limit=200))
    # One of the two is all that a server of it ever says; "*" is any ETag.
    status, headers, body = rendered.ready("gzip", "*" if os.environ.get("BENCH_UNCHANGED") else "")

    async def answer(_scope: Any, protocol: Any) -> None:
        protocol.response_bytes(status, headers, body)

    return answer


def remark(n: int) -> str:
    """About 250 characters that hardly repeat, with one emphasis and a link; the same for the same number."""
    chance = random.Random(n)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 8))) for _ in range(45)]
    return f"{' '.join(words[:18])}, *{words[18]}* {' '.join(words[19:])}: https://news.test/{n}."


def fill(services: Services, comments: int) -> None:
    """One site with one thread; every third comment is a reply."""
    Base.metadata.create_all(services.engine)
    now = services.clock.now()
    site, thread, chain = new_id(), new_id(), new_id()
    ids = [new_id() for _ in range(comments)]
    with services.write() as session:
        session.add(
            Site(id=site, slug="bench", name="Bench", origins=["http://news.test"], settings_json={}, created_at=now)
        )
        session.flush()
        session.add(WriterChain(id=chain, site_id=site, avatar_seed="seed", created_at=now))
        session.add(
            Thread(id=thread, site_id=site, key="1", url="http://news.test/1", created_at=now, published_count=comments)
        )
        session.flush()
        for at, comment_id in enumerate(ids):
            session.add(
                Comment(
                    id=comment_id,
                    site_id=site,
                    thread_id=thread,
                    parent_id=ids[at - 1] if at % 3 == 1 else None,
                    chain_id=chain,
                    status=Status.APPROVED,
                    name=f"Reader {at}",
                    published_version=1,
                    was_published=True,
                    fingerprint=b"0" * 16,
                    created_at=now,
                    sent_at=now,
                )
            )
        session.flush()
        for at, comment_id in enumerate(ids):
            text = remark(at)
            html, renderer = render(text)
            session.add(
                CommentVersion(comment_id=comment_id, n=1, text=text, html=html, renderer=renderer, created_at=now)
            )


class Server(NamedTuple):
    """Where a way is asked, and the process whose time is counted with all that it has started."""

    url: str
    pids: tuple[int, ...]


def wait_until_it_listens(port: int) -> None:
    """Raises SystemExit after a minute."""
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing listens at port {port}")


@contextlib.contextmanager
def granian(target: str, environ: dict[str, str]) -> Iterator[Server]:
    """The command line of production, with another application where one is named."""
    port = free_port()
    command = web_command(host="127.0.0.1", port=port, log_level="error")
    command = [target if word == _PRODUCTION else word for word in command if word != "-P"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port)
        yield Server(f"http://127.0.0.1:{port}{PATH}", (process.pid,))
    finally:
        end(process)


def get(url: str, tag: str = "") -> tuple[int, str, bytes]:
    """Status, ETag and body for a reader that takes gzip."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {}))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers["ETag"] or "", answer.read()
    except urllib.error.HTTPError as error:
        return error.code, tag, b""


def fill_isso(base: str, comments: int) -> str:
    """The address of a thread with so many comments, every third of them a reply."""
    above = None
    for n in range(comments):
        said = {"title": "A story", "text": remark(n), "author": f"Reader {n}", "parent": above if n % 3 == 1 else None}
        body = json.dumps(said).encode()
        asked = urllib.request.Request(f"{base}/new?uri=/1", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            above = json.load(answer)["id"] if n % 3 == 0 else above
    return f"{base}/?uri=/1"


def wrk(url: str, seconds: int, tag: str) -> tuple[float, int]:
    """Requests a second, and how many there were; raises RuntimeError when any answer was not good."""
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "20s", "-H", "Accept-Encoding: gzip"]
    command += ["-H", f"If-None-Match: {tag}"] if tag else []
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rate, count = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests in", said)
    if rate is None or count is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(rate[1]), int(count[1])


def rebuild_ms(services: Services) -> float:
    """Milliseconds to build the document anew, compression included."""
    times = []
    for _ in range(30):
        documents = Documents(services)
        began = time.perf_counter()
        documents.page("bench", "1", PageQuery(limit=200)).variant("gzip")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def start(
    ways: list[str], comments: int, environ: dict[str, str], folder: Path, running: ExitStack
) -> dict[tuple[str, str], Server]:
    """The servers by way and by the ETag they will be asked with ("" for none); all have said the same bytes."""
    found: dict[tuple[str, str], Server] = {}
    shortcut = running.enter_context(granian(_PRODUCTION, environ))
    _, tag, body = get(shortcut.url)
    print(f"{comments} comments: {len(body):,} bytes with gzip")
    for way in ways:
        if way == "shortcut":
            found[way, ""] = found[way, tag] = shortcut
        elif way == "flask_only":
            found[way, ""] = running.enter_context(granian("benchmarks.read:flask_only", environ))
        elif way == "fixed":
            found[way, ""] = running.enter_context(granian("benchmarks.read:fixed", environ))
            unchanged = environ | {"BENCH_UNCHANGED": "yes"}
            found[way, tag] = running.enter_context(granian("benchmarks.read:fixed", unchanged))
    if {"static", "cached"} & set(ways):
        if nginx_binary() is None:
            print("nginx is not installed: left out", file=sys.stderr)
        else:
            port = int(shortcut.url.split(":")[2].partition("/")[0])
            front = running.enter_context(nginx(folder, body, port, f"127.0.0.1:{port}"))
            if "static" in ways:
                server = Server(front.static, (front.pid,))
                found["static", ""] = found["static", get(front.static)[1]] = server
            if "cached" in ways:
                server = Server(front.cached + PATH, (front.pid, *shortcut.pids))
                found["cached", ""] = found["cached", tag] = server
    for (way, asked), server in found.items():
        said = get(server.url, asked)
        if (said[0], said[2]) != ((304, b"") if asked else (200, body)):
            raise RuntimeError(f"{way} says something else: {said[0]}, {len(said[2])} bytes")
    if "isso" in ways:
        isso = running.enter_context(isso_server(folder))
        if isso is not None:
            found["isso", ""] = Server(fill_isso(isso[0], comments), (isso[1],))
    return found


def reading_environment(folder: Path) -> dict[str, str]:
    """The environment of a web server in front of a database in this folder that is only read.

    Without Redis: wakes don't come, documents are renewed by their version alone.
    """
    return (
        os.environ
        | environment(f"sqlite:///{folder}/bench.db", f"unix://{folder}/none.sock")
        | {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[1])}
    )


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comments", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--warm-seconds", type=int, default=1, help="before each of them, not counted")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default=",".join(WAYS), help="which of them, separated by commas")
    report.add_option(parser)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed (Debian: apt-get install wrk)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, ExitStack() as running:
        folder = Path(name)
        environ = reading_environment(folder)
        set_up_logging("error")
        services = wire(Settings.from_environment(environ))
        fill(services, options.comments)
        print(f"rebuild of a {options.comments}-comment document: {rebuild_ms(services):.2f} ms")
        services.close()
        servers = start(options.ways.split(","), options.comments, environ, folder, running)
        rates: dict[tuple[str, str], list[float]] = {key: [] for key in servers}
        costs: dict[tuple[str, str], list[float]] = {key: [] for key in servers}
        for _ in range(options.rounds):
            for key, server in servers.items():
                if options.warm_seconds:
                    wrk(server.url, options.warm_seconds, key[1])
                before = sum(map(cpu_seconds, server.pids))
                rate, count = wrk(server.url, options.seconds, key[1])
                rates[key].append(rate)
                costs[key].append((sum(map(cpu_seconds, server.pids)) - before) / max(1, count) * 1e6)
    medians = {key: statistics.median(found) for key, found in rates.items()}
    for key, rate in medians.items():
        way, tag = key
        same = {other: found for (other, asked), found in medians.items() if bool(asked) == bool(tag)}
        of = [f"{rate / same[base]:.2f} of {base}" for base in ("fixed", "static") if base in same]
        label = f"{way} 304" if tag else way
        seen = f"({min(rates[key]):,.0f} to {max(rates[key]):,.0f})"
        cost = f"{statistics.median(costs[key]):8.1f} µs each"
        print(f"{label:<13} {rate:9,.0f} requests/s {seen:<20} {cost}   {', '.join(of)}")
    report.write_rows(options, list(_report_rows(rates)))
    return 0


# What is to be reached, of which other way.
_BARS = (
    ("shortcut", "static", 0.46),
    ("shortcut", "fixed", 0.92),
    ("cached", "static", 0.8),
    ("shortcut", "isso", None),
)
_SAID = {"shortcut": "from the service's memory", "cached": "through nginx's cache of a second"}
_AGAINST = {"static": "nginx's file", "fixed": "the same server, one fixed answer", "isso": "Isso"}


def _report_rows(rates: Mapping[tuple[str, str], Sequence[float]]) -> Iterator[report.Row]:
    for (way, tag), found in rates.items():
        rate = statistics.median(found)
        for of, other, bar in _BARS:
            if of == way and (base := statistics.median(rates.get((other, tag)) or [0.0])):
                what = f"{'an unchanged page (304)' if tag else 'a page'}, {_SAID[way]}"
                ratio = rate / base
                yield report.Row(what, rate, "/s", _AGAINST[other], ratio, bar).of(found)


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
